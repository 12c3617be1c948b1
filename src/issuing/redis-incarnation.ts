import { randomUUID } from 'node:crypto';
import type { RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';

/** What the key holds: `<name of this incarnation> <since> <history of its servers>`. */
function decode(text: string | null) {
  const [name = '', since = '0', history = ''] = (text ?? '').split(' ');
  return { name, sinceMs: Number(since), history };
}

const encode = ({ name, sinceMs, history }: ReturnType<typeof decode>): string =>
  `${name} ${sinceMs} ${history}`;

/**
 * Detects data loss: flush, failover, restart from an old append-only file. An issue call may be on its way that Redis
 * knows nothing of; nothing may be sent until it shows in OBF.
 * @param history names what the servers hold (`Replicas.history`); another name means that something may be lost
 */
export function createRedisIncarnation(
  redis: RedisConnection,
  prefix: string,
  now: RedisTime,
  history: () => Promise<string>,
) {
  const key = `${prefix}:memory`;
  let known: string | null = null;
  return {
    /** Since when Redis remembers, Unix milliseconds; 0: longer than any process at work. */
    async knownSinceMs(): Promise<number> {
      const current = await history();
      // Only a process that knew another incarnation can tell that this one is new.
      const fresh = { name: randomUUID(), sinceMs: known === null ? 0 : await now(), history: current };
      await redis.set(key, encode(fresh), 'NX');
      const found = decode(await redis.get(key));
      const isNew = known !== null && known !== found.name;
      const isLost = isNew && (found.sinceMs === 0 || found.name === fresh.name);
      known = found.name;
      const isAhead = found.sinceMs > 0 && found.sinceMs > (await now());
      if (!isLost && !isAhead && found.history === current) return found.sinceMs;
      // Read last: a process that was frozen before must not date the loss too early.
      const sinceMs = await now();
      await redis.set(key, encode({ ...found, sinceMs, history: current }));
      return sinceMs;
    },
  };
}

/** OBF may have a batch, and does not show it yet. It is read once `waitMs` have passed. */
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
