import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { isCluster, mastersOf, raceAbort, type RedisConnection } from './redis.js';

/** Redis accepted what was written and may have lost it: the work is to be done again. */
class NotReplicated extends Error {
  readonly code = 'not_replicated';
}

/** How long a replica is waited for, milliseconds. A healthy one takes one. */
const WAIT_MS = 1000;
/** A server without replicas is asked this often, not before every step. */
const LOOK_AGAIN_MS = 5000;
/** A master gives up a replica that hangs after 60 s (`repl-timeout`). */
const LIMIT_MS = 120_000;
const ASK_AGAIN_MS = 250;

/**
 * Redis replicates asynchronously: what a master accepted is lost with it if no replica has it yet. The barrier waits
 * until the replicas of every master have all that was written.
 * @param redis the connection that writes go over
 * @param aloneMs how long a master that lost its replicas is not believed: another may have taken over unseen
 */
export function createReplicationBarrier(redis: RedisConnection, aloneMs: number) {
  const masters = watchMasters(redis, aloneMs);
  // A WAIT blocks its connection: one round serves all who asked before it began.
  const isReplicated = shareNextRun(() => inTime(masters.haveReplicated()));
  const requireSame = (epoch: number): void => {
    if (masters.epoch() !== epoch) throw new NotReplicated('Another Redis server has taken over meanwhile');
  };
  return {
    /** To be read before the first write that is to be replicated. */
    epoch: masters.epoch,
    /**
     * Whether the replicas of every master have all that was written.
     * @throws when a master does not answer, or has become a replica
     */
    isReplicated,
    /**
     * Waits until they have.
     * @throws NotReplicated when another server took over since `epoch`, or it takes two minutes; and as `isReplicated`
     */
    async waitForReplicas(epoch: number): Promise<void> {
      for (const limit = performance.now() + LIMIT_MS; !masters.isAlone();) {
        const isDone = await isReplicated();
        requireSame(epoch);
        if (isDone) return;
        if (performance.now() > limit) throw new NotReplicated('No replica of Redis has what was written');
        await pause(ASK_AGAIN_MS);
      }
    },
    /** Waits a second at most, and passes a slow replica. @throws NotReplicated when another server took over */
    async confirm(epoch: number): Promise<void> {
      if (masters.isAlone()) return;
      // A slow replica does not throw; a master that is gone does, and its last writes may be gone with it.
      await isReplicated();
      requireSame(epoch);
    },
    /** Names the histories of all masters: another text after a fail-over or a start without data. */
    history: () => inTime(masters.history()),
  };
}

/** What this process has seen of the masters. */
function watchMasters(redis: RedisConnection, aloneMs: number) {
  const aloneSince = new Map<string, number>();
  // A cluster has replicas, and so has a master behind sentinels.
  let expectsReplicas = isCluster(redis) || Array.isArray(redis.options.sentinels);
  let seenMs = -Infinity;
  /** `epoch`: how many take-overs of another server were seen. */
  let [epoch, history] = [0, ''];
  const look = async (): Promise<readonly Master[]> => {
    const masters = await Promise.all((await mastersOf(redis)).map(askMaster));
    const now = String(masters.map((master) => master.history).toSorted());
    if (history !== '' && history !== now) epoch += 1;
    history = now;
    seenMs = performance.now();
    return masters;
  };
  const hasReplicated = async (master: Master): Promise<boolean> => {
    if (master.online > 0) {
      expectsReplicas = true;
      aloneSince.delete(master.history);
      return (await master.node.wait(master.online, WAIT_MS)) >= master.online;
    }
    const nowMs = performance.now();
    const sinceMs = aloneSince.get(master.history) ?? nowMs;
    aloneSince.set(master.history, sinceMs);
    return !expectsReplicas || master.history === '' || nowMs - sinceMs >= aloneMs;
  };
  return {
    /** A server without replicas was looked at a moment ago. */
    isAlone: () => !expectsReplicas && performance.now() - seenMs < LOOK_AGAIN_MS,
    epoch: () => epoch,
    history: async () => {
      await look();
      return history;
    },
    async haveReplicated(): Promise<boolean> {
      const done = await Promise.all((await look()).map(hasReplicated));
      return done.every(Boolean);
    },
  };
}

/** @throws when it takes longer than a healthy master */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(2 * WAIT_MS);
  return raceAbort(work, late).catch((cause: unknown) => {
    if (cause !== late.reason) throw cause;
    throw new Error('Redis: a master does not answer in time', { cause });
  });
}

type Master = Awaited<ReturnType<typeof askMaster>>;

/**
 * What a server says of its part in replication.
 * @throws when it has become a replica
 * @see https://redis.io/docs/latest/commands/info/
 */
async function askMaster(node: Redis) {
  const text = await node.info('replication').catch(emptyIfForbidden);
  if (/^role:slave/m.test(text)) throw new Error('Redis: the server that we write to is a replica by now');
  /** Changes when it becomes the master, or starts anew; '' when INFO is forbidden. 12 of 40 digits tell it from others. */
  const [, history = ''] = /^master_replid:(\w{1,12})/m.exec(text) ?? [];
  /** Replicas that follow it now. */
  const online = [...text.matchAll(/^slave\d+:.*\bstate=online\b/gm)].length;
  return { node, online, history };
}

/** A host that forbids INFO says nothing about replicas. */
function emptyIfForbidden(error: unknown): string {
  if (error instanceof Error && error.name === 'ReplyError') return '';
  throw error;
}

/** Runs one at a time; those who ask while one runs share the next. */
function shareNextRun<T>(act: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;
  const run = (): Promise<T> => {
    next = null;
    return act();
  };
  return () => {
    if (next === null) running = next = running.then(run, run);
    return next;
  };
}
