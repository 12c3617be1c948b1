import type { AssertionId, EarnerKey } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { scanKeys } from '../platform/scan.js';
import type { Vault } from '../platform/vault.js';
import { amendRecord } from '../record/amend.js';
import { anyRecord, earnerOfKey, recordKey } from '../record/key.js';
import { splitRecord } from '../record/record.js';
import { createBadgeBook } from './badge-book.js';
import { erased, fingerprinting, keepsOut, withRevoked } from './change.js';
import { decodePortfolio, encodePortfolio } from './codec.js';
import { openContact, type Contact } from './contact.js';
import { earnerFileOf, withBook, type EarnerFile } from './earner-file.js';
import type { KeptPortfolio } from './kept.js';
import { createLinks, type AmendPortfolio, type Links } from './links.js';
import { upsert, type NewAssertion, type WrittenAssertion } from './upsert.js';

export type { Contact } from './contact.js';
export { SomeUnreadable, type NewAssertion, type WrittenAssertion } from './upsert.js';

/** The portfolio of each address: a part of its record, so that all that is kept of it is in one place, and in one slot. */
export interface PortfolioStore extends Links {
  /**
   * Writes what was read in OBF. May be repeated; a revocation once seen stays. What is of before an
   * erasure is not written.
   * @param generation of the change of the rules under way, for those to whom this is news; null: none
   * @returns what stands in the portfolios now: all but what an erasure keeps out
   * @throws SomeUnreadable once the others are written
   */
  upsert(found: readonly NewAssertion[], generation?: number | null): Promise<readonly WrittenAssertion[]>;
  /** Marks an assertion revoked if this earner has it; tells whether they had. */
  markRevoked(earner: EarnerKey, assertionId: AssertionId): Promise<boolean>;
  /** Whether the earner has the assertion, and whether as revoked; null: not at all. `gone`: erased. */
  knows(earner: EarnerKey, assertionId: AssertionId): Promise<'valid' | 'revoked' | 'gone' | null>;
  read(earner: EarnerKey): Promise<EarnerFile>;
  contactOf(earner: EarnerKey): Promise<Contact | null>;
  /** The key of every address that we hold anything of, some at a time, each once. */
  keys(): AsyncIterable<readonly EarnerKey[]>;
  /** Leaves a tombstone alone, which keeps out what is of before `atS`. */
  erase(earner: EarnerKey, atS: number): Promise<void>;
}

/** @param prefix of the keys, without a hash tag: each earner's key makes its own slot */
export function createPortfolioStore(redis: RedisConnection, prefix: string, vault: Vault): PortfolioStore {
  const book = createBadgeBook(redis, prefix);
  const fingerprint = fingerprinting(vault);
  const partOf = async (earner: EarnerKey): Promise<Buffer> =>
    splitRecord(await redis.getBuffer(recordKey(prefix, earner))).portfolio;
  const kept = async (earner: EarnerKey): Promise<KeptPortfolio> => decodePortfolio(await partOf(earner));
  const amend = amending(redis, prefix);

  return {
    upsert: (found, generation = null) => upsert({ book, amend, vault, fingerprint }, found, generation),
    async markRevoked(earner, assertionId) {
      let isKnown = false;
      await amend(earner, (before) => {
        isKnown = before.assertions.some(({ id }) => id === assertionId);
        return withRevoked(before, assertionId);
      });
      return isKnown;
    },
    async knows(earner, assertionId) {
      const { assertions, gone } = await kept(earner);
      const known = assertions.find(({ id }) => id === assertionId);
      if (known !== undefined) return known.revoked ? 'revoked' : 'valid';
      return gone !== null && keepsOut(gone, fingerprint(assertionId)) ? 'gone' : null;
    },
    async read(earner) {
      const part = await partOf(earner);
      return withBook(book, () => earnerFileOf(part, book));
    },
    async contactOf(earner) {
      const { contact } = await kept(earner);
      return contact === null ? null : openContact(vault, earner, contact);
    },
    keys: () => earnersIn(redis, prefix),
    ...createLinks(amend),
    erase: (earner, atS) => amend(earner, (before) => erased(before, atS, fingerprint)),
  };
}

const amending =
  (redis: RedisConnection, prefix: string): AmendPortfolio =>
  (earner, how) =>
    amendRecord(redis, recordKey(prefix, earner), (record) => {
      const from = decodePortfolio(record.portfolio);
      const to = how(from);
      return to === from ? record : { ...record, portfolio: encodePortfolio(to) };
    });

async function* earnersIn(redis: RedisConnection, prefix: string): AsyncIterable<readonly EarnerKey[]> {
  for await (const keys of scanKeys(redis, anyRecord(prefix)))
    yield keys.map((key) => earnerOfKey(prefix, key));
}
