import { randomUUID } from 'node:crypto';
import type { RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';

/** Decodes `<name of this incarnation> <since> <history of its servers>`. */
function decode(text: string | null) {
  const [name = '', since = '0', history = ''] = (text ?? '').split(' ');
  return { name, sinceMs: Number(since), history };
}

const encode = ({ name, sinceMs, history }: ReturnType<typeof decode>): string =>
  `${name} ${sinceMs} ${history}`;

/**
 * Detects data loss: flush, failover, restart from an old append-only file. Redis may have lost a batch in flight:
 * nothing may be sent until that shows in OBF.
 * @param history names the data set of the servers; another name means that something may be lost
 */
export function createRedisIncarnation(
  redis: RedisConnection,
  prefix: string,
  now: RedisTime,
  history: () => Promise<string>,
) {
  const key = `${prefix}:memory`;
  let knownName: string | null = null;
  return {
    /** Returns since when Redis remembers, Unix milliseconds; 0: longer than any running process. */
    async knownSinceMs(): Promise<number> {
      const current = await history();
      // Only a process that knew another incarnation can recognise a new one.
      const fresh = { name: randomUUID(), sinceMs: knownName === null ? 0 : await now(), history: current };
      await redis.set(key, encode(fresh), 'NX');
      const stored = decode(await redis.get(key));
      const isNew = knownName !== null && knownName !== stored.name;
      const isLost = isNew && (stored.sinceMs === 0 || stored.name === fresh.name);
      knownName = stored.name;
      const isAhead = stored.sinceMs > 0 && stored.sinceMs > (await now());
      if (!isLost && !isAhead && stored.history === current) return stored.sinceMs;
      // Read last: a process that was frozen before must not date the loss too early.
      const sinceMs = await now();
      await redis.set(key, encode({ ...stored, sinceMs, history: current }));
      return sinceMs;
    },
  };
}

/** OBF may have a batch that it does not show yet: OBF is read again after `waitMs`. */
export class NotSettledYet extends Error {
  readonly code = 'not_settled_yet';
  constructor(
    readonly waitMs: number,
    options?: ErrorOptions,
  ) {
    super(`A batch of unknown outcome settles in ${Math.ceil(waitMs / 1000)} s`, options);
    this.name = 'NotSettledYet';
  }
}
