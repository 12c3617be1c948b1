import type { ClientId } from '../../../ids.js';
import type { ReadProblem } from '../../../obf/read-state.js';
import type { RedisCause } from '../../../platform/redis-faults.js';
import type { Application } from '../../../scheme/state.js';
import { holdWords } from '../../shared/issuing-words.js';
import { type PartnerNews, problemWords } from '../../shared/stats.js';
import { durationWords } from '../../shared/words.js';
import { REDIS_TITLES } from '../http/problem.js';
import { TO } from '../links.js';
import type { French, Translate } from '../words.js';
import type { Now } from './figures.js';
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

/** Where a point is mended, or told in full. */
interface Link {
  readonly href: string;
  readonly words: French;
}

/** Something that is not as it should be. */
export interface Point {
  /** `bad`: somebody is to act; `watch`: somebody is to know. */
  readonly kind: 'bad' | 'watch';
  readonly text: string;
  readonly link: Link;
  /** A button that mends it at once. */
  readonly mend?: 'resume';
}

/** Null: nothing to say. */
type Rule = (facts: Facts, t: Translate) => Point | null | readonly (Point | null)[];

/** Pure. Everything that is not as it should be, worst first; empty: all is well. */
export function verdictOf(facts: Facts, t: Translate): readonly Point[] {
  const points = RULES.flatMap((rule) => rule(facts, t)).filter((point) => point !== null);
  return [...points.filter(({ kind }) => kind === 'bad'), ...points.filter(({ kind }) => kind === 'watch')];
}

const bad = (link: Link, text: string): Point => ({ kind: 'bad', text, link });
const watch = (link: Link, text: string): Point => ({ kind: 'watch', text, link });

const SEE = {
  now: { href: '#maintenant', words: 'Voir où en sont les envois' },
  quota: { href: '#maintenant', words: 'Voir le quota' },
  obf: { href: '#obf', words: 'Voir comment OBF répond' },
  flags: { href: '#a-examiner', words: 'Voir lesquels' },
  queues: { href: TO.queues, words: 'Voir les files' },
  replay: { href: TO.failures, words: 'Voir les échecs et les relancer' },
  failures: { href: TO.failures, words: 'Voir les échecs' },
  scheme: { href: TO.scheme, words: 'Ouvrir le barème' },
  partners: { href: TO.partners, words: 'Voir les organismes' },
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

const storage: Rule = ({ storage: cause }, t) => {
  if (cause === null) return null;
  const why = t('Rien ne peut être enregistré, ni délivré : {0}. {1}', t(cause), t(cause.mend));
  return bad(SEE.queues, `${t(REDIS_TITLES[cause.fault])}. ${why}`);
};

const noWorker: Rule = ({ now: { lateS } }, t) => {
  const text =
    'Palier a {0} de retard sur la lecture des comptes OBF : le processus « worker » est arrêté, ou débordé.';
  return lateS < NO_WORKER_S ? null : bad(SEE.queues, t(text, t(durationWords(lateS))));
};

const obfDown: Rule = ({ lastMinutes }, t) => {
  if (lastMinutes === null || lastMinutes.calls < ENOUGH_CALLS) return null;
  const { failed, calls } = lastMinutes;
  const text =
    'OBF ne répond pas bien : {0} appels sur {1} sont restés sans réponse utile ces dernières minutes. Palier réessaie seul ; rien n’est perdu.';
  return failed / calls < DOWN_SHARE ? null : bad(SEE.obf, t(text, failed, calls));
};

const keysRefused: Rule = ({ lastHour, region, nameOf }, t) =>
  (lastHour?.keysRefused ?? [])
    .toSorted((a, b) => Number(b === region) - Number(a === region))
    .map((clientId) => {
      const ours =
        'OBF refuse la clé d’API de la Région : rien ne peut être lu ni délivré. Corrigez OBF_CLIENT_ID et OBF_CLIENT_SECRET, puis redémarrez Palier.';
      if (clientId === region) return bad(SEE.obf, t(ours));
      const theirs =
        'OBF refuse la clé d’API de « {0} » : ses badges ne sont plus lus. Corrigez la clé, puis relancez ce qui a échoué.';
      const link: Link = { href: TO.partner(clientId), words: 'Voir l’organisme' };
      return bad(link, t(theirs, nameOf(clientId)));
    });

/** Refused keys have a point of their own. */
const unread: Rule = ({ unread: accounts, lastHour, nameOf }, t) => {
  const others = accounts.filter((one) => lastHour?.keysRefused.includes(one) !== true);
  const text = 'Comptes OBF qui n’ont pas pu être lus depuis plus d’une heure : {0} ({1}).';
  return others.length === 0 ? null : watch(SEE.partners, t(text, others.length, named(others.map(nameOf))));
};

const obfSlow: Rule = ({ lastMinutes }, t) => {
  const p95S = lastMinutes?.p95S ?? null;
  if (lastMinutes === null || p95S === null || p95S < SLOW_S || lastMinutes.calls < ENOUGH_CALLS) return null;
  const text = 'OBF répond lentement : une réponse sur vingt prend plus de {0}.';
  return watch(SEE.obf, t(text, t(durationWords(p95S))));
};

const paused: Rule = ({ now }, t) => {
  if (!now.paused) return null;
  const due = t.count(now.due, 'badge dû attend', 'badges dus attendent');
  const text = t('Les envois sont suspendus : {0}.', now.due === 0 ? t('rien n’est délivré') : due);
  return { ...bad(SEE.now, text), mend: 'resume' };
};

/** One point, whether the quota is used up or a batch is too large for what is left. */
const quotaOut: Rule = ({ now: { quota, holds } }, t) => {
  const left = quota.reading?.left ?? null;
  const isWaitedFor = holds.some(({ hold }) => hold.code === 'quota');
  if (left === null || (left > quota.floor && !isWaitedFor)) return null;
  const what = left <= quota.floor ? t('est épuisé') : t('ne suffit plus à l’envoi qui attend');
  const text =
    'Le quota OBF de la Région {0} : il reste {1} badges, et Palier s’arrête à {2}. Faites-le relever dans OBF ; les envois reprennent seuls.';
  return bad(SEE.quota, t(text, what, left, quota.floor));
};

/** One for each award: their reasons may differ. */
const onHold: Rule = ({ now: { holds } }, t) => {
  const text =
    '« {0} » n’est plus délivré : {1}. Palier regarde à nouveau de lui-même et reprend seul ; rien n’est perdu.';
  return holds
    .filter(({ hold }) => hold.code !== 'quota')
    .map(({ award, hold }) => bad(SEE.now, t(text, award.name, t(holdWords(hold)))));
};

const failed: Rule = ({ now }, t) => {
  const one = 'travail a échoué et n’avancera pas sans vous.';
  const many = 'travaux ont échoué et n’avanceront pas sans vous.';
  return now.failed > 0 ? bad(SEE.replay, t.count(now.failed, one, many)) : null;
};

const backlog = (
  { waiting: count, oldestAgeS }: Now['notices'],
  what: French,
  t: Translate,
): Point | null => {
  if (oldestAgeS < WAITS_S) return null;
  const text = '{0} ({1}), le plus ancien depuis {2}. Rien n’est perdu : ils le seront dès que possible.';
  const say = oldestAgeS < WAITS_LONG_S ? watch : bad;
  return say(SEE.queues, t(text, t(what), count, t(durationWords(oldestAgeS))));
};

const waiting: Rule = ({ now: { notices, earners } }, t) => [
  backlog(notices, 'Des avis attendent d’être lus', t),
  backlog(earners, 'Des portefeuilles attendent d’être évalués', t),
];

const unknown: Rule = ({ now: { unknown: are } }, t) => {
  if (are.batches === 0) return null;
  const calls = t.count(are.batches, 'envoi', 'envois, le plus ancien');
  const text =
    'OBF n’a pas confirmé {0} depuis {1}. Palier vérifie dans OBF avant de renvoyer quoi que ce soit.';
  const say = are.ageS < UNKNOWN_LONG_S ? watch : bad;
  return say(SEE.obf, t(text, calls, t(durationWords(are.ageS))));
};

const application: Rule = ({ nowS, unfinished, isChangeWaiting }, t) => {
  if (unfinished === null) {
    const changed = 'Le barème a changé : les personnes déjà connues attendent sa mise en vigueur.';
    return isChangeWaiting ? watch(SEE.scheme, t(changed)) : null;
  }
  const sinceS = nowS - unfinished.startedS;
  const text =
    'La mise en vigueur du barème, commencée il y a {0}, n’est pas terminée. Reprenez-la : rien n’est délivré deux fois.';
  return sinceS < UNFINISHED_S ? null : bad(SEE.scheme, t(text, t(durationWords(sinceS))));
};

/** At the pace of the last 30 days, the next 30 would use it up. */
const quotaLow: Rule = ({ now: { quota }, issuedLast30Days }, t) => {
  const left = quota.reading?.left ?? null;
  const usable = left === null ? 0 : left - quota.floor;
  if (usable <= 0 || usable >= Math.max(issuedLast30Days, quota.floor)) return null;
  const text =
    'Le quota OBF de la Région s’épuise : Palier peut encore délivrer {0} badges ; il en a délivré {1} en 30 jours.';
  return watch(SEE.quota, t(text, usable, issuedLast30Days));
};

/** The rest of such a list is stored; OBF, or the issuer, is to mend these rows. */
const unreadable: Rule = ({ readProblems, nameOf }, t) =>
  readProblems
    .slice(0, MAX_NAMED)
    .map((problem) => watch(SEE.failures, `${t(problemWords(problem, nameOf))}.`));

const flags: Rule = ({ now: { flags: are } }, t) => {
  const text = 'Badges Région à examiner : {0}. Leur règle n’est plus remplie, un badge ayant été révoqué.';
  return are.count === 0 ? null : watch(SEE.flags, t(text, are.count));
};

const silent: Rule = ({ partners }, t) => {
  const names = partners.filter((one) => one.silent).map(({ partner }) => partner.name);
  const text = 'Organismes sans nouvelles depuis 30 jours : {0} ({1}).';
  return names.length === 0 ? null : watch(SEE.partners, t(text, names.length, named(names)));
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
