import type { ClientId } from '../../../ids.js';
import type { ReadProblem } from '../../../obf/read-state.js';
import type { RedisCause } from '../../../platform/redis-faults.js';
import type { Application } from '../../../scheme/state.js';
import { holdWords } from '../../shared/issuing-words.js';
import { type PartnerNews, problemWords } from '../../shared/stats.js';
import { durationWords, type Localized } from '../../shared/words.js';
import { REDIS_TITLES } from '../http/problem.js';
import { TO } from '../links.js';
import { countWords, numberWords } from '../parts/text.js';
import type { Now, Waiting } from './now.js';
import type { ObfAnswers } from './obf.js';

/** What the verdict is made from. */
export interface Facts {
  readonly nowS: number;
  /** Why Redis takes no writes; null: it does. */
  readonly storage: RedisCause | null;
  readonly now: Now;
  /** Null: no sample was kept yet. */
  readonly lastHour: ObfAnswers | null;
  readonly lastMinutes: ObfAnswers | null;
  readonly partners: readonly PartnerNews[];
  /** What OBF shows badly. */
  readonly readProblems: readonly ReadProblem[];
  /** Accounts that could not be read for long, though we have the key. */
  readonly unread: readonly ClientId[];
  readonly nameOf: (clientId: ClientId) => string;
  readonly region: ClientId;
  /** Changed rules wait to be put into force. */
  readonly isChangeWaiting: boolean;
  readonly unfinished: Application | null;
  readonly issuedLast30Days: number;
}

interface Link {
  readonly href: string;
  readonly words: Localized;
}

/** Something that is not as it should be. */
export interface Point {
  /** `bad`: somebody is to act; `watch`: somebody is to know. */
  readonly kind: 'bad' | 'watch';
  readonly text: Localized;
  /** Where it is mended, or told in full. */
  readonly link: Link;
  /** A button that mends it at once. */
  readonly mend?: 'resume';
}

/** Null: nothing to say. */
type Rule = (facts: Facts) => Point | null | readonly (Point | null)[];

/** Pure. Everything that is not as it should be, worst first; empty: all is well. */
export function verdictOf(facts: Facts): readonly Point[] {
  const points = RULES.map((rule) => rule(facts))
    .flat()
    .filter((point) => point !== null);
  return [...points.filter(({ kind }) => kind === 'bad'), ...points.filter(({ kind }) => kind === 'watch')];
}

const point = (kind: Point['kind'], link: Link, fr: string, en: string): Point => ({
  kind,
  text: { fr, en },
  link,
});

const SEE = {
  now: { href: '#maintenant', words: { fr: 'Voir où en sont les envois', en: 'See how issuing stands' } },
  quota: { href: '#maintenant', words: { fr: 'Voir le quota', en: 'See the quota' } },
  obf: { href: '#obf', words: { fr: 'Voir comment OBF répond', en: 'See how OBF answers' } },
  flags: { href: '#a-examiner', words: { fr: 'Voir lesquels', en: 'See which' } },
  queues: { href: TO.queues, words: { fr: 'Voir les files', en: 'See the queues' } },
  replay: { href: TO.failures, words: { fr: 'Voir les échecs et les relancer', en: 'See and replay them' } },
  failures: { href: TO.failures, words: { fr: 'Voir les échecs', en: 'See the failures' } },
  scheme: { href: TO.scheme, words: { fr: 'Ouvrir le barème', en: 'Open the scheme' } },
  partners: { href: TO.partners, words: { fr: 'Voir les organismes', en: 'See the partners' } },
} as const satisfies Record<string, Link>;

/** Late from here on, seconds: everything on a schedule comes within minutes. */
const NO_WORKER_S = 15 * 60;
const WAITS_S = 10 * 60;
const WAITS_LONG_S = 3600;
/** A call of unknown outcome is looked up in OBF after half a minute. */
const UNKNOWN_LONG_S = 10 * 60;
/** `apply` gives thousands their award within minutes. */
const UNFINISHED_S = 10 * 60;
/** Of few calls nothing is said. */
const ENOUGH_CALLS = 5;
const DOWN_SHARE = 0.5;
/** A good OBF answers within a second. */
const SLOW_S = 5;
/** More names are on the page that the link leads to. */
const MAX_NAMED = 3;

/** `un, deux, trois…` */
const named = (names: readonly string[]): string =>
  names.slice(0, MAX_NAMED).join(', ') + (names.length > MAX_NAMED ? '…' : '');

const storage: Rule = ({ storage: cause }) =>
  cause &&
  point(
    'bad',
    SEE.queues,
    `${REDIS_TITLES[cause.fault].fr}. Rien ne peut être enregistré, ni délivré : ${cause.fr}. ${cause.mend.fr}`,
    `${REDIS_TITLES[cause.fault].en}. Nothing can be stored or issued: ${cause.en}. ${cause.mend.en}`,
  );

const noWorker: Rule = ({ now: { lateS } }) => {
  if (lateS < NO_WORKER_S) return null;
  const since = durationWords(lateS);
  return point(
    'bad',
    SEE.queues,
    `Palier a ${since.fr} de retard sur la lecture des comptes OBF : le processus « worker » est arrêté, ou débordé.`,
    `Palier is ${since.en} late in reading the OBF accounts: the "worker" process is stopped, or cannot keep up.`,
  );
};

const obfDown: Rule = ({ lastMinutes }) => {
  if (lastMinutes === null || lastMinutes.calls < ENOUGH_CALLS) return null;
  const { failed, calls } = lastMinutes;
  if (failed / calls < DOWN_SHARE) return null;
  const [bad, all] = [numberWords(failed), numberWords(calls)];
  return point(
    'bad',
    SEE.obf,
    `OBF ne répond pas bien : ${bad.fr} appels sur ${all.fr} sont restés sans réponse utile ces dernières minutes. Palier réessaie seul ; rien n’est perdu.`,
    `OBF does not answer well: ${bad.en} of ${all.en} calls got no useful answer in the last minutes. Palier tries again by itself; nothing is lost.`,
  );
};

const keysRefused: Rule = ({ lastHour, region, nameOf }) =>
  (lastHour?.keysRefused ?? [])
    .toSorted((a, b) => Number(b === region) - Number(a === region))
    .map((clientId) =>
      clientId === region
        ? point(
            'bad',
            SEE.obf,
            'OBF refuse la clé d’API de la Région : rien ne peut être lu ni délivré. Corrigez OBF_CLIENT_ID et OBF_CLIENT_SECRET, puis redémarrez Palier.',
            'OBF refuses the Région’s API key: nothing can be read or issued. Mend OBF_CLIENT_ID and OBF_CLIENT_SECRET, then restart Palier.',
          )
        : point(
            'bad',
            { href: TO.partner(clientId), words: { fr: 'Voir l’organisme', en: 'See the partner' } },
            `OBF refuse la clé d’API de « ${nameOf(clientId)} » : ses badges ne sont plus lus. Corrigez la clé, puis relancez ce qui a échoué.`,
            `OBF refuses the API key of "${nameOf(clientId)}": its badges are no longer read. Mend the key, then replay what failed.`,
          ),
    );

/** Refused keys have a point of their own. */
const unread: Rule = ({ unread: accounts, lastHour, nameOf }) => {
  const others = accounts.filter((one) => lastHour?.keysRefused.includes(one) !== true);
  if (others.length === 0) return null;
  const [count, names] = [numberWords(others.length), named(others.map(nameOf))];
  return point(
    'watch',
    SEE.partners,
    `Comptes OBF qui n’ont pas pu être lus depuis plus d’une heure : ${count.fr} (${names}).`,
    `OBF accounts that could not be read for over an hour: ${count.en} (${names}).`,
  );
};

const obfSlow: Rule = ({ lastMinutes }) => {
  const p95S = lastMinutes?.p95S ?? null;
  if (lastMinutes === null || p95S === null || p95S < SLOW_S || lastMinutes.calls < ENOUGH_CALLS) return null;
  const took = durationWords(p95S);
  return point(
    'watch',
    SEE.obf,
    `OBF répond lentement : une réponse sur vingt prend plus de ${took.fr}.`,
    `OBF answers slowly: one answer in twenty takes more than ${took.en}.`,
  );
};

const paused: Rule = ({ now }) => {
  const due = countWords(
    now.due,
    { fr: 'badge dû attend', en: 'award that is due waits' },
    { fr: 'badges dus attendent', en: 'awards that are due wait' },
  );
  const waits = now.due === 0 ? { fr: 'rien n’est délivré', en: 'nothing is given' } : due;
  const fr = `Les envois sont suspendus : ${waits.fr}.`;
  return now.paused
    ? { ...point('bad', SEE.now, fr, `Issuing is paused: ${waits.en}.`), mend: 'resume' }
    : null;
};

/** One point, whether the quota is used up or a batch is too large for what is left. */
const quotaOut: Rule = ({ now: { quota, holds } }) => {
  const left = quota.reading?.left ?? null;
  const isWaitedFor = holds.some(({ hold }) => hold.code === 'quota');
  if (left === null || (left > quota.floor && !isWaitedFor)) return null;
  const [is, floor, out] = [numberWords(left), numberWords(quota.floor), left <= quota.floor];
  return point(
    'bad',
    SEE.quota,
    `Le quota OBF de la Région ${out ? 'est épuisé' : 'ne suffit plus à l’envoi qui attend'} : il reste ${is.fr} badges, et Palier s’arrête à ${floor.fr}. Faites-le relever dans OBF ; les envois reprennent seuls.`,
    `The Région’s OBF quota ${out ? 'is used up' : 'does not suffice for what waits'}: ${is.en} badges are left, and Palier stops at ${floor.en}. Have it raised in OBF; issuing goes on by itself.`,
  );
};

/** One for each award: their reasons may differ. */
const onHold: Rule = ({ now: { holds } }) =>
  holds
    .filter(({ hold }) => hold.code !== 'quota')
    .map(({ award, hold }) => {
      const why = holdWords(hold);
      return point(
        'bad',
        SEE.now,
        `« ${award.name} » n’est plus délivré : ${why.fr}. Palier regarde à nouveau de lui-même et reprend seul ; rien n’est perdu.`,
        `"${award.name}" is not issued any more: ${why.en}. Palier looks again and goes on by itself; nothing is lost.`,
      );
    });

const failed: Rule = ({ now }) => {
  const jobs = countWords(
    now.failed,
    { fr: 'travail a échoué et n’avancera pas', en: 'job has failed and does not go on' },
    { fr: 'travaux ont échoué et n’avanceront pas', en: 'jobs have failed and do not go on' },
  );
  return now.failed > 0 ? point('bad', SEE.replay, `${jobs.fr} sans vous.`, `${jobs.en} without you.`) : null;
};

const backlog = ({ waiting, oldestAgeS }: Waiting, fr: string, en: string): Point | null => {
  if (oldestAgeS < WAITS_S) return null;
  const [age, count] = [durationWords(oldestAgeS), numberWords(waiting)];
  return point(
    oldestAgeS < WAITS_LONG_S ? 'watch' : 'bad',
    SEE.queues,
    `${fr} (${count.fr}), le plus ancien depuis ${age.fr}. Rien n’est perdu : ils le seront dès que possible.`,
    `${en} (${count.en}), the oldest for ${age.en}. Nothing is lost: they are as soon as possible.`,
  );
};

const waiting: Rule = ({ now: { notices, earners } }) => [
  backlog(notices, 'Des avis attendent d’être lus', 'Notices wait to be read'),
  backlog(earners, 'Des portefeuilles attendent d’être évalués', 'Portfolios wait to be evaluated'),
];

const unknown: Rule = ({ now: { unknown: are } }) => {
  if (are.batches === 0) return null;
  const age = durationWords(are.ageS);
  const calls = countWords(
    are.batches,
    { fr: 'envoi', en: 'issue call' },
    { fr: 'envois, le plus ancien', en: 'issue calls, the oldest' },
  );
  return point(
    are.ageS < UNKNOWN_LONG_S ? 'watch' : 'bad',
    SEE.obf,
    `OBF n’a pas confirmé ${calls.fr} depuis ${age.fr}. Palier vérifie dans OBF avant de renvoyer quoi que ce soit.`,
    `OBF did not confirm ${calls.en} for ${age.en}. Palier looks in OBF before it sends anything again.`,
  );
};

const application: Rule = ({ nowS, unfinished, isChangeWaiting }) => {
  if (unfinished === null)
    return isChangeWaiting
      ? point(
          'watch',
          SEE.scheme,
          'Le barème a changé : les personnes déjà connues attendent sa mise en vigueur.',
          'The scheme has changed: people known already wait until it is put into force.',
        )
      : null;
  if (nowS - unfinished.startedS < UNFINISHED_S) return null;
  const since = durationWords(nowS - unfinished.startedS);
  return point(
    'bad',
    SEE.scheme,
    `La mise en vigueur du barème, commencée il y a ${since.fr}, n’est pas terminée. Reprenez-la : rien n’est délivré deux fois.`,
    `Putting the scheme into force began ${since.en} ago and has not ended. Go on with it: nothing is given twice.`,
  );
};

/** At the pace of the last 30 days, the next 30 would use it up. */
const quotaLow: Rule = ({ now: { quota }, issuedLast30Days }) => {
  const left = quota.reading?.left ?? null;
  const usable = left === null ? 0 : left - quota.floor;
  if (usable <= 0 || usable >= Math.max(issuedLast30Days, quota.floor)) return null;
  const [may, did] = [numberWords(usable), numberWords(issuedLast30Days)];
  return point(
    'watch',
    SEE.quota,
    `Le quota OBF de la Région s’épuise : Palier peut encore délivrer ${may.fr} badges ; il en a délivré ${did.fr} en 30 jours.`,
    `The Région’s OBF quota nears its end: Palier may issue ${may.en} more badges; it issued ${did.en} in 30 days.`,
  );
};

/** The rest of such a list is stored; OBF, or the issuer, is to mend these rows. */
const unreadable: Rule = ({ readProblems, nameOf }) =>
  readProblems.slice(0, MAX_NAMED).map((problem) => {
    const words = problemWords(problem, nameOf);
    return point('watch', SEE.failures, `${words.fr}.`, `${words.en}.`);
  });

const flags: Rule = ({ now }) => {
  const count = numberWords(now.flags.count);
  if (now.flags.count === 0) return null;
  return point(
    'watch',
    SEE.flags,
    `Badges Région à examiner : ${count.fr}. Leur règle n’est plus remplie, un badge ayant été révoqué.`,
    `Awards to look at: ${count.en}. Their rule is no longer met, since a badge was revoked.`,
  );
};

const silent: Rule = ({ partners }) => {
  const names = partners.filter((one) => one.silent).map(({ partner }) => partner.name);
  if (names.length === 0) return null;
  const count = numberWords(names.length);
  return point(
    'watch',
    SEE.partners,
    `Organismes sans nouvelles depuis 30 jours : ${count.fr} (${named(names)}).`,
    `Partners of whom nothing was heard for 30 days: ${count.en} (${named(names)}).`,
  );
};

/** The worst first. */
const RULES: readonly Rule[] = [
  storage,
  noWorker,
  obfDown,
  keysRefused,
  unread,
  obfSlow,
  paused,
  quotaOut,
  onHold,
  failed,
  waiting,
  unknown,
  application,
  quotaLow,
  unreadable,
  flags,
  silent,
];
