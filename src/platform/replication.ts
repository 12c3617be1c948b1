import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { isCluster, mastersOf, raceAbort, type RedisConnection } from './redis.js';

/** Redis accepted writes and may have lost them: the work is to be repeated. */
class NotReplicated extends Error {
  readonly code = 'not_replicated';
}

/** How long a replica is waited for, milliseconds. A healthy one takes one. */
const WAIT_MS = 1000;
/** A server without replicas is asked this often, not after every job. */
const LOOK_AGAIN_MS = 5000;
/** A master gives up a replica that hangs after 60 s (`repl-timeout`). */
const LIMIT_MS = 120_000;
const ASK_AGAIN_MS = 250;

/**
 * Creates a barrier that waits until the replicas of every master have all writes. Redis replicates asynchronously: a
 * lost master takes along the writes that no replica has.
 * @param redis the connection that writes
 * @param aloneMs how long a master that lost its replicas is not trusted: another may have taken over unseen
 */
export function createReplicationBarrier(redis: RedisConnection, aloneMs: number) {
  const masters = watchMasters(redis, aloneMs);
  // WAIT blocks its connection: one round serves all calls that came before it began.
  const isReplicated = shareNextRun(() => inTime(masters.haveReplicated()));
  const requireSame = (epoch: number): void => {
    if (masters.epoch() !== epoch) throw new NotReplicated('Another Redis server has taken over meanwhile');
  };
  return {
    /** Read it before the first write that must be replicated. */
    epoch: masters.epoch,
    /**
     * Whether the replicas of every master have all writes.
     * @throws when a master does not answer, or has become a replica
     */
    isReplicated,
    /**
     * Waits until they have all writes.
     * @throws NotReplicated when another server took over since `epoch`, or it takes two minutes; and as `isReplicated`
     */
    async waitForReplicas(epoch: number): Promise<void> {
      for (const limit = performance.now() + LIMIT_MS; !masters.isAlone();) {
        const isDone = await isReplicated();
        requireSame(epoch);
        if (isDone) return;
        if (performance.now() > limit) throw new NotReplicated('No replica of Redis has the latest writes');
        await pause(ASK_AGAIN_MS);
      }
    },
    /** Waits a second at most; does not fail for a slow replica. @throws NotReplicated when another server took over */
    async confirm(epoch: number): Promise<void> {
      // A slow replica does not throw. A lost master does: its last writes may be lost with it.
      await isReplicated();
      requireSame(epoch);
    },
    /** Identifies the data of all masters: differs after a fail-over or a start without data. */
    history: () => inTime(masters.history()),
  };
}

/** Tracks what this process has seen of the masters. */
function watchMasters(redis: RedisConnection, aloneMs: number) {
  const aloneSince = new Map<string, number>();
  // A cluster has replicas, and so does a master behind sentinels.
  let expectsReplicas = isCluster(redis) || Array.isArray(redis.options.sentinels);
  let checkedMs = -Infinity;
  /** `epoch` counts the fail-overs that this process has seen. */
  let [epoch, history] = [0, ''];
  const readMasters = async (): Promise<readonly Master[]> => {
    const masters = await Promise.all((await mastersOf(redis)).map(askMaster));
    const current = String(masters.map((master) => master.history).toSorted());
    if (history !== '' && history !== current) epoch += 1;
    history = current;
    checkedMs = performance.now();
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
    /** A server was found without replicas a moment ago. */
    isAlone: () => !expectsReplicas && performance.now() - checkedMs < LOOK_AGAIN_MS,
    epoch: () => epoch,
    history: async () => {
      await readMasters();
      return history;
    },
    async haveReplicated(): Promise<boolean> {
      const replicated = await Promise.all((await readMasters()).map(hasReplicated));
      return replicated.every(Boolean);
    },
  };
}

/** @throws when it takes longer than a healthy master */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const deadline = AbortSignal.timeout(2 * WAIT_MS);
  return raceAbort(work, deadline).catch((cause: unknown) => {
    if (cause !== deadline.reason) throw cause;
    throw new Error('Redis: a master does not answer in time', { cause });
  });
}

type Master = Awaited<ReturnType<typeof askMaster>>;

/**
 * Reads the replication state of a master.
 * @throws when it has become a replica
 * @see https://redis.io/docs/latest/commands/info/
 */
async function askMaster(node: Redis) {
  const text = await node.info('replication').catch(emptyIfForbidden);
  if (/^role:slave/m.test(text)) throw new Error('Redis: the server that we write to is a replica by now');
  /** Changes when it becomes the master, or starts anew; '' when INFO is forbidden. 12 of its 40 digits are enough. */
  const [, history = ''] = /^master_replid:(\w{1,12})/m.exec(text) ?? [];
  /** How many replicas follow it now. */
  const online = [...text.matchAll(/^slave\d+:.*\bstate=online\b/gm)].length;
  return { node, online, history };
}

/** A host that forbids INFO does not show replicas. */
function emptyIfForbidden(error: unknown): string {
  if (error instanceof Error && error.name === 'ReplyError') return '';
  throw error;
}

/** Runs `act` one at a time; calls during a run share the next one. */
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
