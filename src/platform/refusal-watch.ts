import type { Logger } from './logger.js';
import type { RedisAddress, RedisConnection } from './redis.js';
import { refusalOf } from './redis-faults.js';
import { seldom } from './seldom.js';
import { tlsFaultsOf } from './tls-faults.js';

/** A listener for the errors of a connection: what only somebody can mend is told, at most once in half a minute. */
export function tellErrors(address: RedisAddress, log: Logger): (err: unknown) => void {
  const quietly = (err: unknown): void => log.debug({ err }, 'Redis');
  const tell = seldom((err) => log.error({ err }, 'Redis lets nobody in'), quietly);
  return (err) => {
    const refusal = refusalOf(err, address);
    return refusal === null ? quietly(err) : tell(refusal);
  };
}

export interface RefusalWatch {
  /** Never resolves. @throws RedisRefused as soon as the connection is refused */
  readonly refused: Promise<never>;
  readonly stop: () => void;
}

/**
 * Watches a connection that is being made, and would be tried again for ever. What TLS refuses, cluster and
 * sentinels tell as a connection that was closed: then it is tried beside them.
 */
export function watchRefusals(redis: RedisConnection, address: RedisAddress): RefusalWatch {
  const listening = new AbortController();
  const refused = new Promise<never>((_, reject) => {
    const tell = (error: unknown): boolean => {
      const refusal = refusalOf(error, address);
      if (refusal !== null) reject(refusal);
      return refusal !== null;
    };
    let looking = false;
    const lookBeside = async (): Promise<void> => {
      if (looking) return;
      looking = true;
      (await tlsFaultsOf(address)).some(tell);
      looking = false;
    };
    const onError = (error: unknown): void => {
      if (!tell(error)) void lookBeside();
    };
    redis.on('error', onError);
    listening.signal.addEventListener('abort', () => redis.off('error', onError));
  });
  refused.catch(() => undefined);
  return { refused, stop: () => listening.abort() };
}
