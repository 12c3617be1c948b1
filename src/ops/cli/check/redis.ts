import { createReadProblems } from '../../../obf/read-state.js';
import { createHolds } from '../../../issuing/hold.js';
import { type Clock, secondsOf } from '../../../platform/clock.js';
import { isSameKey } from '../../../platform/key-guard.js';
import { createRedisClock, redisNow } from '../../../platform/redis-clock.js';
import type { RedisCause } from '../../../platform/redis-faults.js';
import { createWriteProbe } from '../../../platform/redis-health.js';
import { readRedisReport, type RedisReport } from '../../../platform/redis-safety.js';
import { hostsOf, type RedisAddress, type RedisConnection } from '../../../platform/redis.js';
import { createVault } from '../../../platform/vault.js';
import { createSchemes } from '../../../scheme/schemes.js';
import { SchemeUnreadable } from '../../../scheme/state.js';
import { PACE } from '../../../workers/stores.js';
import { PAUSED } from '../../shared/issuing-words.js';
import { isToShow, problemWords, readHolds } from '../../shared/stats.js';
import { durationWords, type Localized, say } from '../../shared/words.js';
import { isIssuingPaused } from '../session.js';
import { KEY_CHANGED } from '../settings.js';
import { holdLine } from '../stats-issuing.js';
import type { Check, Found } from './table.js';

/** Whether Redis takes writes, who else could read it, and whether its clock is ours. */
export const redisCheck: Check = {
  id: 'redis',
  title: { fr: 'Redis', en: 'Redis' },
  async run({ call, redis, settings }) {
    const address = settings.config.redis;
    const where = hostsOf(address);
    const fault = await createWriteProbe(redis, `${call.dataPrefix}:check`, call.patienceMs.redis)();
    const skewMs = await clockSkewMs(redis, call.clock);
    return {
      ...(fault === null
        ? {}
        : { errors: [notWritable(fault, where)], lacks: { 'redis-write': OBF_NEEDS_REDIS } }),
      warnings: [...accessWarnings(address), ...(Math.abs(skewMs) > MAX_SKEW_MS ? [skewWords(skewMs)] : [])],
      notes: [{ fr: where, en: where }],
    };
  },
};

export const OBF_NEEDS_REDIS = say`à régler d'abord : Redis, par lequel se partage le jeton d'OBF
  to be mended first: Redis, through which OBF's token is shared`;

const notWritable = (
  { fr, en, mend }: RedisCause,
  where: string,
) => say`Redis répond, et n'accepte aucune écriture (${where}) : ${fr}. ${mend}
  Redis answers, and takes no write (${where}): ${en}. ${mend}`;

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
  return say`l'horloge de cette machine ${ahead ? 'avance' : 'retarde'} de ${by} sur celle de Redis : mettez les deux à l'heure (NTP)
    the clock of this machine is ${by} ${ahead ? 'ahead of' : 'behind'} that of Redis: set both by NTP`;
}

/** A Redis on another machine that anybody on the way may read, or enter. */
function accessWarnings(address: RedisAddress): readonly Localized[] {
  const servers = serversOf(address).filter(({ host }) => !isLoopback(host));
  return [
    ...(servers.some(({ password }) => !password) ? [NO_PASSWORD] : []),
    ...(servers.some(({ tls }) => !tls) ? [NO_TLS] : []),
  ];
}

function serversOf(address: RedisAddress) {
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

const NO_PASSWORD = say`REDIS_URL : Redis est sur une autre machine, et sans mot de passe : qui atteint son port peut y écrire
  REDIS_URL: Redis is on another machine, without a password: anybody who reaches its port can write there`;
const NO_TLS = say`REDIS_URL : Redis est sur une autre machine, et sans TLS (rediss://) : qui est sur le chemin peut lire et modifier ce qui passe
  REDIS_URL: Redis is on another machine, without TLS (rediss://): anybody on the way can read and change what passes`;

/** What Redis says of itself: can it lose a notice that was accepted, or throw one away? */
const settingsCheck: Check = {
  id: 'redis-settings',
  title: { fr: 'Réglages de Redis', en: 'Settings of Redis' },
  needs: ['redis'],
  run: ({ call, redis }) =>
    readRedisReport(redis).then(
      (report) => settingsFound(report, call.env['NODE_ENV'] === 'production'),
      () => ({ warnings: [UNREADABLE] }),
    ),
};

/** What production would not start on is an error there, and a warning elsewhere. */
function settingsFound({ findings, versions }: RedisReport, production: boolean): Found {
  const errors = findings.filter(({ grade }) => production || grade === 'unfit');
  return {
    errors,
    warnings: findings.filter((finding) => !errors.includes(finding)),
    notes: versions.map((version) => ({ fr: `version ${version}`, en: `version ${version}` })),
  };
}

const UNREADABLE = say`INFO est refusé : impossible de savoir si maxmemory-policy est noeviction et si AOF est actif
  INFO is refused: whether maxmemory-policy is noeviction and AOF is on cannot be known`;

/** Whether what Redis holds of people can be read under this PALIER_KEY. */
const keyCheck: Check = {
  id: 'redis-key',
  title: { fr: 'Clé des données de Redis', en: "Key of Redis' data" },
  needs: ['redis', 'PALIER_KEY', 'PALIER_KEY_OLD'],
  async run({ call, redis, settings: { config } }) {
    const vault = createVault(config.palierKey, config.palierKeyOld);
    return (await isSameKey(redis, call.dataPrefix, vault)) ? {} : { errors: [KEY_CHANGED] };
  },
};

/** Whether ops paused issuing, and may have forgotten it; and which badges OBF's account keeps from being issued. */
const issuingCheck: Check = {
  id: 'issuing',
  title: { fr: 'Envois', en: 'Issuing' },
  needs: ['redis'],
  async run({ call, redis, scheme }) {
    const holds = createHolds(redis, call.dataPrefix, createRedisClock(redis, call.dataPrefix).now, PACE);
    const [paused, held] = await Promise.all([
      isIssuingPaused(call, redis),
      scheme === null ? [] : readHolds({ scheme, holds }),
    ]);
    const timeZone = scheme?.timeZone ?? 'UTC';
    return { warnings: [...(paused ? [PAUSED] : []), ...held.map((one) => holdLine(one, timeZone))] };
  },
};

/** Whether the files are the rules in force: what they change reaches nobody by itself who was there before. */
const inForceCheck: Check = {
  id: 'in-force',
  title: { fr: 'Règles en vigueur', en: 'Rules in force' },
  needs: ['redis', 'rules', 'PALIER_KEY', 'PALIER_KEY_OLD'],
  async run({ call, redis, settings: { config }, scheme }) {
    if (scheme === null) return {};
    const vault = createVault(config.palierKey, config.palierKeyOld);
    const schemes = createSchemes({ redis, prefix: call.dataPrefix, vault }, scheme);
    const state = await Promise.all([schemes.inForce(), schemes.unfinished(), schemes.now()]).catch(
      unreadable,
    );
    if (state === null) return { errors: [RULES_UNREADABLE] };
    const [inForce, unfinished] = state;
    return {
      warnings: [
        ...(unfinished === null ? [] : [UNFINISHED]),
        ...(inForce === null || inForce === scheme.version ? [] : [waiting(scheme.version, inForce)]),
      ],
      notes: inForce === null ? [FIRST_START] : [],
    };
  },
};

function unreadable(error: unknown): null {
  if (error instanceof SchemeUnreadable) return null;
  throw error;
}

const RULES_UNREADABLE = say`les règles en vigueur que garde Redis ne peuvent pas être lues : elles ont été altérées, ou scellées sous une autre PALIER_KEY. Rien n'est délivré ; voir docs/operating.md (« Les règles en vigueur sont illisibles »)
  the rules in force that Redis holds cannot be read: they were altered, or sealed under another PALIER_KEY. Nothing is issued; see docs/operating.md ("Les règles en vigueur sont illisibles")`;
const FIRST_START = say`rien en vigueur encore : au premier démarrage, ces fichiers le seront
  nothing in force yet: at the first start, these files will be`;
const UNFINISHED = say`« npx palier apply » a été arrêtée avant la fin : retapez-la, elle reprend où elle en était
  "npx palier apply" was stopped before its end: type it again, it goes on where it was`;
const waiting = (
  version: string,
  inForce: string,
) => say`les fichiers (${version}) diffèrent des règles en vigueur (${inForce}) : les nouveaux badges seront jugés d'après les fichiers, les personnes déjà connues attendent « npx palier apply » ; « npx palier plan » dit qui gagnerait quoi
  the files (${version}) differ from the rules in force (${inForce}): new badges will be judged by the files, people known already wait for "npx palier apply"; "npx palier plan" tells who would gain what`;

/** What the workers could not read in OBF, as they wrote it down. */
export const readingCheck: Check = {
  id: 'obf-reading',
  title: { fr: 'Lecture des comptes OBF', en: 'Reading of the OBF accounts' },
  needs: ['redis'],
  async run({ call, redis, scheme }) {
    const problems = await createReadProblems(redis, call.dataPrefix).list();
    const nowS = secondsOf(call.clock);
    return {
      warnings: problems
        .filter((one) => isToShow(one, nowS))
        .map((one) => problemWords(one, (id) => scheme?.partnersById.get(id)?.name ?? id)),
    };
  },
};

export const REDIS_CHECKS = [settingsCheck, keyCheck, issuingCheck, inForceCheck];
