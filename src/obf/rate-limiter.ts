import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { raceAbort, type RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/redis-commands.js';
import { errorBeforeSending, MAX_RETRY_AFTER_MS, RateQueueFull } from './errors.js';

/**
 * Reserves a lane's next free moment on Redis' clock, and moves the lane on by one spacing (GCRA without bursts). A
 * moment beyond the longest wait comes from a Redis clock that was set back: it is ignored.
 * KEYS: the lane. ARGV: spacing, longest wait of this call, longest wait of all; µs.
 * Lua writes large numbers as 1.7e+15, hence the format.
 */
const RESERVE = scriptOf(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
if at - now > tonumber(ARGV[3]) then at = now end
local wait = at - now
if wait > tonumber(ARGV[2]) then return {0, wait} end
local px = math.ceil((wait + ARGV[1]) / 1000) + 1000
redis.call('SET', KEYS[1], string.format('%.0f', at + ARGV[1]), 'PX', px)
return {1, wait}`);

/** Moves the next free moment of a lane to at least this many µs from now. KEYS: the lane. ARGV: µs. */
const HOLD = scriptOf(`
local time = redis.call('TIME')
local at = time[1] * 1000000 + time[2] + ARGV[1]
if at <= tonumber(redis.call('GET', KEYS[1]) or '0') then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', at), 'PX', math.ceil(ARGV[1] / 1000) + 1000)
return 1`);

/** Widens the spacing of calls: clocks, event loops and networks jitter. */
const MARGIN = 1.05;
/** How late a call may leave: the margin makes up for it within a second. */
const MAX_LATE_MS = 40;
const MAX_TRIES = 3;
const MAX_QUEUE_MS = 60_000;

interface Waiting {
  readonly signal?: AbortSignal | undefined;
  /** Longest wait for a turn, default 60 s. */
  readonly maxWaitMs?: number;
  /** Takes a turn only while no other call of the lane waits. */
  readonly isIdle?: boolean;
}

export type RateLimiter = ReturnType<typeof createRateLimiter>;

/**
 * Limits the calls of all processes together to `maxRps` in any second and lane, evenly spaced. A lane is an OBF client's
 * id, or `public`; it is stored as `${prefix}:obf:rate:<lane>`.
 */
export function createRateLimiter(redis: RedisConnection, prefix: string, maxRps: number) {
  const spacingUs = Math.ceil((1e6 / maxRps) * MARGIN);
  const heldUntilMs = new Map<string, number>();
  let fastestReplyMs = Infinity;
  const keyOf = (lane: string): string => `${prefix}:obf:rate:${lane}`;

  /** Resolves with the wait until the call's turn; grants none that is longer than `maxMs`. */
  async function reserve(lane: string, maxMs: number, signal?: AbortSignal) {
    const args = [spacingUs, Math.round(maxMs * 1000), MAX_RETRY_AFTER_MS * 1000];
    const reply = await raceAbort(RESERVE(redis, [keyOf(lane)], args), signal);
    const [granted, waitUs] = Array.isArray(reply) ? reply.map(Number) : [];
    if (granted === undefined || waitUs === undefined) throw new Error('unexpected reply of a Redis script');
    return { isGranted: granted === 1, waitMs: waitUs / 1000 };
  }

  /** Waits for a turn. A call that wakes up late would be too close to the next: it queues again. */
  async function takeTurn(call: string, lane: string, { signal, maxWaitMs, isIdle }: Waiting): Promise<void> {
    const maxMs = isIdle === true ? 0 : (maxWaitMs ?? MAX_QUEUE_MS);
    const untilMs = performance.now() + MAX_QUEUE_MS;
    for (let tries = 1; tries <= MAX_TRIES;) {
      const requestedMs = performance.now();
      const { isGranted, waitMs } = await reserve(lane, maxMs, signal);
      const tookMs = performance.now() - requestedMs;
      if (!isGranted && (isIdle !== true || performance.now() > untilMs))
        throw new RateQueueFull(call, Math.ceil(waitMs));
      await sleep(isGranted ? waitMs : (spacingUs / 1000) * (1 + Math.random()), undefined, { signal });
      if (!isGranted) continue;
      fastestReplyMs = Math.min(fastestReplyMs, tookMs);
      // Time that the reply took beyond the fastest one may have passed after the reservation.
      const lateMs = performance.now() - (requestedMs + fastestReplyMs + waitMs);
      const heldMs = (heldUntilMs.get(lane) ?? 0) - performance.now();
      if (heldMs > maxMs) throw new RateQueueFull(call, Math.ceil(heldMs));
      if (heldMs > 0) await sleep(heldMs, undefined, { signal });
      else if (lateMs < MAX_LATE_MS) return;
      else tries += 1;
    }
  }

  return {
    /**
     * Resolves when the call may leave.
     * @throws RateQueueFull when its turn is too far off; ObfNotSent when aborted, or without Redis
     */
    acquire: (call: string, lane: string, waiting: Waiting = {}): Promise<void> =>
      takeTurn(call, lane, waiting).catch((error: unknown) => {
        throw errorBeforeSending(call, error, waiting.signal);
      }),
    /**
     * Makes a lane wait, as OBF asked: no call gets an earlier turn, and those that wait here queue again. Those in
     * other processes learn it from OBF. Never rejects: without Redis this process still waits.
     */
    async hold(lane: string, forMs: number): Promise<void> {
      heldUntilMs.set(lane, performance.now() + forMs);
      await HOLD(redis, [keyOf(lane)], [Math.round(forMs * 1000)]).catch(() => undefined);
    },
  };
}
