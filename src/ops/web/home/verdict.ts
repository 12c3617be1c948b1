import { durationWords, holdWords } from '../../shared/words.js';
import { problemWords } from '../../shared/stats.js';
import { REDIS_TITLES } from '../http/problem.js';
import type { HomeModel } from './read.js';
import { PATHS } from '../route.js';
import { countedNoun, formatNumber } from '../parts/text.js';

/** One thing that needs attention. */
export interface Point {
  /** `bad`: somebody must act; `watch`: somebody should know. */
  readonly kind: 'bad' | 'watch';
  readonly text: string;
  /** Where it is repaired or explained. */
  readonly link: Link;
  /** The action of a button that repairs it. */
  readonly action?: 'resume';
}

/** Pure. Returns everything that needs attention, worst first; empty: all is well. */
export function verdictOf(home: HomeModel): readonly Point[] {
  const points = [
    ...infrastructurePoints(home),
    ...issuingPoints(home),
    ...waitingPoints(home),
    ...otherPoints(home),
  ];
  return [...points.filter(({ kind }) => kind === 'bad'), ...points.filter(({ kind }) => kind === 'watch')];
}

type Link = readonly [words: string, href: string];

const bad = (link: Link, text: string): Point => ({ kind: 'bad', text, link });
const watch = (link: Link, text: string): Point => ({ kind: 'watch', text, link });

const SEE = {
  now: ['Voir où en sont les envois', '#maintenant'],
  quota: ['Voir le quota', '#maintenant'],
  obf: ['Voir comment OBF répond', '#obf'],
  flags: ['Voir lesquels', '#a-examiner'],
  queues: ['Voir les files', PATHS.queues],
  replay: ['Voir les échecs et les relancer', PATHS.failures],
  failures: ['Voir les échecs', PATHS.failures],
  scheme: ['Ouvrir le barème', PATHS.scheme],
  partners: ['Voir les organismes', PATHS.partners],
} as const satisfies Record<string, Link>;

/** So late, in seconds, that no worker seems to run: scheduled jobs run within minutes. */
const NO_WORKER_S = 15 * 60;
const WAITS_S = 10 * 60;
const WAITS_LONG_S = 3600;
/** Workers look up a call of unknown outcome in OBF after half a minute. */
const UNKNOWN_LONG_S = 10 * 60;
/** `apply` enqueues thousands of awards within minutes. */
const UNFINISHED_S = 10 * 60;
/** Fewer calls say nothing about OBF. */
const MIN_CALLS = 5;
const DOWN_SHARE = 0.5;
const SLOW_S = 5;
/** The linked page has all names. */
const MAX_NAMED = 3;

/** `3 (un, deux, trois…)` */
const countAndNames = (names: readonly string[]): string =>
  `${formatNumber(names.length)} (${names.slice(0, MAX_NAMED).join(', ')}${names.length > MAX_NAMED ? '…' : ''})`;

/** Faults of what everything needs: Redis, the workers, OBF. */
function* infrastructurePoints(home: HomeModel): Generator<Point> {
  const { redisFault, state, lastHour, lastMinutes, region, nameOf } = home;
  if (redisFault !== null)
    yield bad(
      SEE.queues,
      `${REDIS_TITLES[redisFault.fault]}. Rien ne peut être enregistré, ni délivré : ${redisFault.fr}. ${redisFault.mend.fr}`,
    );
  if (state.lateS >= NO_WORKER_S)
    yield bad(
      SEE.queues,
      `Palier a ${durationWords(state.lateS).fr} de retard sur la lecture des comptes OBF : le processus « worker » est arrêté, ou débordé.`,
    );
  const { calls, failed, p95S } = lastMinutes ?? { calls: 0, failed: 0, p95S: null };
  if (calls >= MIN_CALLS && failed / calls >= DOWN_SHARE)
    yield bad(
      SEE.obf,
      `OBF ne répond pas bien : ${formatNumber(failed)} appels sur ${formatNumber(calls)} sont restés sans réponse utile ces dernières minutes. Palier réessaie seul ; rien n’est perdu.`,
    );
  if (calls >= MIN_CALLS && p95S !== null && p95S >= SLOW_S)
    yield watch(
      SEE.obf,
      `OBF répond lentement : une réponse sur vingt prend plus de ${durationWords(p95S).fr}.`,
    );
  const refused = lastHour?.keysRefused ?? [];
  if (refused.includes(region))
    yield bad(
      SEE.obf,
      'OBF refuse la clé d’API de la Région : rien ne peut être lu ni délivré. Corrigez OBF_CLIENT_ID et OBF_CLIENT_SECRET, puis redémarrez Palier.',
    );
  for (const clientId of refused.filter((one) => one !== region))
    yield bad(
      ['Voir l’organisme', PATHS.partner(clientId)],
      `OBF refuse la clé d’API de « ${nameOf(clientId)} » : ses badges ne sont plus lus. Corrigez la clé, puis relancez ce qui a échoué.`,
    );
  const unread = home.unread.filter((one) => !refused.includes(one)).map(nameOf);
  if (unread.length > 0)
    yield watch(
      SEE.partners,
      `Comptes OBF qui n’ont pas pu être lus depuis plus d’une heure : ${countAndNames(unread)}.`,
    );
}

/** What keeps awards from being issued. */
function* issuingPoints({ state: { paused, due, quota, holds } }: HomeModel): Generator<Point> {
  if (paused) {
    const waits =
      due === 0 ? 'rien n’est délivré' : countedNoun(due, 'badge dû attend', 'badges dus attendent');
    yield { ...bad(SEE.now, `Les envois sont suspendus : ${waits}.`), action: 'resume' };
  }
  const left = quota.reading?.left ?? null;
  // One point for both: the quota is used up, or too small for the next batch.
  if (left !== null && (left <= quota.floor || holds.some(({ hold }) => hold.code === 'quota'))) {
    const what = left <= quota.floor ? 'est épuisé' : 'ne suffit plus à l’envoi qui attend';
    yield bad(
      SEE.quota,
      `Le quota OBF de la Région ${what} : il reste ${formatNumber(left)} badges, et Palier s’arrête à ${formatNumber(quota.floor)}. Faites-le relever dans OBF ; les envois reprennent seuls.`,
    );
  }
  // One point per award: their reasons may differ.
  for (const { award, hold } of holds.filter((one) => one.hold.code !== 'quota'))
    yield bad(
      SEE.now,
      `« ${award.name} » n’est plus délivré : ${holdWords(hold).fr}. Palier regarde à nouveau de lui-même et reprend seul ; rien n’est perdu.`,
    );
}

/** Work that waits, or failed. */
function* waitingPoints({ state, nowS, unfinished, isChangeWaiting }: HomeModel): Generator<Point> {
  const { failed, notices, earners, unknown } = state;
  if (failed > 0) {
    const one = 'travail a échoué et n’avancera pas sans vous.';
    const many = 'travaux ont échoué et n’avanceront pas sans vous.';
    yield bad(SEE.replay, countedNoun(failed, one, many));
  }
  for (const [what, { waiting, oldestAgeS }] of [
    ['Des avis attendent d’être lus', notices],
    ['Des portefeuilles attendent d’être évalués', earners],
  ] as const)
    if (oldestAgeS >= WAITS_S)
      yield (oldestAgeS < WAITS_LONG_S ? watch : bad)(
        SEE.queues,
        `${what} (${formatNumber(waiting)}), le plus ancien depuis ${durationWords(oldestAgeS).fr}. Rien n’est perdu : ils le seront dès que possible.`,
      );
  if (unknown.batches > 0) {
    const calls = countedNoun(unknown.batches, 'envoi', 'envois, le plus ancien');
    yield (unknown.ageS < UNKNOWN_LONG_S ? watch : bad)(
      SEE.obf,
      `OBF n’a pas confirmé ${calls} depuis ${durationWords(unknown.ageS).fr}. Palier vérifie dans OBF avant de renvoyer quoi que ce soit.`,
    );
  }
  const sinceS = unfinished === null ? 0 : nowS - unfinished.startedS;
  if (sinceS >= UNFINISHED_S)
    yield bad(
      SEE.scheme,
      `La mise en vigueur du barème, commencée il y a ${durationWords(sinceS).fr}, n’est pas terminée. Reprenez-la : rien n’est délivré deux fois.`,
    );
  if (unfinished === null && isChangeWaiting)
    yield watch(SEE.scheme, 'Le barème a changé : les personnes déjà connues attendent sa mise en vigueur.');
}

/** What somebody should look at. */
function* otherPoints({ state, issued, readProblems, partners, nameOf }: HomeModel): Generator<Point> {
  const { quota, flags } = state;
  const usable = (quota.reading?.left ?? 0) - quota.floor;
  const issuedLast30Days = issued.reduce((sum, { last30Days }) => sum + last30Days, 0);
  // At the pace of the last 30 days, the next 30 would use it up.
  if (usable > 0 && usable < Math.max(issuedLast30Days, quota.floor))
    yield watch(
      SEE.quota,
      `Le quota OBF de la Région s’épuise : Palier peut encore délivrer ${formatNumber(usable)} badges ; il en a délivré ${formatNumber(issuedLast30Days)} en 30 jours.`,
    );
  // The other rows of the list are stored; OBF or the issuer must repair these.
  for (const problem of readProblems.slice(0, MAX_NAMED))
    yield watch(SEE.failures, `${problemWords(problem, nameOf).fr}.`);
  if (flags.count > 0)
    yield watch(
      SEE.flags,
      `Badges Région à examiner : ${formatNumber(flags.count)}. Leur règle n’est plus remplie, un badge ayant été révoqué.`,
    );
  const silent = partners.filter((one) => one.silent).map(({ partner }) => partner.name);
  if (silent.length > 0)
    yield watch(SEE.partners, `Organismes sans nouvelles depuis 30 jours : ${countAndNames(silent)}.`);
}
