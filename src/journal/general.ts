import { z } from 'zod';
import { JOURNAL_KINDS, type JournalEntry } from '../earners/journal-entry.js';
import { asAwardId, asBadgeId, asSchemeVersion } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';

/** Entries about nobody: rules that were applied, erasures in numbers, and what stays of erased people's entries. */
export interface GeneralJournal {
  /** Idempotent by id. */
  put(id: string, entry: JournalEntry): Promise<void>;
  find(ids: readonly string[]): Promise<ReadonlyMap<string, JournalEntry>>;
  all(): AsyncIterable<readonly (readonly [id: string, entry: JournalEntry])[]>;
}

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
    async put(id, { kind, atS, award, badgeId, version, cause, detail }) {
      await redis.hset(key, id, JSON.stringify({ kind, atS, award, badgeId, version, cause, detail }));
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

function entryIn(text: string): JournalEntry {
  const { kind, atS, award, badgeId, version, cause, detail } = form.parse(JSON.parse(text));
  return { kind, atS, earner: null, award, badgeId, assertions: [], cause, version, event: null, detail };
}
