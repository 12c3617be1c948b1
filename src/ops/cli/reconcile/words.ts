import type { Drift } from '../../../workers/verify-accounts.js';
import { counted, type Lang, type Localized } from '../../shared/words.js';
import type { Polled, Unread } from './poll-all.js';
import type { Reread } from './read-all.js';

const ACCOUNT = [
  { fr: 'compte OBF lu', en: 'OBF account read' },
  { fr: 'comptes OBF lus', en: 'OBF accounts read' },
] as const;

/** Lines of `reconcile`. */
export function polledLines({ accounts, events, unread }: Polled, lang: Lang): readonly string[] {
  const found: Localized =
    events === 0
      ? { fr: 'Aucun événement ne manquait.', en: 'No event was missing.' }
      : {
          fr: `Événements qui manquaient, mis en file pour les workers : ${events}.`,
          en: `Events that were missing, enqueued for the workers: ${events}.`,
        };
  const read = counted(accounts - unread.length, ...ACCOUNT)[lang];
  return [`${read}. ${found[lang]}`, ...unreadLines(unread, lang)];
}

export const polledJson = ({ accounts, events, unread }: Polled, lang: Lang) => ({
  ok: unread.length === 0,
  accounts_read: accounts - unread.length,
  events,
  unread: unreadJson(unread, lang),
});

/** Every number of the drift, in the order in which it is read. */
const DRIFT: readonly (readonly [keyof Omit<Drift, 'unreadable' | 'earners'>, Localized])[] = [
  [
    'events',
    {
      fr: 'événements qui manquaient, ou avaient changé',
      en: 'events that were missing, or had changed',
    },
  ],
  [
    'awards',
    {
      fr: 'badges Région retrouvés dans OBF (délivrés à la main, ou perdus avec Redis)',
      en: "the Région's badges found in OBF (given by hand, or lost with Redis)",
    },
  ],
  [
    'awardsRevoked',
    { fr: 'badges Région révoqués à notre insu', en: "the Région's badges revoked unknown to us" },
  ],
  ['assertions', { fr: 'badges de partenaires qui manquaient', en: "partners' badges that were missing" }],
  [
    'revocations',
    { fr: 'badges de partenaires révoqués à notre insu', en: "partners' badges revoked unknown to us" },
  ],
  [
    'changed',
    {
      fr: 'badges de partenaires dont une date avait changé',
      en: "partners' badges of which a date had changed",
    },
  ],
  [
    'gone',
    {
      fr: "badges de partenaires qu'OBF n'a plus (ils ne comptent plus)",
      en: "partners' badges that OBF has no longer (they count no more)",
    },
  ],
];

/** Lines of `reconcile --full`. */
export function rereadLines({ drift, unread }: Reread, lang: Lang): readonly string[] {
  const heading = DRIFT.every(([name]) => drift[name] === 0)
    ? { fr: 'Aucun écart avec OBF.', en: 'No drift from OBF.' }
    : { fr: 'Écarts avec OBF, réparés :', en: 'Drift from OBF, mended:' };
  const numbers = DRIFT.map(([name, words]) => `  ${words[lang]}${COLON[lang]} ${drift[name]}`);
  const evaluated = {
    fr: `Personnes que les workers réévaluent : ${drift.earners}.`,
    en: `Earners whom the workers evaluate anew: ${drift.earners}.`,
  };
  return [heading[lang], ...numbers, evaluated[lang], ...unreadLines(unread, lang)];
}

export const rereadJson = ({ drift, unread }: Reread, lang: Lang) => ({
  ok: unread.length === 0,
  drift: {
    events: drift.events,
    awards: drift.awards,
    awards_revoked: drift.awardsRevoked,
    assertions: drift.assertions,
    revocations: drift.revocations,
    changed: drift.changed,
    gone: drift.gone,
  },
  earners: drift.earners,
  unread: unreadJson(unread, lang),
});

const COLON: Localized = { fr: ' :', en: ':' };

function unreadLines(unread: readonly Unread[], lang: Lang): readonly string[] {
  if (unread.length === 0) return [];
  const known = unread.flatMap(({ why }) => (why === null ? [] : [`  ${why[lang]}`]));
  const notAsked = unread.length - known.length;
  const rest = {
    fr: `  OBF ne répondant plus, comptes non demandés : ${notAsked}`,
    en: `  Since OBF no longer answers, accounts not asked: ${notAsked}`,
  };
  const heading = { fr: `Comptes non lus : ${unread.length}`, en: `Accounts not read: ${unread.length}` };
  return [heading[lang], ...known, ...(notAsked === 0 ? [] : [rest[lang]])];
}

const unreadJson = (unread: readonly Unread[], lang: Lang) =>
  unread.map(({ clientId, why }) => ({ client: clientId, why: why?.[lang] ?? null }));
