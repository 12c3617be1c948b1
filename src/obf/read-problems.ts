import { z } from 'zod';
import { asClientId, asEventId, type ClientId, type EventId } from '../ids.js';
import type { ListName } from './types.js';
import type { RedisConnection } from '../platform/redis.js';

/** Where something of OBF could not be read: a whole list of a client, or the recipients of one event. */
export interface ReadScope {
  readonly clientId: ClientId;
  readonly list: ListName;
  /** Null: the list of the account. */
  readonly eventId: EventId | null;
}

/** What OBF showed, and could not be taken for the whole. Holds nothing of a person. */
export interface ReadProblem extends ReadScope {
  /** Fields of rows that cannot be read. */
  readonly fields: readonly string[];
  /** How many rows were seen, of how many OBF says there are; null: that is not the problem. */
  readonly missing: { readonly seen: number; readonly expected: number | null } | null;
  /** Since when, Unix seconds. */
  readonly sinceS: number;
}

/** Names what cannot be read in OBF, so that people can have it mended. An index: reading again rebuilds it. */
export interface ReadProblems {
  /** Writes down the problem of a scope; the first instant stays. */
  note(problem: Omit<ReadProblem, 'sinceS'>, nowS: number): Promise<void>;
  /** The scope was read whole. Resolves with whether there was a problem. */
  clear(scope: ReadScope): Promise<boolean>;
  /** Oldest first. */
  list(): Promise<readonly ReadProblem[]>;
}

const form = z.object({
  fields: z.array(z.string()),
  missing: z.object({ seen: z.number(), expected: z.number().nullable() }).nullable(),
  sinceS: z.number(),
});

/** KEYS: the hash. ARGV: the scope, the problem without its first instant, Unix seconds. */
const NOTE = `
local since = ARGV[3]
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then since = cjson.decode(known).sinceS end
local text = string.gsub(ARGV[2], '"sinceS":0', '"sinceS":' .. string.format('%d', since))
redis.call('HSET', KEYS[1], ARGV[1], text)
return 1`;

/** @param prefix of the key */
export function createReadProblems(redis: RedisConnection, prefix: string): ReadProblems {
  const key = `${prefix}:read-problems`;
  return {
    async note({ fields, missing, ...scope }, nowS) {
      const text = JSON.stringify({ fields: [...new Set(fields)].toSorted(), missing, sinceS: 0 });
      await redis.eval(NOTE, 1, key, fieldOf(scope), text, nowS);
    },
    clear: async (scope) => (await redis.hdel(key, fieldOf(scope))) === 1,
    async list() {
      const all = Object.entries(await redis.hgetall(key)).flatMap(([scope, text]) => {
        const read = form.safeParse(JSON.parse(text));
        return read.success ? [{ ...scopeIn(scope), ...read.data }] : [];
      });
      return all.toSorted((a, b) => a.sinceS - b.sinceS);
    },
  };
}

const scopeForm = z.tuple([z.string(), z.enum(['events', 'recipients', 'badges']), z.string().nullable()]);

const fieldOf = ({ clientId, list, eventId }: ReadScope): string => JSON.stringify([clientId, list, eventId]);

function scopeIn(field: string): ReadScope {
  const [clientId, list, eventId] = scopeForm.parse(JSON.parse(field));
  return { clientId: asClientId(clientId), list, eventId: eventId === null ? null : asEventId(eventId) };
}
