import type { RedisConnection } from '../platform/redis.js';
import { HOLD } from './claims-scripts.js';

/** What the caller may carry out. */
export interface Claimed {
  readonly ids: ReadonlySet<string>;
  /** Said once they are carried out, or have become jobs. Until then the claims are renewed. */
  release(): Promise<void>;
}

/** Where the claims stand, and for how long one is held unless it is renewed. */
interface Lease {
  readonly redis: RedisConnection;
  readonly key: string;
  readonly leaseMs: number;
}

/** @param endsMs when the claims end, as Redis said: what is the caller's is known by it */
export function keepClaimed(
  { redis, key, leaseMs }: Lease,
  ids: ReadonlySet<string>,
  endsMs: number,
): Claimed {
  if (ids.size === 0) return { ids, release: async () => {} };
  // One that fails leaves them to end by themselves, which costs a job at most.
  const hold = async (forMs: number): Promise<void> => {
    endsMs = Number(await HOLD(redis, [key], [endsMs, forMs, ...ids]));
  };
  let last: Promise<void> = Promise.resolve();
  const renewing = setInterval(() => {
    last = last.then(() => hold(leaseMs)).catch(() => {});
  }, leaseMs / 3);
  return {
    ids,
    async release() {
      clearInterval(renewing);
      await last;
      await hold(0);
    },
  };
}
