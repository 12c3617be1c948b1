import { createHash } from 'node:crypto';
import type { ClientId, EventId } from '../ids.js';
import type { ObfEvent } from './types.js';
import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/redis-commands.js';

/** What the row of an event said when all of its recipients were read. */
export type EventRow = Pick<ObfEvent, 'id' | 'recipientCount' | 'modifiedS'>;

/** How listed events compare with what was read. */
export interface Compared {
  /** Nothing of them was read in full. */
  readonly unread: ReadonlySet<EventId>;
  /** Their rows differ from what was read: recipients were added, or something was changed. */
  readonly changed: ReadonlySet<EventId>;
}

/**
 * Which events of a client were read in full, each with what its row said then. OBF may still write, append to or
 * change an event that was read: it is read again when its row differs. Rebuildable: without it, all is read again.
 */
export interface EventIndex {
  /** How many events of the client were read. */
  count(clientId: ClientId): Promise<number>;
  /** How many recipients all of them have, as their rows say. */
  recipients(clientId: ClientId): Promise<number>;
  compare(clientId: ClientId, rows: readonly EventRow[]): Promise<Compared>;
  /** Writes them down as read in full, as these rows say. */
  put(clientId: ClientId, rows: readonly EventRow[]): Promise<void>;
  /** Removes all but these. */
  retain(clientId: ClientId, events: Iterable<EventId>): Promise<void>;
}

/** How many events a command is asked about at a time: Redis does nothing else meanwhile, for about a millisecond. */
const CHUNK = 1000;

/** An event by 66 bits of a hash: an event of one person names them to OBF, and outlasts their erasure here. */
const fieldOf = (event: EventId): string =>
  createHash('sha256').update(event).digest('base64url').slice(0, 11);

/** Pure: what an event is compared by. */
const signatureOf = ({ recipientCount, modifiedS }: EventRow): string =>
  `${recipientCount ?? '-'} ${modifiedS ?? '-'}`;

/**
 * Keeps the sum of recipients beside the events. KEYS: the hash, the sum. ARGV: event, signature, event, ...; an
 * empty signature removes the event.
 */
const PUT = scriptOf(`
local function countIn(text) return tonumber(string.match(text or '', '^%d+')) or 0 end
local more = 0
for at = 1, #ARGV, 2 do
  more = more - countIn(redis.call('HGET', KEYS[1], ARGV[at]))
  if ARGV[at + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[at])
  else
    more = more + countIn(ARGV[at + 1])
    redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
  end
end
if more ~= 0 then redis.call('INCRBY', KEYS[2], more) end
return more`);

/** Where the events of a client are kept: a hash from id to signature, and beside it the sum of recipients. */
export const eventsKey = (prefix: string, clientId: ClientId): string => `${prefix}:events:{${clientId}}`;

/** @param prefix of the keys, without a hash tag */
export function createEventIndex(redis: RedisConnection, prefix: string): EventIndex {
  const key = (clientId: ClientId): string => eventsKey(prefix, clientId);
  const sumKey = (clientId: ClientId): string => `${key(clientId)}:recipients`;
  const write = async (clientId: ClientId, pairs: readonly (readonly [string, string])[]): Promise<void> => {
    for (let at = 0; at < pairs.length; at += CHUNK)
      await PUT(redis, [key(clientId), sumKey(clientId)], pairs.slice(at, at + CHUNK).flat());
  };
  return {
    count: (clientId) => redis.hlen(key(clientId)),
    recipients: async (clientId) => Number((await redis.get(sumKey(clientId))) ?? 0),
    async compare(clientId, rows) {
      const unread = new Set<EventId>();
      const changed = new Set<EventId>();
      for (let at = 0; at < rows.length; at += CHUNK) {
        const some = rows.slice(at, at + CHUNK);
        const known = await redis.hmget(key(clientId), ...some.map(({ id }) => fieldOf(id)));
        for (const [place, row] of some.entries()) {
          const signature = known[place] ?? null;
          if (signature === null) unread.add(row.id);
          else if (signature !== signatureOf(row)) changed.add(row.id);
        }
      }
      return { unread, changed };
    },
    put: (clientId, rows) =>
      write(
        clientId,
        rows.map((row) => [fieldOf(row.id), signatureOf(row)]),
      ),
    async retain(clientId, events) {
      const kept = new Set([...events].map(fieldOf));
      for (let cursor = '0'; ;) {
        const [next, flat] = await redis.hscan(key(clientId), cursor, 'COUNT', CHUNK);
        const others = flat.filter((field, at) => at % 2 === 0 && !kept.has(field));
        await write(
          clientId,
          others.map((field) => [field, '']),
        );
        if (next === '0') return;
        cursor = next;
      }
    },
  };
}
