import type { EarnerKey } from '../ids.js';
import { amendRecord } from '../record/amend.js';
import { recordKey } from '../record/key.js';
import { splitRecord } from '../record/record.js';
import { decodeNotes } from './notes.js';
import { anonymousRow, decodeRow, withoutEarner } from './row.js';
import type { AuditStore } from './store.js';

/**
 * Takes somebody out of every row that is about them, and then their notes out of their record: whoever was
 * stopped in between finds by the notes what is left to do.
 * @returns out of how many rows
 */
export async function forget(store: AuditStore, earner: EarnerKey): Promise<number> {
  const key = recordKey(store.prefix, earner);
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
