import type { Queue } from 'bullmq';
import { Cluster, Redis } from 'ioredis';
import { z } from 'zod';
import type { RedisConnection } from '../platform/redis.js';
import type { QueueName } from './names.js';

/** A job, wherever it stands. */
export interface JobRef {
  readonly queue: QueueName;
  readonly id: string;
}

/** As much of a failed job as tells why, and when. */
export interface Failure {
  readonly id: string;
  /** Unix milliseconds. */
  readonly failedMs: number;
  /** As BullMQ keeps it, cut; it may hold an address. */
  readonly reason: string;
}

/** Longer ones are cut: an error page can be megabytes. */
const MAX_REASON_CHARS = 2000;

/** ARGV: what stands before a job's id in its key, how much of a reason. `found`: ids and instants, in turn. */
const REASONS_OF_FOUND = `
local told = {}
for i = 1, #found, 2 do
  local reason = redis.call('HGET', ARGV[1] .. found[i], 'failedReason') or ''
  told[#told + 1] = found[i]
  told[#told + 1] = found[i + 1]
  told[#told + 1] = string.sub(reason, 1, tonumber(ARGV[2]))
end`;

/** KEYS: the failed ones. ARGV, besides: how many. */
const NEWEST = `
local found = redis.call('ZREVRANGE', KEYS[1], 0, ARGV[3] - 1, 'WITHSCORES')
${REASONS_OF_FOUND}
return { redis.call('ZCARD', KEYS[1]), told }`;

/** KEYS: the failed ones. ARGV, besides: cursor, about how many. */
const WALK = `
local cursor, found = unpack(redis.call('ZSCAN', KEYS[1], ARGV[3], 'COUNT', ARGV[4]))
${REASONS_OF_FOUND}
return { cursor, told }`;

const newestReply = z.tuple([z.number(), z.array(z.string())]);
const walkReply = z.tuple([z.string(), z.array(z.string())]);

const run = (queue: Queue, script: string, ...args: (string | number)[]): Promise<unknown> =>
  connectionOf(queue).eval(script, 1, queue.toKey('failed'), queue.toKey(''), MAX_REASON_CHARS, ...args);

/** How many stand in failed, and the newest of them, newest first. */
export async function newestFailed(
  queue: Queue,
  count: number,
): Promise<{ readonly total: number; readonly failures: readonly Failure[] }> {
  const [total, told] = newestReply.parse(await run(queue, NEWEST, count));
  return { total, failures: failuresOf(told) };
}

/**
 * The failed jobs of a queue, about `count` at a time, in no order. Meets every job that is failed all the
 * while, now and then one twice, and ends also when others fail meanwhile.
 */
export async function* walkFailed(queue: Queue, count: number): AsyncGenerator<readonly Failure[]> {
  let cursor = '0';
  do {
    const [next, told] = walkReply.parse(await run(queue, WALK, cursor, count));
    yield failuresOf(told);
    cursor = next;
  } while (cursor !== '0');
}

function failuresOf(told: readonly string[]): readonly Failure[] {
  const failures: Failure[] = [];
  for (let at = 0; at < told.length; at += 3) {
    const [id = '', failedMs = '', reason = ''] = told.slice(at, at + 3);
    failures.push({ id, failedMs: Number(failedMs), reason: withoutHalfWord(reason) });
  }
  return failures;
}

/** What the cut left of a last word could be half an address, which nothing would recognise. */
const withoutHalfWord = (reason: string): string =>
  Buffer.byteLength(reason) < MAX_REASON_CHARS - 3 ? reason : reason.replace(/\S*$/, '');

/**
 * Gives one failed job its full attempts again. Idempotent.
 * @returns false when it is not failed any more: somebody else has sent it, or removed it
 */
export async function retryJob(queue: Queue, id: string): Promise<boolean> {
  const job = await queue.getJob(id);
  if (job === undefined) return false;
  try {
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    return true;
  } catch (error) {
    if (await job.isFailed()) throw error;
    return false;
  }
}

/** The connection that a queue was opened over. @throws TypeError when it was opened otherwise */
export function connectionOf({ opts }: Queue): RedisConnection {
  const { connection } = opts;
  if (connection instanceof Redis || connection instanceof Cluster) return connection;
  throw new TypeError('A queue is opened over a connection of ours');
}
