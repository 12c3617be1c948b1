import { asEarnerKey, type EarnerKey } from '../ids.js';
import { amendRecord } from '../record/amend.js';
import { recordKey } from '../record/key.js';
import { splitRecord } from '../record/record.js';
import { identityOf } from './layout.js';
import { decodeNotes } from './notes.js';
import { anonymousRow, decodeRow, withoutEarner } from './row.js';
import { HAVE_LEFT } from './scripts.js';
import type { AuditStore } from './store.js';
import { mentionsIn } from './telling.js';

/**
 * Takes somebody out of every row that is about them, and then their notes out of their record: whoever was
 * stopped in between finds by the notes what is left to do. What no note names is left to `forgetUnnamed`.
 * @returns out of how many rows
 */
export async function forget(store: AuditStore, earner: EarnerKey): Promise<number> {
  const key = recordKey(store.prefix, earner);
  await store.redis.hset(store.layout.leaving, earner, await store.log.length());
  let count = 0;
  for (;;) {
    const { account } = splitRecord(await store.redis.getBuffer(key));
    if (account.length === 0) return count;
    for (const { row } of decodeNotes(account, earner)) count += await forgetIn(store, row, earner);
    await amendRecord(store.redis, key, (record) =>
      record.account.equals(account) ? { ...record, account: Buffer.alloc(0) } : record,
    );
  }
}

/** @returns 1; 0 when the row was not about them, or somebody else was quicker */
async function forgetIn({ log }: AuditStore, row: number, earner: EarnerKey): Promise<number> {
  for (;;) {
    const [from = null] = await log.rows([row]);
    const read = from === null ? null : decodeRow(from);
    const to = from === null ? null : withoutEarner(from, earner);
    if (from === null || read === null || to === null) return 0;
    if (await log.forget(row, from, to, anonymousRow(read))) return 1;
  }
}

/** So many rows are in memory at a time. */
const PAGE = 512;

/**
 * Looks through all rows for those who were forgotten since the last time: a row that no note names, since its
 * writer, or the Redis server that had the note, was stopped, is found in no other way. What was written after they
 * were forgotten is of somebody who came back.
 * @returns out of how many rows somebody was taken
 */
export async function forgetUnnamed(store: AuditStore): Promise<number> {
  const { redis, layout, log } = store;
  const noted = await redis.hgetall(layout.leaving);
  const leaving = new Map(Object.entries(noted).map(([key, rows]) => [asEarnerKey(key), Number(rows)]));
  const before = Math.max(0, ...leaving.values());
  let count = 0;
  for (let from = 0; from < before; from += PAGE)
    for (const [at, bytes] of (await log.range(from, Math.min(before, from + PAGE))).entries())
      for (const earner of decodeRow(bytes)?.earners ?? [])
        if (from + at < (leaving.get(earner) ?? 0)) count += await forgetUnnamedIn(store, from + at, earner);
  await HAVE_LEFT(redis, [layout.leaving], Object.entries(noted).flat());
  return count;
}

/** Should it be held as being written still, nobody goes on with it. */
async function forgetUnnamedIn(store: AuditStore, row: number, earner: EarnerKey): Promise<number> {
  const mentions = await mentionsIn(
    store,
    row,
    (await store.log.rows([row])).flatMap((one) => one ?? []),
  );
  const ofThem = mentions.filter(({ entry }) => entry.earner === earner);
  await store.log.settle(ofThem.map(({ entry }) => ({ identity: identityOf(entry), row })));
  return forgetIn(store, row, earner);
}
