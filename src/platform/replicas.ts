import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { RedisConnection } from './redis.js';
import { askMasters, isReplicated, WITHIN_MS } from './masters.js';
import type { Replication } from './replication.js';

/** An instant in the life of the servers: how often another one was seen to have taken over by then. */
export type Mark = number;

/**
 * The servers that would take over from those that we write to. Redis copies what it was told to them
 * afterwards: what a master took, and no replica has yet, is gone when the master fails.
 */
export interface Replicas {
  /** Before the first write of what is to be held. */
  mark(): Mark;
  /** Whether the replicas of every master have all that was written. @throws when a master does not answer */
  isHeld(): Promise<boolean>;
  /**
   * Waits until they have.
   * @throws NotHeld when another server has taken over since `mark`, or it takes too long; and as `isHeld`
   */
  untilHeld(mark: Mark): Promise<void>;
  /** The same for whoever cannot wait: goes on after a second. @throws NotHeld when another server took over; and as `isHeld` */
  confirm(mark: Mark): Promise<void>;
  /** Names the history of every master: another text once another server has taken over, or one starts anew. */
  history(): Promise<string>;
}

/** A server that has no replicas, as far as we know, is not asked before every step. */
const LOOK_AGAIN_MS = 5000;
/** A replica that hangs is given up by its master after 60 s (`repl-timeout`). */
const HELD_LIMIT_MS = 120_000;
const ASK_AGAIN_MS = 250;

/** Redis took what was written, and it may be gone: the work is to be done again. */
export class NotHeld extends Error {
  readonly code = 'not_held';
}

/** What is known of a master. */
interface Standing extends Replication {
  readonly hasAll: boolean;
  /** For how long we have known it without a replica, milliseconds. */
  readonly aloneMs: number;
}

/**
 * @param redis the connection that writes go over. Of a single server those replicas count that are seen
 * @param aloneMs how long a master that has lost its replicas is not believed: another may have taken its
 *   place, and it does not know yet
 */
export function createReplicas(redis: RedisConnection, aloneMs: number): Replicas {
  const watch = watchMasters(redis);
  // One round serves all who asked before it began: a WAIT holds up its connection.
  const look = together(() => watch.look());
  const isHeld = async (): Promise<boolean> =>
    (await look()).every((one) =>
      one.online > 0 ? one.hasAll : !watch.isReplicated() || !one.isTold || one.aloneMs >= aloneMs,
    );
  const requireSame = (mark: Mark): void => {
    if (watch.changes() !== mark) throw new NotHeld('Another Redis server has taken over meanwhile');
  };
  return {
    mark: () => watch.changes(),
    isHeld,
    async untilHeld(mark) {
      for (const limit = performance.now() + HELD_LIMIT_MS; !watch.isPlain();) {
        const held = await isHeld();
        requireSame(mark);
        if (held) return;
        if (performance.now() > limit) throw new NotHeld('No replica of Redis has what was written');
        await pause(ASK_AGAIN_MS);
      }
    },
    async confirm(mark) {
      if (watch.isPlain()) return;
      // A slow replica does not throw; a master that is gone does, and what it took may be gone with it.
      await look();
      requireSame(mark);
    },
    history: () => watch.history(),
  };
}

/** What this process has seen of the masters. */
interface Watch {
  /** Whether replicas are to be expected. */
  isReplicated(): boolean;
  /** A server without replicas was looked at a moment ago. */
  isPlain(): boolean;
  /** How often another server was seen to have taken over. */
  changes(): number;
  history(): Promise<string>;
  look(): Promise<readonly Standing[]>;
}

function watchMasters(redis: RedisConnection): Watch {
  const aloneSince = new Map<string, number>();
  const seen = { replicas: isReplicated(redis), atMs: -Infinity, changes: 0, history: '' };
  const note = (told: readonly Replication[]): string => {
    const ids = told.map((one) => one.history);
    const history = ids.toSorted().join(',');
    if (seen.history !== '' && seen.history !== history) seen.changes += 1;
    seen.history = history;
    seen.atMs = performance.now();
    return history;
  };
  const standingOf = async (node: Redis, told: Replication): Promise<Standing> => {
    if (told.online > 0) {
      seen.replicas = true;
      aloneSince.delete(told.history);
      return { ...told, hasAll: (await node.wait(told.online, WITHIN_MS)) >= told.online, aloneMs: 0 };
    }
    const nowMs = performance.now();
    const since = aloneSince.get(told.history) ?? nowMs;
    aloneSince.set(told.history, since);
    return { ...told, hasAll: false, aloneMs: nowMs - since };
  };
  return {
    isReplicated: () => seen.replicas,
    isPlain: () => !seen.replicas && performance.now() - seen.atMs < LOOK_AGAIN_MS,
    changes: () => seen.changes,
    history: async () => note(await askMasters(redis, async (_, told) => told)),
    async look() {
      const standings = await askMasters(redis, standingOf);
      note(standings);
      return standings;
    },
  };
}

/** Runs one at a time; those who ask while one runs share the next. */
function together<T>(act: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;
  return () => {
    if (next !== null) return next;
    const mine = running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return act();
      });
    running = mine;
    next = mine;
    return mine;
  };
}
