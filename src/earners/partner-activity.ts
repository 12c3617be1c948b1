import { asClientId, asEventId, type ClientId, type EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';

/** The latest that is known of a partner. Times are Unix seconds. */
export interface LatestEvent {
  /** Null where a hosted credential does not name its event. */
  readonly eventId: EventId | null;
  /** When OBF recorded the event; where that is not known, the day it was issued on, which may lie long before. */
  readonly happenedS: number;
  /** When we stored it. */
  readonly atS: number;
}

export type PartnerActivity = ReturnType<typeof createPartnerActivity>;

/**
 * Keeps the newer of two; of two that are equally new, the one that is there. What stands there in a form
 * that we do not know gives way. KEYS: the hash. ARGV: client, seconds, text.
 */
const KEEP_NEWER = `
local known = redis.call('HGET', KEYS[1], ARGV[1])
local at = known and tonumber(string.match(known, '^%S+'))
if at and at >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

/**
 * What each client did last, so that one who has fallen silent stands out.
 * One hash, a field a client: `<happenedS> <atS> <eventId>`.
 * @param prefix of the key, without a hash tag
 */
export function createPartnerActivity(redis: RedisConnection, prefix: string) {
  const key = `${prefix}:news`;
  return {
    /** Told of every event that is stored, in any order and however often: the newest stays. */
    async seen(clientId: ClientId, { eventId, happenedS, atS }: LatestEvent): Promise<void> {
      const text = `${happenedS} ${atS} ${eventId ?? ''}`;
      await redis.eval(KEEP_NEWER, 1, key, clientId, happenedS, text);
    },
    /** Of every client with a stored assertion. */
    async all(): Promise<ReadonlyMap<ClientId, LatestEvent>> {
      const fields = Object.entries(await redis.hgetall(key));
      return new Map(
        fields.flatMap(([client, text]) => {
          const news = parsed(text);
          return news === null ? [] : [[asClientId(client), news] as const];
        }),
      );
    },
  };
}

function parsed(text: string): LatestEvent | null {
  const [, happened, at, event = ''] = /^(-?\d+) (-?\d+) (\S*)$/.exec(text) ?? [];
  if (happened === undefined || at === undefined) return null;
  const eventId = event === '' ? null : asEventId(event);
  return { eventId, happenedS: Number(happened), atS: Number(at) };
}
