import { performance } from 'node:perf_hooks';
import type { RedisConnection } from '../platform/redis.js';
import { orAbort, pause } from './abort.js';
import { errorBeforeSending } from './certainty.js';
import { ObfLineFull } from './errors.js';
import type { HttpReply } from './http.js';
import { retryAfterMs } from './retry-after.js';

/**
 * Reserves the next free moment of a line, on Redis' clock, and moves the line on by one spacing
 * (GCRA without a burst). KEYS: the line. ARGV: spacing µs, longest wait µs.
 * Lua writes large numbers as 1.7e+15, hence the format.
 */
const RESERVE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local wait = at - now
if wait > tonumber(ARGV[2]) then return {0, wait} end
local px = math.ceil((wait + ARGV[1]) / 1000) + 1000
redis.call('SET', KEYS[1], string.format('%.0f', at + ARGV[1]), 'PX', px)
return {1, wait}`;

/** OBF asks to wait: the next free moment of a line is not before. KEYS: the line. ARGV: µs from now. */
const HOLD = `
local time = redis.call('TIME')
local at = time[1] * 1000000 + time[2] + ARGV[1]
if at <= tonumber(redis.call('GET', KEYS[1]) or '0') then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', at), 'PX', math.ceil(ARGV[1] / 1000) + 1000)
return 1`;

/** Calls stand this much further apart than need be: clocks, event loops and networks jitter. */
const MARGIN = 1.05;
/** What the margin forgives in a second. */
const LATE_MS = 40;
const MAX_TRIES = 3;
/** Nobody stands in a longer line. */
const MAX_LINE_MS = 60_000;

/** Holds the calls of all processes together under one rate per line. */
export interface Rate {
  /**
   * Resolves when the call may leave.
   * @param line calls of one line keep their distance: an OBF client's id, or `public`
   * @throws ObfLineFull when the line is longer than `maxWaitMs`; ObfNotSent when aborted, or without Redis
   */
  take(call: string, line: string, signal?: AbortSignal, maxWaitMs?: number): Promise<void>;
  /** The same behind all other calls of the line: it takes a place only where nobody else stands. */
  takeIdle(call: string, line: string, signal?: AbortSignal): Promise<void>;
  /**
   * OBF has asked this line to wait: nobody is given a place before, and who has one here lines up again. What waits
   * in another process finds out by a call of its own. Never rejects: without Redis those here wait all the same.
   */
  hold(line: string, forMs: number): Promise<void>;
}

/** The lines that OBF has asked to wait, as far as this process was told. */
function createHolds(redis: RedisConnection, keyOf: (line: string) => string) {
  const untilMs = new Map<string, number>();
  return {
    leftMs: (line: string): number => Math.max(0, (untilMs.get(line) ?? 0) - performance.now()),
    hold: async (line: string, forMs: number): Promise<void> => {
      untilMs.set(line, performance.now() + forMs);
      await redis.eval(HOLD, 1, keyOf(line), Math.round(forMs * 1000)).catch(() => undefined);
    },
  };
}

/** Calls at most `maxRps` times in any second, evenly spaced. Kept under `${prefix}:obf:rate:<line>`. */
export function createRate(redis: RedisConnection, prefix: string, maxRps: number): Rate {
  const spacingUs = Math.ceil((1e6 / maxRps) * MARGIN);
  let quickestMs = Infinity;
  const keyOf = (line: string): string => `${prefix}:obf:rate:${line}`;
  const held = createHolds(redis, keyOf);

  /** How late the call would leave, milliseconds. */
  const reserve = async (
    call: string,
    line: string,
    maxMs: number,
    signal?: AbortSignal,
  ): Promise<number> => {
    const askedAt = performance.now();
    const reply = redis.eval(RESERVE, 1, keyOf(line), spacingUs, Math.round(maxMs * 1000));
    const [granted, waitMs] = readReply(await orAbort(reply, signal));
    if (!granted) throw new ObfLineFull(call, Math.ceil(waitMs));
    const repliedAt = performance.now();
    await pause(waitMs, signal);
    quickestMs = Math.min(quickestMs, repliedAt - askedAt);
    // Whatever the reply took beyond the quickest may be time that the reserved moment is past.
    return performance.now() - (askedAt + quickestMs + waitMs);
  };

  const spacingMs = spacingUs / 1000;
  const self: Rate = {
    async takeIdle(call, line, signal) {
      for (const until = performance.now() + MAX_LINE_MS; ;) {
        try {
          return await self.take(call, line, signal, 0);
        } catch (error) {
          if (!(error instanceof ObfLineFull) || performance.now() > until) throw error;
          await pause(spacingMs * (1 + Math.random()), signal).catch((stopped: unknown) => {
            throw errorBeforeSending(call, stopped);
          });
        }
      }
    },
    take: async (call, line, signal, maxWaitMs = MAX_LINE_MS) => {
      try {
        // A call that comes late stands too close to the next: it gives up its place and lines up again.
        for (let tries = 1; tries <= MAX_TRIES;) {
          const lateMs = await reserve(call, line, maxWaitMs, signal);
          const leftMs = held.leftMs(line);
          if (leftMs > maxWaitMs) throw new ObfLineFull(call, Math.ceil(leftMs));
          if (leftMs > 0) await pause(leftMs, signal);
          else if (lateMs < LATE_MS) return;
          else tries += 1;
        }
      } catch (error) {
        throw errorBeforeSending(call, error);
      }
    },
    hold: held.hold,
  };
  return self;
}

/** Has the line wait where OBF answers that it is to. */
export async function holdIfAsked(
  rate: Pick<Rate, 'hold'>,
  line: string,
  { status, retryAfter }: HttpReply,
  nowMs: number,
): Promise<void> {
  if (status === 429) await rate.hold(line, retryAfterMs(retryAfter, nowMs));
}

function readReply(reply: unknown): [boolean, number] {
  const [granted, waitUs] = Array.isArray(reply) ? reply.map(Number) : [];
  if (granted === undefined || waitUs === undefined) throw new Error('unexpected reply of a Redis script');
  return [granted === 1, waitUs / 1000];
}
