import { createReadProblems } from '../../obf/read-state.js';
import { createHolds } from '../../issuing/hold.js';
import { type Clock, secondsOf } from '../../platform/clock.js';
import { isSameKey } from '../../platform/key-guard.js';
import { createRedisClock, redisNow } from '../../platform/redis-clock.js';
import type { RedisCause } from '../../platform/redis-faults.js';
import { createWriteProbe } from '../../platform/redis-health.js';
import { readRedisReport, type RedisReport } from '../../platform/redis-safety.js';
import { hostsOf, type RedisAddress, type RedisConnection } from '../../platform/redis.js';
import { createVault } from '../../platform/vault.js';
import type { Scheme } from '../../rules/types.js';
import { createSchemes } from '../../scheme/schemes.js';
import { SchemeUnreadable } from '../../scheme/state.js';
import { PACE } from '../../workers/stores.js';
import { PAUSED } from '../shared/issuing-words.js';
import { isToShow, problemWords, readHolds } from '../shared/stats.js';
import { durationWords, type Localized } from '../shared/words.js';
import { type CheckResult, mendFirst, resultOf, skipped } from './check-report.js';
import type { Context } from './context.js';
import { isIssuingPaused } from './session.js';
import { KEY_CHANGED, type Settings } from './settings.js';
import { holdLine } from './stats-issuing.js';

/**
 * Whether Redis takes writes, who else could read it, and whether its clock is ours.
 * @returns `writable`: what needs to write there can be looked at
 */
export async function checkRedis(
  { dataPrefix, clock, patienceMs }: Pick<Context, 'dataPrefix' | 'clock' | 'patienceMs'>,
  redis: RedisConnection,
  address: RedisAddress,
): Promise<{ readonly writable: boolean; readonly result: CheckResult }> {
  const where = hostsOf(address);
  const fault = await createWriteProbe(redis, `${dataPrefix}:check`, patienceMs.redis)();
  const skewMs = await clockSkewMs(redis, clock);
  const result = resultOf('redis', {
    errors: fault === null ? [] : [notWritable(fault, where)],
    warnings: [...accessWarnings(address), ...(Math.abs(skewMs) > MAX_SKEW_MS ? [skewWords(skewMs)] : [])],
    notes: [{ fr: where, en: where }],
  });
  return { writable: fault === null, result };
}

const notWritable = ({ fr, en, mend }: RedisCause, where: string): Localized => ({
  fr: `Redis répond, et n'accepte aucune écriture (${where}) : ${fr}. ${mend.fr}`,
  en: `Redis answers, and takes no write (${where}): ${en}. ${mend.en}`,
});

/** Between processes, instants are compared by Redis' clock; a person reads those of this machine. */
const MAX_SKEW_MS = 5000;

/** How far this machine's clock is ahead of Redis'. */
async function clockSkewMs(redis: RedisConnection, clock: Clock): Promise<number> {
  const beforeMs = clock();
  const redisMs = await redisNow(redis);
  return (beforeMs + clock()) / 2 - redisMs;
}

function skewWords(skewMs: number): Localized {
  const by = durationWords(Math.abs(skewMs) / 1000);
  const ahead = skewMs > 0;
  return {
    fr: `l'horloge de cette machine ${ahead ? 'avance' : 'retarde'} de ${by.fr} sur celle de Redis : mettez les deux à l'heure (NTP)`,
    en: `the clock of this machine is ${by.en} ${ahead ? 'ahead of' : 'behind'} that of Redis: set both by NTP`,
  };
}

/** A Redis on another machine that anybody on the way may read, or enter. */
function accessWarnings(address: RedisAddress): readonly Localized[] {
  const servers = serversOf(address).filter(({ host }) => !isLoopback(host));
  const missing = [
    ...(servers.some(({ password }) => !password) ? [NO_PASSWORD] : []),
    ...(servers.some(({ tls }) => !tls) ? [NO_TLS] : []),
  ];
  return missing;
}

interface Server {
  readonly host: string;
  readonly password: boolean;
  readonly tls: boolean;
}

function serversOf(address: RedisAddress): readonly Server[] {
  if (address.kind === 'sentinel')
    return address.hosts.map(({ host }) => ({
      host,
      password: address.password !== undefined,
      tls: address.tls === true,
    }));
  return (address.kind === 'single' ? [address.url] : address.urls).map((text) => {
    const { hostname, password, protocol } = new URL(text);
    return { host: hostname, password: password !== '', tls: protocol === 'rediss:' };
  });
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(host);

const NO_PASSWORD: Localized = {
  fr: 'REDIS_URL : Redis est sur une autre machine, et sans mot de passe : qui atteint son port peut y écrire',
  en: 'REDIS_URL: Redis is on another machine, without a password: anybody who reaches its port can write there',
};
const NO_TLS: Localized = {
  fr: 'REDIS_URL : Redis est sur une autre machine, et sans TLS (rediss://) : qui est sur le chemin peut lire et modifier ce qui passe',
  en: 'REDIS_URL: Redis is on another machine, without TLS (rediss://): anybody on the way can read and change what passes',
};

/** What Redis says of itself: can it lose a notice that was accepted, or throw one away? */
export async function checkRedisSettings(redis: RedisConnection, production: boolean): Promise<CheckResult> {
  try {
    return settingsResult(await readRedisReport(redis), production);
  } catch {
    return resultOf('redis-settings', { warnings: [UNREADABLE] });
  }
}

/** Pure. What production would not start on is an error there, and a warning elsewhere. */
function settingsResult({ findings, versions }: RedisReport, production: boolean): CheckResult {
  const errors = findings.filter(({ grade }) => production || grade === 'unfit');
  return resultOf('redis-settings', {
    errors,
    warnings: findings.filter((finding) => !errors.includes(finding)),
    notes: versions.map((version) => ({ fr: `version ${version}`, en: `version ${version}` })),
  });
}

const UNREADABLE: Localized = {
  fr: 'INFO est refusé : impossible de savoir si maxmemory-policy est noeviction et si AOF est actif',
  en: 'INFO is refused: whether maxmemory-policy is noeviction and AOF is on cannot be known',
};

/** Whether what Redis holds of people can be read under this PALIER_KEY. */
export async function checkKey(
  { dataPrefix }: Pick<Context, 'dataPrefix'>,
  { faulty, config }: Settings,
  redis: RedisConnection,
): Promise<CheckResult> {
  const wrong = faulty(['PALIER_KEY', 'PALIER_KEY_OLD']);
  if (wrong.length > 0) return skipped('redis-key', mendFirst(wrong));
  const same = await isSameKey(redis, dataPrefix, createVault(config.palierKey, config.palierKeyOld));
  return resultOf('redis-key', same ? {} : { errors: [KEY_CHANGED] });
}

/** Whether ops paused issuing, and may have forgotten it; and which badges OBF's account keeps from being issued. */
export async function checkIssuing(
  context: Pick<Context, 'queuePrefix' | 'dataPrefix' | 'clock'>,
  redis: RedisConnection,
  scheme: Scheme | null,
): Promise<CheckResult> {
  const holds = createHolds(redis, context.dataPrefix, createRedisClock(redis, context.dataPrefix).now, PACE);
  const [paused, held] = await Promise.all([
    isIssuingPaused(context, redis),
    scheme === null ? [] : readHolds({ scheme, holds }),
  ]);
  const timeZone = scheme?.timeZone ?? 'UTC';
  return resultOf('issuing', {
    warnings: [...(paused ? [PAUSED] : []), ...held.map((one) => holdLine(one, timeZone))],
  });
}

/** Whether the files are the rules in force: what they change reaches nobody by itself who was there before. */
export async function checkInForce(
  { dataPrefix: prefix }: Pick<Context, 'dataPrefix'>,
  { faulty, config }: Settings,
  redis: RedisConnection,
  scheme: Scheme | null,
): Promise<CheckResult> {
  if (scheme === null) return skipped('in-force', RULES_FIRST);
  const wrong = faulty(['PALIER_KEY', 'PALIER_KEY_OLD']);
  if (wrong.length > 0) return skipped('in-force', mendFirst(wrong));
  const vault = createVault(config.palierKey, config.palierKeyOld);
  const schemes = createSchemes({ redis, prefix, vault }, scheme);
  const state = await Promise.all([schemes.inForce(), schemes.unfinished(), schemes.now()]).catch(unreadable);
  if (state === null) return resultOf('in-force', { errors: [RULES_UNREADABLE] });
  const [inForce, unfinished] = state;
  const warnings = [
    ...(unfinished === null ? [] : [UNFINISHED]),
    ...(inForce === null || inForce === scheme.version ? [] : [waiting(scheme.version, inForce)]),
  ];
  return resultOf('in-force', { warnings, ...(inForce === null ? { notes: [FIRST_START] } : {}) });
}

function unreadable(error: unknown): null {
  if (error instanceof SchemeUnreadable) return null;
  throw error;
}

const RULES_UNREADABLE: Localized = {
  fr: "les règles en vigueur que garde Redis ne peuvent pas être lues : elles ont été altérées, ou scellées sous une autre PALIER_KEY. Rien n'est délivré ; voir docs/operating.md (« Les règles en vigueur sont illisibles »)",
  en: 'the rules in force that Redis holds cannot be read: they were altered, or sealed under another PALIER_KEY. Nothing is issued; see docs/operating.md ("Les règles en vigueur sont illisibles")',
};
const RULES_FIRST: Localized = {
  fr: "à corriger d'abord : les règles",
  en: 'to be mended first: the scheme',
};
const FIRST_START: Localized = {
  fr: 'rien en vigueur encore : au premier démarrage, ces fichiers le seront',
  en: 'nothing in force yet: at the first start, these files will be',
};
const UNFINISHED: Localized = {
  fr: '« npx palier apply » a été arrêtée avant la fin : retapez-la, elle reprend où elle en était',
  en: '"npx palier apply" was stopped before its end: type it again, it goes on where it was',
};
const waiting = (version: string, inForce: string): Localized => ({
  fr: `les fichiers (${version}) diffèrent des règles en vigueur (${inForce}) : les nouveaux badges seront jugés d'après les fichiers, les personnes déjà connues attendent « npx palier apply » ; « npx palier plan » dit qui gagnerait quoi`,
  en: `the files (${version}) differ from the rules in force (${inForce}): new badges will be judged by the files, people known already wait for "npx palier apply"; "npx palier plan" tells who would gain what`,
});

/** What the workers could not read in OBF, as they wrote it down. */
export async function checkReading(
  { dataPrefix, clock }: Pick<Context, 'dataPrefix' | 'clock'>,
  redis: RedisConnection,
  scheme: Scheme | null,
): Promise<CheckResult> {
  const problems = await createReadProblems(redis, dataPrefix).list();
  const told = problems.filter((one) => isToShow(one, secondsOf(clock)));
  const nameOf = (id: (typeof told)[number]['clientId']) => scheme?.partnersById.get(id)?.name ?? id;
  return resultOf('obf-reading', { warnings: told.map((one) => problemWords(one, nameOf)) });
}
