import { connect } from 'node:tls';
import { rateLimitedLog, type Logger } from './logger.js';
import { raceAbort, type RedisAddress, type RedisConnection } from './redis.js';
import { redisCause, refusalOf, type RedisCause } from './redis-faults.js';

/** Whether Redis takes a write now. Null: it does. Never rejects. */
export type WriteProbe = () => Promise<RedisCause | null>;

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
  return async () => {
    try {
      await raceAbort(redis.set(key, '1', 'EX', 60), AbortSignal.timeout(limitMs));
      connectionError = null;
      return null;
    } catch (error) {
      const cause = redisCause(error);
      return cause.fault === 'absent' && connectionError !== null ? redisCause(connectionError) : cause;
    }
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
 * Watches a connection that is being made, and would be tried again for ever. Of a TLS fault, cluster and sentinels
 * say only that the connection was closed: then TLS is tried beside them.
 * @returns `refused` never resolves, and throws RedisRefused as soon as the connection is refused
 */
export function watchRefusals(redis: RedisConnection, address: RedisAddress) {
  const listening = new AbortController();
  const refused = new Promise<never>((_, reject) => {
    const isRefusal = (error: unknown): boolean => {
      const refusal = refusalOf(error, address);
      if (refusal !== null) reject(refusal);
      return refusal !== null;
    };
    let isTryingTls = false;
    const tryTls = async (): Promise<void> => {
      if (isTryingTls) return;
      isTryingTls = true;
      const faults = await Promise.all(tlsServersOf(address).map(tlsFaultOf));
      faults.some((fault) => fault !== null && isRefusal(fault));
      isTryingTls = false;
    };
    const onError = (error: unknown): void => {
      if (!isRefusal(error)) void tryTls();
    };
    redis.on('error', onError);
    listening.signal.addEventListener('abort', () => void redis.off('error', onError));
  });
  refused.catch(() => undefined);
  return { refused, stop: (): void => listening.abort() };
}

/** A single server reports its TLS faults itself. */
function tlsServersOf(address: RedisAddress): readonly { readonly host: string; readonly port: number }[] {
  if (address.kind === 'sentinel') return address.tls === true ? address.hosts : [];
  if (address.kind === 'single' || !address.urls[0]?.startsWith('rediss:')) return [];
  return address.urls.map((url) => {
    const { hostname, port } = new URL(url);
    return { host: hostname.replaceAll(/[[\]]/g, ''), port: port === '' ? 6379 : Number(port) };
  });
}

const TLS_WITHIN_MS = 1500;

/** Shakes hands and sends nothing. Null: TLS works, or the server is silent. */
const tlsFaultOf = (server: { readonly host: string; readonly port: number }): Promise<unknown> =>
  new Promise((resolve) => {
    const socket = connect(server, () => end(null));
    const end = (fault: unknown): void => {
      socket.destroy();
      resolve(fault);
    };
    socket.setTimeout(TLS_WITHIN_MS, () => end(null));
    socket.on('error', end);
  });
