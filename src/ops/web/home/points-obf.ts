import { durationWords } from '../../shared/words.js';
import { told } from './how-many.js';
import { TO } from './links.js';
import type { Facts, Point } from './verdict.js';

/** Of few calls, nothing is said. */
const ENOUGH_CALLS = 5;
const DOWN_SHARE = 0.5;
/** A good OBF answers within a second. */
const SLOW_S = 5;
const MAX_NAMED = 3;

const SEE_OBF: Point['link'] = {
  href: TO.obf,
  words: { fr: 'Voir comment OBF répond', en: 'See how OBF answers' },
};

/** What stands in the way between Palier and OBF. */
export const pointsAboutObf = (facts: Facts): readonly Point[] => [
  ...down(facts),
  ...keys(facts),
  ...unread(facts),
  ...slow(facts),
];

function down({ lastMinutes }: Facts): readonly Point[] {
  if (lastMinutes === null || lastMinutes.calls < ENOUGH_CALLS) return [];
  const { failed, calls } = lastMinutes;
  if (failed / calls < DOWN_SHARE) return [];
  return [
    {
      kind: 'bad',
      text: {
        fr: `OBF ne répond pas bien : ${told(failed).fr} appels sur ${told(calls).fr} sont restés sans réponse utile ces dernières minutes. Palier réessaie seul ; rien n’est perdu.`,
        en: `OBF does not answer well: ${told(failed).en} of ${told(calls).en} calls got no useful answer in the last minutes. Palier tries again by itself; nothing is lost.`,
      },
      link: SEE_OBF,
    },
  ];
}

function keys({ lastHour, region, nameOf }: Facts): readonly Point[] {
  const refused = lastHour?.keysRefused ?? [];
  return [
    ...(refused.includes(region) ? [OWN_KEY] : []),
    ...refused
      .filter((clientId) => clientId !== region)
      .map((clientId): Point => ({
        kind: 'bad',
        text: {
          fr: `OBF refuse la clé d’API de « ${nameOf(clientId)} » : ses badges ne sont plus lus. Corrigez la clé, puis relancez ce qui a échoué.`,
          en: `OBF refuses the API key of "${nameOf(clientId)}": its badges are no longer read. Mend the key, then replay what failed.`,
        },
        link: { href: TO.partner(clientId), words: { fr: 'Voir l’organisme', en: 'See the partner' } },
      })),
  ];
}

const OWN_KEY: Point = {
  kind: 'bad',
  text: {
    fr: 'OBF refuse la clé d’API de la Région : rien ne peut être lu ni délivré. Corrigez OBF_CLIENT_ID et OBF_CLIENT_SECRET, puis redémarrez Palier.',
    en: 'OBF refuses the Région’s API key: nothing can be read or issued. Mend OBF_CLIENT_ID and OBF_CLIENT_SECRET, then restart Palier.',
  },
  link: SEE_OBF,
};

/** Whose key is refused was told already. */
function unread({ unread: accounts, lastHour, nameOf }: Facts): readonly Point[] {
  const others = accounts.filter((one) => lastHour?.keysRefused.includes(one) !== true);
  if (others.length === 0) return [];
  const shown = others.slice(0, MAX_NAMED).map(nameOf).join(', ');
  const more = others.length > MAX_NAMED ? '…' : '';
  return [
    {
      kind: 'watch',
      text: {
        fr: `Comptes OBF qui n’ont pas pu être lus depuis plus d’une heure : ${told(others.length).fr} (${shown}${more}).`,
        en: `OBF accounts that could not be read for over an hour: ${told(others.length).en} (${shown}${more}).`,
      },
      link: { href: TO.partners, words: { fr: 'Voir les organismes', en: 'See the partners' } },
    },
  ];
}

function slow({ lastMinutes }: Facts): readonly Point[] {
  const p95S = lastMinutes?.p95S ?? null;
  if (lastMinutes === null || p95S === null || p95S < SLOW_S || lastMinutes.calls < ENOUGH_CALLS) return [];
  const took = durationWords(p95S);
  return [
    {
      kind: 'watch',
      text: {
        fr: `OBF répond lentement : une réponse sur vingt prend plus de ${took.fr}.`,
        en: `OBF answers slowly: one answer in twenty takes more than ${took.en}.`,
      },
      link: SEE_OBF,
    },
  ];
}
