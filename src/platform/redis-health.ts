import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { type Localized, say } from '../localized.js';
import { rateLimitedLog, type Logger } from './logger.js';
import {
  closeRedis,
  isCluster,
  mastersOf,
  openConsumer,
  raceAbort,
  serversOf,
  type RedisAddress,
  type RedisConnection,
} from './redis.js';
import { redisCause, refusalOf, type RedisCause } from './redis-faults.js';

/** Checks whether Redis takes a write now. Null: it does. Never rejects. */
export type WriteProbe = () => Promise<RedisCause | null>;

/** One answer serves all requests within a second: endless requests of a stranger cost Redis nothing. */
const REUSE_MS = 1000;

/**
 * Probes by a small write, since a full Redis, or a replica, still answers a PING.
 * @param redis a connection that fails fast
 * @param key in the cluster slot of the later writes; it expires by itself
 * @param limitMs how long the answer may take
 */
export function createWriteProbe(redis: RedisConnection, key: string, limitMs = 1000): WriteProbe {
  // A command that times out does not say why; the connection's last error does.
  let connectionError: unknown = null;
  redis.on('error', (error: unknown) => {
    connectionError = error;
  });
  const probe = async (): Promise<RedisCause | null> => {
    try {
      await raceAbort(redis.set(key, '1', 'EX', 60), AbortSignal.timeout(limitMs));
      connectionError = null;
      return null;
    } catch (error) {
      const cause = redisCause(error);
      return cause.fault === 'absent' && connectionError !== null ? redisCause(connectionError) : cause;
    }
  };
  let lastAnswer: Promise<RedisCause | null> | null = null;
  let probedMs = -Infinity;
  return () => {
    const nowMs = performance.now();
    if (lastAnswer === null || nowMs - probedMs >= REUSE_MS) {
      lastAnswer = probe();
      probedMs = nowMs;
    }
    return lastAnswer;
  };
}

/** Creates a listener for connection errors. ioredis errors on every reconnect: a refusal is logged once per 30 s. */
export function logConnectionErrors(address: RedisAddress, log: Logger): (err: unknown) => void {
  const debug = (err: unknown): void => log.debug({ err }, 'Redis');
  const logRefusal = rateLimitedLog((err) => log.error({ err }, 'Redis lets nobody in'), debug);
  return (err) => {
    const refusal = refusalOf(err, address);
    return refusal === null ? debug(err) : logRefusal(refusal);
  };
}

/**
 * Awaits work over a new connection, but not through the endless retries of a refused one. Cluster and sentinels report
 * a TLS fault only as a closed connection: TLS is then tried apart.
 * @throws RedisRefused as soon as the connection is refused
 */
export function rejectIfRefused<T>(
  redis: RedisConnection,
  address: RedisAddress,
  work: Promise<T>,
): Promise<T> {
  // A single server reports its TLS faults itself.
  const servers = address.kind === 'single' ? [] : serversOf(address).filter(({ tls }) => tls);
  return new Promise<T>((resolve, reject) => {
    const isRefusal = (error: unknown): boolean => {
      const refusal = refusalOf(error, address);
      if (refusal !== null) reject(refusal);
      return refusal !== null;
    };
    let isTryingTls = false;
    const tryTls = async (): Promise<void> => {
      if (isTryingTls) return;
      isTryingTls = true;
      const faults = await Promise.all(servers.map(tlsFaultOf));
      faults.some(isRefusal);
      isTryingTls = false;
    };
    const onError = (error: unknown): void => {
      if (!isRefusal(error)) void tryTls();
    };
    redis.on('error', onError);
    void work.then(resolve, reject).finally(() => redis.off('error', onError));
  });
}

const TLS_WITHIN_MS = 1500;

/** Tries a TLS handshake, and sends nothing. Null: TLS works. A silent server gives an `AbortError`. */
function tlsFaultOf({ host, port }: ReturnType<typeof serversOf>[number]): Promise<unknown> {
  // `once` stops to listen at the first answer; a later alert of the server, unheard, would end the process.
  const socket = connect({ host, port }).on('error', () => undefined);
  return once(socket, 'secureConnect', { signal: AbortSignal.timeout(TLS_WITHIN_MS) })
    .then(
      () => null,
      (fault: unknown) => fault,
    )
    .finally(() => socket.destroy());
}

/** A setting that stops Palier or could lose data: its value, why it is wrong, how to mend it. */
interface RedisFinding extends Localized {
  /** `unfit`: Palier cannot work on it. `unsafe`: a crash or a lack of memory loses data; production refuses it. */
  readonly grade: 'unfit' | 'unsafe';
}

/** Palier does not start on a Redis that could lose what it accepted. */
export class RedisUnsafe extends Error {
  readonly code = 'redis_unsafe';
  constructor(findings: readonly RedisFinding[]) {
    const lines = findings.map(({ en }) => `  ${en}`);
    super(['Redis is not set for production, so nothing starts:', ...lines].join('\n'));
    this.name = 'RedisUnsafe';
  }
}

/** Checks INFO of every master; waits as long as the connection does. */
export async function readRedisReport(redis: RedisConnection) {
  // Before the first answer ioredis takes all nodes of a cluster's address for masters.
  if (isCluster(redis)) await redis.ping();
  const masters = await mastersOf(redis);
  return judgeRedis(await Promise.all(masters.map((node) => node.info())));
}

const ASK_AGAIN_MS = 500;

/**
 * Checks Redis for a process that starts. Waits without limit, over a connection of its own, until Redis answers.
 * @param production false: all findings are one warning in the log
 * @throws RedisUnsafe in production, when Redis could lose or evict what it holds
 * @throws RedisRefused when Redis refuses the login or the TLS of `REDIS_URL`
 */
export async function requireSafeRedis(
  address: RedisAddress,
  production: boolean,
  log: Logger,
): Promise<void> {
  const redis = openConsumer(address);
  redis.on('error', (err) => log.debug({ err }, 'Redis'));
  try {
    const findings = await rejectIfRefused(redis, address, findingsOf(redis, address, log));
    if (findings.length === 0) return;
    if (production) throw new RedisUnsafe(findings);
    log.warn({ redis: findings.map(({ en }) => en) }, 'Redis is not set for production');
  } finally {
    closeRedis(redis);
  }
}

/** Only warns when a host forbids INFO: nothing shows that its settings are wrong. */
async function findingsOf(
  redis: RedisConnection,
  address: RedisAddress,
  log: Logger,
): Promise<readonly RedisFinding[]> {
  for (;;) {
    try {
      return (await readRedisReport(redis)).findings;
    } catch (err) {
      const refusal = refusalOf(err, address);
      if (refusal !== null) throw refusal;
      if (err instanceof Error && err.name === 'ReplyError') {
        log.warn({ err }, 'Redis does not show its settings: check noeviction and AOF yourself');
        return [];
      }
      // A failing node of a cluster is replaced; a closed connection never answers.
      if (redis.status === 'end') throw err;
      await pause(ASK_AGAIN_MS);
    }
  }
}

/**
 * Finds wrong settings in INFO, since hosts often forbid `CONFIG GET`. Pure.
 * @param infos the answer of every master
 * @see https://redis.io/docs/latest/commands/info/
 */
export function judgeRedis(infos: readonly string[]) {
  const servers = infos.map((text): Info =>
    Object.fromEntries([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value])),
  );
  const findings = servers.flatMap((info) => [...findingsIn(info)]);
  return {
    /** The versions of the masters, each once. */
    versions: [...new Set(servers.flatMap((info) => info.redis_version ?? []))],
    // Findings that several servers share are listed once.
    findings: [...new Map(findings.map((finding) => [finding.en, finding])).values()],
  };
}

/** The first with SMISMEMBER, which BullMQ needs. */
const OLDEST = '6.2';
const NO_EVICTION = 'CONFIG SET maxmemory-policy noeviction';
const AOF = 'CONFIG SET appendonly yes';

const finding =
  (grade: RedisFinding['grade']) =>
  (...words: Parameters<typeof say>): RedisFinding => ({ grade, ...say(...words) });

type Info = Partial<Record<'redis_version' | 'role' | 'maxmemory_policy' | 'aof_enabled', string>>;

function* findingsIn(info: Info): Generator<RedisFinding> {
  const { redis_version: version = OLDEST, role, maxmemory_policy: policy = '', aof_enabled: aof } = info;
  if (version.localeCompare(OLDEST, 'en', { numeric: true }) < 0)
    yield finding('unfit')`
      version ${version} : il faut ${OLDEST} ou plus récent
      version ${version}: ${OLDEST} or newer is needed`;
  if (role === 'slave')
    yield finding('unfit')`
      c'est une réplique, où rien ne s'écrit : donnez dans REDIS_URL l'adresse du serveur principal
      this is a replica, where nothing can be written: set REDIS_URL to the address of the main server`;
  if (policy !== 'noeviction')
    yield finding('unsafe')`
      maxmemory-policy vaut ${policy || '(inconnu)'} : à court de mémoire, Redis effacerait des travaux en attente. Remède : ${NO_EVICTION} (et dans redis.conf, ou chez l'hébergeur)
      maxmemory-policy is ${policy || '(unknown)'}: short of memory, Redis would delete waiting work. To mend it: ${NO_EVICTION} (and in redis.conf, or at the host's)`;
  if (aof !== '1')
    yield finding('unsafe')`
      AOF est inactif (appendonly no) : un arrêt brutal perdrait des avis déjà acceptés. Remède : ${AOF} (et dans redis.conf, ou chez l'hébergeur)
      AOF is off (appendonly no): a crash would lose notices that were accepted. To mend it: ${AOF} (and in redis.conf, or at the host's)`;
}
