import { createHash } from 'node:crypto';
import { z } from 'zod';
import { asClientId, asEventId, type ClientId, type EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { chunked, parseStored, scriptOf } from '../platform/redis-commands.js';
import type { ObfEvent, OddRow } from './wire.js';

/** The row of an event when all of its recipients were read. */
type EventRow = Pick<ObfEvent, 'id' | 'recipientCount' | 'modifiedS'>;

/** Events in one command, which blocks Redis for about a millisecond. */
const CHUNK = 1000;

/** Hashes an event id to 66 bits: the id of a one-person event would name an erased person to OBF. */
const hashOfEvent = (event: EventId): string =>
  createHash('sha256').update(event).digest('base64url').slice(0, 11);

const signatureOf = ({ recipientCount, modifiedS }: EventRow): string =>
  `${recipientCount ?? '-'} ${modifiedS ?? '-'}`;

/**
 * Stores signatures of events, and the sum of their recipients beside. KEYS: the hash, the sum. ARGV: event, signature,
 * event, ...; an empty signature removes the event.
 */
const PUT = scriptOf(`
local function countIn(text) return tonumber(string.match(text or '', '^%d+')) or 0 end
local more = 0
for at = 1, #ARGV, 2 do
  more = more - countIn(redis.call('HGET', KEYS[1], ARGV[at])) + countIn(ARGV[at + 1])
  if ARGV[at + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[at])
  else redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
end
if more ~= 0 then redis.call('INCRBY', KEYS[2], more) end
return more`);

export type EventIndex = ReturnType<typeof createEventIndex>;

/**
 * Creates the index of events that were read in full, each with a signature of its row. OBF may still append to such an
 * event or change it: it is read again when its row differs.
 * @param prefix of the keys, without a hash tag
 */
export function createEventIndex(redis: RedisConnection, prefix: string) {
  /** A hash from event to signature; beside it is the sum of recipients. */
  const key = (clientId: ClientId): string => `${prefix}:events:{${clientId}}`;
  const sumKey = (clientId: ClientId): string => `${key(clientId)}:recipients`;
  const write = async (clientId: ClientId, pairs: readonly (readonly [string, string])[]): Promise<void> => {
    for (const chunk of chunked(pairs, CHUNK))
      await PUT(redis, [key(clientId), sumKey(clientId)], chunk.flat());
  };
  return {
    count: (clientId: ClientId) => redis.hlen(key(clientId)),
    /** How many recipients all of them have, as their rows say. */
    recipients: async (clientId: ClientId) => Number((await redis.get(sumKey(clientId))) ?? 0),
    /** `unread`: not read in full. `changed`: recipients were added since, or something else of the row differs. */
    async compare(clientId: ClientId, rows: readonly EventRow[]) {
      const [unread, changed] = [new Set<EventId>(), new Set<EventId>()];
      for (const chunk of chunked(rows, CHUNK)) {
        const signatures = await redis.hmget(key(clientId), ...chunk.map(({ id }) => hashOfEvent(id)));
        for (const [place, row] of chunk.entries()) {
          const signature = signatures[place] ?? null;
          if (signature === null) unread.add(row.id);
          else if (signature !== signatureOf(row)) changed.add(row.id);
        }
      }
      return { unread, changed };
    },
    async put(clientId: ClientId, rows: readonly EventRow[]) {
      const pairs = rows.map((row) => [hashOfEvent(row.id), signatureOf(row)] as const);
      await write(clientId, pairs);
    },
    /** Removes all events but these. */
    async retain(clientId: ClientId, events: Iterable<EventId>) {
      const keptFields = new Set([...events].map(hashOfEvent));
      const pages: AsyncIterable<readonly string[]> = redis.hscanStream(key(clientId), { count: CHUNK });
      for await (const flat of pages) {
        const removed = flat.filter((field, at) => at % 2 === 0 && !keptFields.has(field));
        const pairs = removed.map((field) => [field, ''] as const);
        await write(clientId, pairs);
      }
    },
  };
}

/** A list of OBF that could not be read in full. Holds no personal data. */
const readProblem = z.object({
  clientId: z.string().transform(asClientId),
  list: z.enum(['events', 'recipients', 'badges']),
  /** Null: the list as a whole. */
  eventId: z.string().transform(asEventId).nullable(),
  fields: z.array(z.string()),
  /** How many rows were seen, and how many OBF says there are; null: none is missing. */
  missing: z.object({ seen: z.number(), expected: z.number().nullable() }).nullable(),
  sinceS: z.number(),
});

export type ReadProblem = Readonly<z.output<typeof readProblem>>;

/** Where a problem is: a whole list of a client (no event), or the recipients of one event. */
type ReadScope = Omit<OddRow, 'field'>;

const placeOf = ({ clientId, list, eventId }: ReadScope): string => JSON.stringify([clientId, list, eventId]);
/** A problem that another version wrote is ignored. */
const storedProblem = readProblem.nullable().catch(null);

/** Creates the store of what cannot be read in OBF, for people to have it mended. @param prefix of the key */
export function createReadProblems(redis: RedisConnection, prefix: string) {
  const key = `${prefix}:read-problems`;
  const parse = (text: string | null) => parseStored(storedProblem, key, text);
  return {
    /** Stores the problem of a scope; keeps the instant of the first one. */
    async note(problem: Omit<ReadProblem, 'sinceS'>, nowS: number) {
      // Of two at once the later is stored; their first instants are the same, or seconds apart.
      const sinceS = parse(await redis.hget(key, placeOf(problem)))?.sinceS ?? nowS;
      const fields = [...new Set(problem.fields)].toSorted();
      await redis.hset(key, placeOf(problem), JSON.stringify({ ...problem, fields, sinceS }));
    },
    /** Removes the problem of a scope that was read in full. Resolves with whether there was one. */
    clear: async (scope: ReadScope) => (await redis.hdel(key, placeOf(scope))) === 1,
    /** Oldest first. */
    async list(): Promise<readonly ReadProblem[]> {
      const all = (await redis.hvals(key)).flatMap((text) => parse(text) ?? []);
      return all.toSorted((a, b) => a.sinceS - b.sinceS);
    },
  };
}
