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

/** An assertion as read from OBF, and its earner. */
export interface NewAssertion {
  readonly earner: EarnerKey;
  readonly contact: Contact;
  readonly assertion: Assertion;
  /** When OBF recorded it, or a notice announced it, Unix seconds; null when neither is known. */
  readonly recordedS?: number | null;
  readonly isRegionBadge?: boolean;
}

/** What an assertion changed in a record; null: nothing. */
type AssertionChange = 'new' | 'revoked' | 'changed' | null;

/** An assertion that is stored now. */
export interface WrittenAssertion extends NewAssertion {
  readonly change: AssertionChange;
}

/** Some records cannot be read: nothing was written to them. The assertions of the others are stored. */
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

/** How many records are written at once: enough to keep Redis busy, few enough to keep memory flat. */
const AT_ONCE = { concurrency: 500 };

interface AssertionSources {
  readonly earners: Pick<EarnerStore, 'update'>;
  readonly vault: Pick<Vault, 'name'>;
}

/**
 * Stores assertions that were read from OBF. Idempotent; a revocation once seen stays. Those from before an erasure
 * are not stored.
 * @param generation of the rules that wait for `apply`, stored for people with something new; null: none wait
 * @returns what is stored now: all but what an erasure keeps out
 * @throws SomeUnreadable once the others are written
 */
export async function storeAssertions(
  { earners, vault }: AssertionSources,
  incoming: readonly NewAssertion[],
  generation: number | null = null,
): Promise<readonly WrittenAssertion[]> {
  const unreadable = new Set<EarnerKey>();
  const storeOne = async (one: NewAssertion): Promise<readonly WrittenAssertion[]> => {
    const fingerprint = fingerprintBy(vault)(one.assertion.id);
    const addition: AssertionToAdd = { ...one, fingerprint, generation };
    let written: readonly WrittenAssertion[] = [];
    try {
      await earners.update(one.earner, (record) => {
        const added = isKeptOut(record, addition) ? null : addAssertion(record, addition);
        written = added === null ? [] : [{ ...one, change: added.change }];
        return added?.record ?? noteKeptOut(record, addition);
      });
    } catch (error) {
      if (!(error instanceof RecordUnreadable)) throw error;
      unreadable.add(one.earner);
      return [];
    }
    return written;
  };
  const stored = (await pMap(incoming, storeOne, AT_ONCE)).flat();
  if (unreadable.size > 0) throw new SomeUnreadable(stored, [...unreadable]);
  return stored;
}

/** Enough to distinguish the assertions of one person. */
const FINGERPRINT_LENGTH = 8;

export const fingerprintBy =
  (vault: Pick<Vault, 'name'>): Fingerprint =>
  (id) =>
    vault.name(id, 'assertion').slice(0, FINGERPRINT_LENGTH);

/**
 * Marks an assertion as revoked, or as vanished from OBF; a vanished one counts again once OBF shows it again.
 * Idempotent. @returns whether the earner has the assertion
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

/** An assertion with what adding it to a record needs. */
interface AssertionToAdd extends NewAssertion {
  /** Of the assertion's id. */
  readonly fingerprint: string;
  readonly generation: number | null;
}

/**
 * Pure. Adds or updates an assertion, and says what changed. A hosted credential without an event updates only expiry
 * and revocation of an assertion with one. The generation of the rules is stored with a new assertion, in one write.
 */
function addAssertion(
  record: EarnerRecord,
  { assertion, contact: incomingContact, generation }: AssertionToAdd,
): { record: EarnerRecord; change: AssertionChange } {
  const before = record.assertions.find(({ id }) => id === assertion.id);
  const after = merged(before, assertion);
  const change = changeOf(before, after);
  const isNew = change === 'new' || change === 'revoked';
  const lastSchemeGeneration = Math.max(isNew ? (generation ?? 0) : 0, record.lastSchemeGeneration);
  const contact = mergedContact(record.contact, incomingContact);
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
  const isFromApi = read.eventId === null && before.eventId !== null;
  const { vanished: _shownAgain, ...shown } = isFromApi ? { ...before, expiresOnS: read.expiresOnS } : read;
  return { ...shown, revoked: (before.revoked && before.vanished !== true) || read.revoked };
}

/** Keeps the earlier name when the contact that was read has none. */
function mergedContact(before: Contact | null, read: Contact): Contact {
  const name = read.name ?? before?.name ?? null;
  return before !== null && before.address === read.address && before.name === name
    ? before
    : { address: read.address, name };
}

/**
 * Whether an erasure keeps this assertion out. A Région badge is stored once its person has come back, since Palier
 * must know what they hold. Before, the award record alone says that Palier issued it, or was issuing it.
 */
function isKeptOut(record: EarnerRecord, addition: AssertionToAdd): boolean {
  const { assertion, fingerprint, isRegionBadge, recordedS } = addition;
  const { tombstone } = record;
  if (tombstone === null) return false;
  const { fingerprints, erasedAtS } = tombstone;
  const isFromBefore = fingerprints.includes(fingerprint) || (recordedS ?? Infinity) <= erasedAtS;
  if (isRegionBadge !== true) return isFromBefore;
  const award = record.awards.get(assertion.badgeId);
  const isIssued = award !== undefined && 'event' in award && award.event === assertion.eventId;
  return isErased(record) && (isFromBefore || isIssued || isBeingIssued(award));
}

const isBeingIssued = (award: AwardRecord | undefined): boolean =>
  award?.state === 'claimed' || award?.state === 'unknown';

/**
 * Pure. Notes in an erased record a Région badge that it keeps out. The badge is not issued again, nor the assertion
 * stored.
 */
function noteKeptOut(record: EarnerRecord, addition: AssertionToAdd): EarnerRecord {
  const { tombstone, awards } = record;
  const { badgeId, eventId, revoked, issuedOnS } = addition.assertion;
  if (tombstone === null || addition.isRegionBadge !== true || !isErased(record)) return record;
  if (tombstone.fingerprints.includes(addition.fingerprint)) return record;
  const fingerprints = [...tombstone.fingerprints, addition.fingerprint];
  const after = { ...record, tombstone: { ...tombstone, fingerprints } };
  const before = awards.get(badgeId);
  if (revoked || eventId === null || (before !== undefined && !isBeingIssued(before))) return after;
  const ignoredRevocations = before?.ignoredRevocations ?? [];
  const issued = { state: 'issued', atS: issuedOnS, ignoredRevocations, event: eventId } as const;
  return { ...after, awards: new Map(awards).set(badgeId, issued) };
}
