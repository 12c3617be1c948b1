import type { Queue } from 'bullmq';
import { z } from 'zod';
import { connectionOf } from './keys.js';

/** As much of a failed job as tells why, and when. */
export interface Failure {
  readonly id: string;
  /** Unix milliseconds. */
  readonly failedMs: number;
  /** As BullMQ keeps it, cut; it may hold an address. */
  readonly reason: string;
}

export interface Looked {
  /** Where to go on; `'0'`: everything was looked at. */
  readonly cursor: string;
  readonly failures: readonly Failure[];
}

/** Longer ones are cut: an error page can be megabytes. */
const MAX_REASON_CHARS = 2000;

/**
 * Walks some of a queue's failed jobs. KEYS: the failed ones. ARGV: cursor, how many, what stands before a
 * job's id in its key, how much of a reason. Returns the cursor, then id, instant and reason of each.
 */
const LOOK = `
local cursor, found = unpack(redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2]))
local told = {}
for i = 1, #found, 2 do
  local reason = redis.call('HGET', ARGV[3] .. found[i], 'failedReason') or ''
  told[#told + 1] = found[i]
  told[#told + 1] = found[i + 1]
  told[#told + 1] = string.sub(reason, 1, tonumber(ARGV[4]))
end
return { cursor, told }`;

const reply = z.tuple([z.string(), z.array(z.string())]);

/**
 * The next failed jobs of a queue, in no order. A walk from cursor `'0'` to `'0'` meets every job that is
 * failed all the while, now and then one twice, and never ends later for those that fail meanwhile.
 */
export async function lookAtFailed(queue: Queue, cursor: string, count: number): Promise<Looked> {
  const [next, told] = reply.parse(
    await connectionOf(queue).eval(
      LOOK,
      1,
      queue.toKey('failed'),
      cursor,
      count,
      queue.toKey(''),
      MAX_REASON_CHARS,
    ),
  );
  const failures: Failure[] = [];
  for (let at = 0; at < told.length; at += 3) {
    const [id = '', failedMs = '', reason = ''] = told.slice(at, at + 3);
    failures.push({ id, failedMs: Number(failedMs), reason: whole(reason) });
  }
  return { cursor: next, failures };
}

/** What the cut left of a last word could be half an address, which nothing would recognise. */
const whole = (reason: string): string =>
  Buffer.byteLength(reason) < MAX_REASON_CHARS - 3 ? reason : reason.replace(/\S*$/, '');
