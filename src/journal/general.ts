import { z } from 'zod';
import { JOURNAL_KINDS, type JournalEntry } from '../earners/journal-entry.js';
import { asAwardId, asBadgeId, asSchemeVersion } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/redis-commands.js';

/** Entries about nobody: rules that were applied, erasures in numbers, and what stays of erased people's entries. */
export interface GeneralJournal {
  /** Idempotent by id. */
  put(id: string, entry: JournalEntry): Promise<void>;
  /** One more: the entry's `detail` is a number. */
  count(id: string, entry: JournalEntry): Promise<void>;
  find(ids: readonly string[]): Promise<ReadonlyMap<string, JournalEntry>>;
  all(): AsyncIterable<readonly (readonly [id: string, entry: JournalEntry])[]>;
}

/** KEYS: the entries. ARGV: the id, the entry before the first is counted. */
const COUNT = scriptOf(`
local entry = cjson.decode(redis.call('HGET', KEYS[1], ARGV[1]) or ARGV[2])
entry.detail = string.format('%d', tonumber(entry.detail) + 1)
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(entry))`);

const form = z.object({
  kind: z.enum(JOURNAL_KINDS),
  atS: z.int(),
  award: z.string().transform(asAwardId).nullable(),
  badgeId: z.string().transform(asBadgeId).nullable(),
  version: z.string().transform(asSchemeVersion).nullable(),
  cause: z.string().nullable(),
  detail: z.string().nullable(),
});

/** @param prefix of the key, without a hash tag */
export function createGeneralJournal(redis: RedisConnection, prefix: string): GeneralJournal {
  const key = `${prefix}:journal:{log}:general`;
  return {
    async put(id, entry) {
      await redis.hset(key, id, textOf(entry));
    },
    async count(id, entry) {
      await COUNT(redis, [key], [id, textOf({ ...entry, detail: '0' })]);
    },
    async find(ids) {
      if (ids.length === 0) return new Map();
      const texts = await redis.hmget(key, ...ids);
      return new Map(
        ids.flatMap((id, at) => {
          const text = texts[at] ?? null;
          return text === null ? [] : [[id, entryIn(text)] as const];
        }),
      );
    },
    async *all() {
      for (let cursor = '0'; ;) {
        const [next, flat] = await redis.hscan(key, cursor, 'COUNT', 500);
        yield flat.flatMap((id, at) => (at % 2 === 0 ? [[id, entryIn(flat[at + 1] ?? '')] as const] : []));
        cursor = next;
        if (cursor === '0') return;
      }
    },
  };
}

const textOf = ({ kind, atS, award, badgeId, version, cause, detail }: JournalEntry): string =>
  JSON.stringify({ kind, atS, award, badgeId, version, cause, detail });

function entryIn(text: string): JournalEntry {
  const { kind, atS, award, badgeId, version, cause, detail } = form.parse(JSON.parse(text));
  return { kind, atS, earner: null, award, badgeId, assertions: [], cause, version, event: null, detail };
}
