import type { AssertionId, BadgeId, EventId } from '../ids.js';
import {
  isErased,
  isTombstoned,
  type Contact,
  type EarnerRecord,
  type StoredAssertion,
  type Tombstone,
} from './record.js';

/** An assertion as OBF told it, and what else must be known to store it. */
export interface NewFacts {
  readonly assertion: StoredAssertion;
  readonly contact: Contact;
  /** Of the assertion's id. */
  readonly fingerprint: string;
  /** When OBF recorded it, Unix seconds; null where it does not say. */
  readonly recordedS: number | null;
  readonly isRegionBadge: boolean;
  /** Of the rules that wait for apply, under which this is new; null: none wait. */
  readonly generation: number | null;
}

/**
 * Pure. The record with an assertion more. A revocation that OBF told stays; what a credential does not say of its
 * event, and its date, stay as OBF's API told them. The generation is stored with what is new, in one write.
 * @returns null when a tombstone keeps it out
 */
export function addAssertion(record: EarnerRecord, facts: NewFacts): EarnerRecord | null {
  if (isKeptOut(record, facts)) return null;
  const before = record.assertions.find(({ id }) => id === facts.assertion.id);
  const now = merged(before, facts.assertion);
  const isNew = before === undefined || (now.revoked && !before.revoked);
  const lastSchemeGeneration =
    facts.generation !== null && isNew
      ? Math.max(facts.generation, record.lastSchemeGeneration)
      : record.lastSchemeGeneration;
  const contact = mergedContact(record.contact, facts.contact);
  if (
    before !== undefined &&
    isSame(before, now) &&
    lastSchemeGeneration === record.lastSchemeGeneration &&
    contact === record.contact
  )
    return record;
  const assertions =
    before === undefined
      ? [...record.assertions, now]
      : record.assertions.map((one) => (one === before ? now : one));
  return { ...record, contact, assertions, lastSchemeGeneration };
}

function merged(before: StoredAssertion | undefined, read: StoredAssertion): StoredAssertion {
  if (before === undefined) return read;
  const isOfApi = read.eventId === null && before.eventId !== null;
  const known = isOfApi ? { ...before, expiresOnS: read.expiresOnS } : read;
  const { vanished: _shownAgain, ...shown } = known;
  return { ...shown, revoked: (before.revoked && before.vanished !== true) || read.revoked };
}

/** What an assertion changed in a record. */
export type AssertionChange = 'new' | 'revoked' | 'changed';

/** Pure. What became of an assertion; null: nothing. */
export function changeOf(before: EarnerRecord, after: EarnerRecord, id: AssertionId): AssertionChange | null {
  const [was, is] = [before, after].map(({ assertions }) => assertions.find((one) => one.id === id));
  if (is === undefined || was === is) return null;
  if (was === undefined) return 'new';
  if (is.revoked && !was.revoked) return 'revoked';
  return isSame(was, is) ? null : 'changed';
}

const isSame = (a: StoredAssertion, b: StoredAssertion): boolean =>
  a.clientId === b.clientId &&
  a.badgeId === b.badgeId &&
  a.eventId === b.eventId &&
  a.issuedOnS === b.issuedOnS &&
  a.expiresOnS === b.expiresOnS &&
  a.revoked === b.revoked &&
  a.vanished === b.vanished;

/** A reading without a name leaves the name that is known. */
function mergedContact(known: Contact | null, read: Contact): Contact {
  const name = read.name ?? known?.name ?? null;
  return known !== null && known.address === read.address && known.name === name
    ? known
    : { address: read.address, name };
}

/**
 * The Région's own badges come back with whoever comes back: it must be known what they hold. While nobody has come
 * back, one that Palier gave before, or was giving, is known by its award record alone.
 */
function isKeptOut(record: EarnerRecord, facts: NewFacts): boolean {
  const { tombstone } = record;
  if (tombstone === null) return false;
  const isKnown = isTombstoned(tombstone, facts.fingerprint);
  if (facts.isRegionBadge) return isErased(record) && (isKnown || isOfBefore(record, tombstone, facts));
  return isKnown || wasRecordedBefore(tombstone, facts);
}

const wasRecordedBefore = ({ erasedAtS }: Tombstone, { recordedS }: NewFacts): boolean =>
  recordedS !== null && recordedS <= erasedAtS;

function isOfBefore(record: EarnerRecord, tombstone: Tombstone, facts: NewFacts): boolean {
  const award = record.awards.get(facts.assertion.badgeId);
  const isBeingGiven = award?.state === 'claimed' || award?.state === 'unknown';
  const isGiven = award !== undefined && 'event' in award && award.event === facts.assertion.eventId;
  return isBeingGiven || isGiven || wasRecordedBefore(tombstone, facts);
}

/**
 * Pure. What an erased record learns of a Région badge that it keeps out: that it was given, so that it is not given
 * again, and that this assertion is not to come back.
 */
export function noteKeptOut(record: EarnerRecord, facts: NewFacts): EarnerRecord {
  const { tombstone } = record;
  const { badgeId, eventId, revoked, issuedOnS } = facts.assertion;
  if (tombstone === null || !facts.isRegionBadge || !isErased(record)) return record;
  const known = isTombstoned(tombstone, facts.fingerprint);
  const after = known
    ? record
    : {
        ...record,
        tombstone: { ...tombstone, fingerprints: [...tombstone.fingerprints, facts.fingerprint] },
      };
  return known || revoked || eventId === null ? after : asGiven(after, badgeId, eventId, issuedOnS);
}

function asGiven(record: EarnerRecord, badgeId: BadgeId, event: EventId, atS: number): EarnerRecord {
  const before = record.awards.get(badgeId);
  if (before !== undefined && before.state !== 'claimed' && before.state !== 'unknown') return record;
  const given = { state: 'issued', atS, forgiven: before?.forgiven ?? [], event } as const;
  return { ...record, awards: new Map(record.awards).set(badgeId, given) };
}

/** Pure. The same record when it does not have the assertion, or has it as revoked. */
export function withRevoked(record: EarnerRecord, id: AssertionId): EarnerRecord {
  if (!record.assertions.some((one) => one.id === id && !one.revoked)) return record;
  const assertions = record.assertions.map((one) => (one.id === id ? { ...one, revoked: true } : one));
  return { ...record, assertions };
}

/** Pure. The same of an assertion that OBF shows no longer. */
export function withVanished(record: EarnerRecord, id: AssertionId): EarnerRecord {
  const revoked = withRevoked(record, id);
  if (revoked === record) return record;
  const assertions = revoked.assertions.map((one) =>
    one.id === id ? { ...one, vanished: true as const } : one,
  );
  return { ...record, assertions };
}
