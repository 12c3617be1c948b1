import { isDeepStrictEqual } from 'node:util';
import pMap from 'p-map';
import type { AssertionId, EarnerKey } from '../ids.js';
import type { Vault } from '../platform/vault.js';
import {
  isErased,
  RecordUnreadable,
  type Assertion,
  type AwardRecord,
  type Contact,
  type EarnerRecord,
  type Fingerprint,
} from './record.js';
import type { EarnerStore } from './store.js';

/** An assertion as OBF told it, and whom it is of. */
export interface NewAssertion {
  readonly earner: EarnerKey;
  readonly contact: Contact;
  readonly assertion: Assertion;
  /** When OBF recorded it, or when a notice told of it, Unix seconds; null where neither is known. */
  readonly recordedS?: number | null;
  readonly isRegionBadge?: boolean;
}

/** What an assertion changed in a record; null: nothing. */
type AssertionChange = 'new' | 'revoked' | 'changed' | null;

/** An assertion that is stored now. */
export interface WrittenAssertion extends NewAssertion {
  readonly change: AssertionChange;
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

/** How many records are written at a time: enough to fill the wire, few enough to keep memory flat. */
const AT_ONCE = { concurrency: 500 };

export interface AssertionSources {
  readonly earners: Pick<EarnerStore, 'update'>;
  readonly vault: Pick<Vault, 'name'>;
}

/**
 * Writes what was read in OBF. Idempotent; a revocation once seen stays. What is of before an erasure is not written.
 * @param generation of the rules that wait for apply, written to people with something new; null: none wait
 * @returns what is stored now: all but what an erasure keeps out
 * @throws SomeUnreadable once the others are written
 */
export async function storeAssertions(
  { earners, vault }: AssertionSources,
  found: readonly NewAssertion[],
  generation: number | null = null,
): Promise<readonly WrittenAssertion[]> {
  const unreadable = new Set<EarnerKey>();
  const storeOne = async (one: NewAssertion): Promise<readonly WrittenAssertion[]> => {
    const fact: NewFact = { ...one, fingerprint: fingerprintBy(vault)(one.assertion.id), generation };
    let written: readonly WrittenAssertion[] = [];
    try {
      await earners.update(one.earner, (record) => {
        const added = isKeptOut(record, fact) ? null : addAssertion(record, fact);
        written = added === null ? [] : [{ ...one, change: added.change }];
        return added?.record ?? noteKeptOut(record, fact);
      });
    } catch (error) {
      if (!(error instanceof RecordUnreadable)) throw error;
      unreadable.add(one.earner);
      return [];
    }
    return written;
  };
  const stored = (await pMap(found, storeOne, AT_ONCE)).flat();
  if (unreadable.size > 0) throw new SomeUnreadable(stored, [...unreadable]);
  return stored;
}

/** Enough to tell one person's assertions apart. */
const FINGERPRINT_LENGTH = 8;

export const fingerprintBy =
  (vault: Pick<Vault, 'name'>): Fingerprint =>
  (id) =>
    vault.name(id, 'assertion').slice(0, FINGERPRINT_LENGTH);

/**
 * Marks an assertion as revoked, or as no longer shown by OBF: that one counts again once OBF shows it again.
 * Idempotent. @returns whether the earner has it
 */
export async function markAssertion(
  earners: Pick<EarnerStore, 'update'>,
  earner: EarnerKey,
  id: AssertionId,
  as: 'revoked' | 'vanished',
): Promise<boolean> {
  const mark = as === 'revoked' ? { revoked: true } : { revoked: true, vanished: true as const };
  const { assertions } = await earners.update(earner, (record) =>
    record.assertions.some((one) => one.id === id && !one.revoked)
      ? { ...record, assertions: record.assertions.map((one) => (one.id === id ? { ...one, ...mark } : one)) }
      : record,
  );
  return assertions.some((one) => one.id === id);
}

/** All that must be known to add an assertion to a record. */
interface NewFact extends NewAssertion {
  /** Of the assertion's id. */
  readonly fingerprint: string;
  readonly generation: number | null;
}

/**
 * Pure. The record with an assertion more, and what that changed. What a credential does not say of its event, and its
 * date, stay as OBF's API told them. The generation of the rules is stored with what is new, in one write.
 */
function addAssertion(
  record: EarnerRecord,
  fact: NewFact,
): { record: EarnerRecord; change: AssertionChange } {
  const before = record.assertions.find(({ id }) => id === fact.assertion.id);
  const after = merged(before, fact.assertion);
  const change = changeOf(before, after);
  const isNew = change === 'new' || change === 'revoked';
  const lastSchemeGeneration = Math.max(isNew ? (fact.generation ?? 0) : 0, record.lastSchemeGeneration);
  const contact = mergedContact(record.contact, fact.contact);
  const isSame = lastSchemeGeneration === record.lastSchemeGeneration && contact === record.contact;
  if (change === null && isSame) return { record, change };
  const others = record.assertions.map((one) => (one === before ? after : one));
  const assertions = before === undefined ? [...others, after] : others;
  return { record: { ...record, contact, assertions, lastSchemeGeneration }, change };
}

function changeOf(before: Assertion | undefined, after: Assertion): AssertionChange {
  if (before === undefined) return 'new';
  if (after.revoked && !before.revoked) return 'revoked';
  return isDeepStrictEqual(before, after) ? null : 'changed';
}

function merged(before: Assertion | undefined, read: Assertion): Assertion {
  if (before === undefined) return read;
  const isOfApi = read.eventId === null && before.eventId !== null;
  const { vanished: _shownAgain, ...shown } = isOfApi ? { ...before, expiresOnS: read.expiresOnS } : read;
  return { ...shown, revoked: (before.revoked && before.vanished !== true) || read.revoked };
}

/** A reading without a name leaves the name that is known. */
function mergedContact(known: Contact | null, read: Contact): Contact {
  const name = read.name ?? known?.name ?? null;
  return known !== null && known.address === read.address && known.name === name
    ? known
    : { address: read.address, name };
}

/**
 * The Région's own badges come back with a person who comes back: it must be known what they hold. Until then, one that
 * Palier gave before, or was giving, is known by its award record alone.
 */
function isKeptOut(record: EarnerRecord, { assertion, ...fact }: NewFact): boolean {
  const { tombstone } = record;
  if (tombstone === null) return false;
  const { fingerprints, erasedAtS } = tombstone;
  const isOfBefore = fingerprints.includes(fact.fingerprint) || (fact.recordedS ?? Infinity) <= erasedAtS;
  if (fact.isRegionBadge !== true) return isOfBefore;
  const award = record.awards.get(assertion.badgeId);
  const isGiven = award !== undefined && 'event' in award && award.event === assertion.eventId;
  return isErased(record) && (isOfBefore || isGiven || isBeingGiven(award));
}

const isBeingGiven = (award: AwardRecord | undefined): boolean =>
  award?.state === 'claimed' || award?.state === 'unknown';

/**
 * Pure. What an erased record learns of a Région badge that it keeps out: that it was given, so that it is not given
 * again, and that this assertion is not to come back.
 */
function noteKeptOut(record: EarnerRecord, fact: NewFact): EarnerRecord {
  const { tombstone, awards } = record;
  const { badgeId, eventId, revoked, issuedOnS } = fact.assertion;
  if (tombstone === null || fact.isRegionBadge !== true || !isErased(record)) return record;
  if (tombstone.fingerprints.includes(fact.fingerprint)) return record;
  const fingerprints = [...tombstone.fingerprints, fact.fingerprint];
  const after = { ...record, tombstone: { ...tombstone, fingerprints } };
  const before = awards.get(badgeId);
  if (revoked || eventId === null || (before !== undefined && !isBeingGiven(before))) return after;
  const ignoredRevocations = before?.ignoredRevocations ?? [];
  const given = { state: 'issued', atS: issuedOnS, ignoredRevocations, event: eventId } as const;
  return { ...after, awards: new Map(awards).set(badgeId, given) };
}
