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

/** Whether Redis takes a write now. Null: it does. Never rejects. */
export type WriteProbe = () => Promise<RedisCause | null>;

/** One answer serves all who ask within a second: a stranger who asks for ever costs Redis nothing. */
const KEPT_MS = 1000;

/**
 * Asks by a small write, since a Redis that is full, or a replica, still answers a PING.
 * @param redis a connection that fails fast
 * @param key of our own, in the slot of what is to be written; it expires by itself
 * @param limitMs how long the answer may take
 */
export function createWriteProbe(redis: RedisConnection, key: string, limitMs = 1000): WriteProbe {
  // A command that gives up says only that; the connection's last error says why.
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
  let last: Promise<RedisCause | null> | null = null;
  let askedMs = -Infinity;
  return () => {
    const nowMs = performance.now();
    if (last === null || nowMs - askedMs >= KEPT_MS) {
      last = probe();
      askedMs = nowMs;
    }
    return last;
  };
}

/** A listener for connection errors. ioredis errors on every reconnect: what needs mending is logged once per 30 s. */
export function logConnectionErrors(address: RedisAddress, log: Logger): (err: unknown) => void {
  const debug = (err: unknown): void => log.debug({ err }, 'Redis');
  const logRefusal = rateLimitedLog((err) => log.error({ err }, 'Redis lets nobody in'), debug);
  return (err) => {
    const refusal = refusalOf(err, address);
    return refusal === null ? debug(err) : logRefusal(refusal);
  };
}

/**
 * What `work` gives over a connection that is being made, and would be tried again for ever. Of a TLS fault, cluster and
 * sentinels say only that the connection was closed: then TLS is tried beside them.
 * @throws RedisRefused as soon as the connection is refused
 */
export function unlessRefused<T>(
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

/** Shakes hands and sends nothing. Null: TLS works. A server that is silent gives an `AbortError`. */
function tlsFaultOf({ host, port }: ReturnType<typeof serversOf>[number]): Promise<unknown> {
  const socket = connect({ host, port });
  return once(socket, 'secureConnect', { signal: AbortSignal.timeout(TLS_WITHIN_MS) })
    .then(
      () => null,
      (fault: unknown) => fault,
    )
    .finally(() => socket.destroy());
}

/** A setting under which Palier cannot work, or would lose what it accepted: what is, why that is wrong, how to mend it. */
export interface RedisFinding extends Localized {
  /** `unfit`: Palier cannot work on it. `unsafe`: a crash or a lack of memory loses data; production refuses it. */
  readonly grade: 'unfit' | 'unsafe';
}

/** Palier would lose what it accepted: it does not start on this Redis. */
export class RedisUnsafe extends Error {
  readonly code = 'redis_unsafe';
  constructor(findings: readonly RedisFinding[]) {
    const lines = findings.map(({ en }) => `  ${en}`);
    super(['Redis is not set for production, so nothing starts:', ...lines].join('\n'));
    this.name = 'RedisUnsafe';
  }
}

/** Asks every master for INFO, and waits for it as long as the connection does. */
export async function readRedisReport(redis: RedisConnection) {
  // Before its first answer a cluster takes the nodes of its address for masters.
  if (isCluster(redis)) await redis.ping();
  const masters = await mastersOf(redis);
  return judgeRedis(await Promise.all(masters.map((node) => node.info())));
}

const ASK_AGAIN_MS = 500;

/**
 * For a process that starts: waits without limit, over a connection of its own, until Redis answers.
 * @param production false: what is wrong is one warning in the log
 * @throws RedisUnsafe in production, when Redis could lose or evict what it holds
 * @throws RedisRefused when it lets nobody in with what `REDIS_URL` says
 */
export async function requireSafeRedis(
  address: RedisAddress,
  production: boolean,
  log: Logger,
): Promise<void> {
  const redis = openConsumer(address);
  redis.on('error', (err) => log.debug({ err }, 'Redis'));
  try {
    const findings = await unlessRefused(redis, address, findingsOf(redis, address, log));
    if (findings.length === 0) return;
    if (production) throw new RedisUnsafe(findings);
    log.warn({ redis: findings.map(({ en }) => en) }, 'Redis is not set for production');
  } finally {
    closeRedis(redis);
  }
}

/** A host that forbids INFO is only warned of: nothing shows that it is set wrongly. */
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
        log.warn({ err }, 'Redis does not say how it is set: see to noeviction and AOF yourself');
        return [];
      }
      // A failing node of a cluster is replaced; a connection that was closed is not waited for.
      if (redis.status === 'end') throw err;
      await pause(ASK_AGAIN_MS);
    }
  }
}

/**
 * Judges by INFO, since hosts often forbid `CONFIG GET`. Pure.
 * @param infos the answer of every master
 * @see https://redis.io/docs/latest/commands/info/
 */
export function judgeRedis(infos: readonly string[]) {
  const servers = infos.map((text): Info =>
    Object.fromEntries([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value])),
  );
  const findings = servers.flatMap((info) => [...judge(info)]);
  return {
    /** Of the masters, each once. */
    versions: [...new Set(servers.flatMap((info) => info.redis_version ?? []))],
    // What several servers have in common is said once.
    findings: [...new Map(findings.map((finding) => [finding.en, finding])).values()],
  };
}

/** SMISMEMBER, which BullMQ needs, came with it. */
const OLDEST = '6.2';
const NO_EVICTION = 'CONFIG SET maxmemory-policy noeviction';
const AOF = 'CONFIG SET appendonly yes';

const finding =
  (grade: RedisFinding['grade']) =>
  (...words: Parameters<typeof say>): RedisFinding => ({ grade, ...say(...words) });

type Info = Partial<Record<'redis_version' | 'role' | 'maxmemory_policy' | 'aof_enabled', string>>;

function* judge(info: Info): Generator<RedisFinding> {
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
