import {
  addAssertion,
  changeOf,
  noteKeptOut,
  withRevoked,
  withVanished,
  type AssertionChange,
  type NewFacts,
} from './change.js';
import { createLinks, type Links } from './links.js';
import { RecordUnreadable, type Contact, type EarnerRecord, type Fingerprint } from './record.js';
import type { EarnerStore } from './store.js';
import type { AssertionId, EarnerKey } from '../ids.js';
import type { Vault } from '../platform/vault.js';
import type { Assertion } from './assertion.js';

export type { Contact } from './record.js';

export interface NewAssertion {
  readonly earner: EarnerKey;
  readonly contact: Contact;
  readonly assertion: Assertion;
  /** When OBF recorded it, or when we were told of it, Unix seconds; null where neither is known. */
  readonly recordedS?: number | null;
  /** Whether it is one of the Région's own badges. */
  readonly own?: boolean;
}

/** An assertion that is in its portfolio now, and what that changed; null: nothing. */
export interface WrittenAssertion extends NewAssertion {
  readonly change: AssertionChange | null;
}

/** The records of some cannot be read: nothing was written to them, and everything to the others. */
export class SomeUnreadable extends Error {
  readonly code = 'record_unreadable';
  constructor(
    readonly stored: readonly WrittenAssertion[],
    readonly unreadable: readonly EarnerKey[],
  ) {
    super(`What Redis holds of ${unreadable.length} earner(s) cannot be read (${unreadable.join(', ')})`);
    this.name = 'SomeUnreadable';
  }
}

/** The assertions, contact and links of each address. */
export interface PortfolioStore extends Links {
  /**
   * Writes what was read in OBF. Idempotent; a revocation once seen stays. What is of before an erasure is not
   * written.
   * @param generation of the rules that wait for apply, for those to whom this is new; null: none wait
   * @returns what is stored now: all but what an erasure keeps out
   * @throws SomeUnreadable once the others are written
   */
  upsert(found: readonly NewAssertion[], generation?: number | null): Promise<readonly WrittenAssertion[]>;
  /** Marks an assertion revoked if this earner has it; tells whether they had. */
  markRevoked(earner: EarnerKey, assertionId: AssertionId): Promise<boolean>;
  /** The same of one that OBF shows no longer: it counts again once OBF shows it again. */
  markVanished(earner: EarnerKey, assertionId: AssertionId): Promise<boolean>;
  read(earner: EarnerKey): Promise<EarnerRecord>;
  contactOf(earner: EarnerKey): Promise<Contact | null>;
  /** The key of every address that anything is stored of, in chunks, each once. */
  keys(): AsyncIterable<readonly EarnerKey[]>;
}

/** How many earners are written at a time: enough to fill the wire, few enough to keep memory flat. */
const CHUNK = 500;
/** Enough to tell one person's assertions apart. */
const FINGERPRINT = 8;

/** What stands for an assertion in a tombstone. */
export const fingerprinting =
  (vault: Vault): Fingerprint =>
  (id) =>
    vault.name(id, 'assertion').slice(0, FINGERPRINT);

export function createPortfolioStore(earners: EarnerStore, vault: Vault): PortfolioStore {
  const fingerprint = fingerprinting(vault);
  return {
    async upsert(found, generation = null) {
      const stored: WrittenAssertion[] = [];
      const unreadable = new Set<EarnerKey>();
      const storeOne = async (one: NewAssertion): Promise<readonly WrittenAssertion[]> => {
        try {
          return await addTo(earners, one, factsOf(one, fingerprint, generation));
        } catch (error) {
          if (!(error instanceof RecordUnreadable)) throw error;
          unreadable.add(one.earner);
          return [];
        }
      };
      for (let at = 0; at < found.length; at += CHUNK)
        stored.push(...(await Promise.all(found.slice(at, at + CHUNK).map(storeOne))).flat());
      if (unreadable.size > 0) throw new SomeUnreadable(stored, [...unreadable]);
      return stored;
    },
    async markRevoked(earner, assertionId) {
      const { assertions } = await earners.update(earner, (record) => withRevoked(record, assertionId));
      return assertions.some(({ id }) => id === assertionId);
    },
    async markVanished(earner, assertionId) {
      const { assertions } = await earners.update(earner, (record) => withVanished(record, assertionId));
      return assertions.some(({ id }) => id === assertionId);
    },
    read: (earner) => earners.read(earner),
    contactOf: async (earner) => (await earners.read(earner)).contact,
    keys: () => earners.keys(),
    ...createLinks(earners),
  };
}

/** None when a tombstone keeps it out. */
async function addTo(
  { update }: Pick<EarnerStore, 'update'>,
  one: NewAssertion,
  facts: NewFacts,
): Promise<readonly WrittenAssertion[]> {
  let written: readonly WrittenAssertion[] = [];
  await update(one.earner, (record) => {
    const after = addAssertion(record, facts);
    written = after === null ? [] : [{ ...one, change: changeOf(record, after, one.assertion.id) }];
    return after ?? noteKeptOut(record, facts);
  });
  return written;
}

const factsOf = (
  { assertion, contact, recordedS = null, own = false }: NewAssertion,
  fingerprint: Fingerprint,
  generation: number | null,
): NewFacts => ({
  assertion,
  contact,
  fingerprint: fingerprint(assertion.id),
  recordedS,
  isRegionBadge: own,
  generation,
});
