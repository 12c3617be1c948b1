import { z } from 'zod';
import {
  asBatchId,
  asEventId,
  type AssertionId,
  type BadgeId,
  type ClientId,
  type EarnerKey,
  type EventId,
} from '../ids.js';
import type { JournalEntry } from './journal-entry.js';

/** One badge that one person was given, as Palier keeps it. Times are Unix seconds, as OBF's. */
export interface Assertion {
  readonly id: AssertionId;
  /** Who issued it: the OBF client whose account the event was read from, or that its credential names. */
  readonly clientId: ClientId;
  readonly badgeId: BadgeId;
  /** Null where a hosted credential does not name its event. */
  readonly eventId: EventId | null;
  readonly issuedOnS: number;
  readonly expiresOnS: number | null;
  readonly revoked: boolean;
}

/**
 * What is known of one award for one earner. It never expires: it is what stands between a lost reply
 * and a second badge.
 */
const always = {
  atS: z.number().int(),
  /** Events whose revocation does not block the award: Palier's own, and those that ops lifted. */
  ignoredRevocations: z.array(z.string().transform(asEventId)),
};
/** Until it is known to be given: what set it off, and whether OBF is to send no e-mail. */
const onItsWay = { cause: z.string().optional(), suppressEmail: z.boolean().optional() };
const batch = z.string().transform(asBatchId);
export const awardRecord = z.discriminatedUnion('state', [
  /** The rule is met and the badge is not held: it waits in the outbox. */
  z.object({ ...always, ...onItsWay, state: z.literal('due') }),
  /** It belongs to this batch, and to no other. */
  z.object({ ...always, ...onItsWay, state: z.literal('claimed'), batch }),
  /** OBF has it, by this event. */
  z.object({ ...always, state: z.literal('issued'), event: z.string().transform(asEventId) }),
  /** OBF said no, for good, to this recipient. */
  z.object({ ...always, state: z.literal('refused'), why: z.string() }),
  /** It was sent and the outcome is not known: OBF is read before anything else is done. */
  z.object({ ...always, ...onItsWay, state: z.literal('unknown'), batch }),
  /** Palier is taking it back (`on_loss: revoke`); until OBF has answered it counts as held. */
  z.object({ ...always, state: z.literal('revoking'), event: z.string().transform(asEventId) }),
  /** Palier took it back: given again when the rule is met again. */
  z.object({ ...always, state: z.literal('revoked') }),
  /** A human revoked it in OBF: not given again until ops lifts it. */
  z.object({ ...always, state: z.literal('blocked') }),
  /** It was due, and no longer is; or it was blocked, and ops lifted that. */
  z.object({ ...always, state: z.literal('withdrawn') }),
]);

export type AwardRecord = z.output<typeof awardRecord>;
export type AwardState = AwardRecord['state'];

/** Where a badge can be sent to. Both parts are personal data: sealed in Redis, shown nowhere. */
export interface Contact {
  readonly address: string;
  readonly name: string | null;
}

/** One assertion as it is stored. */
export interface StoredAssertion extends Assertion {
  /** OBF shows it no longer, and has not said that it is revoked: it counts again once OBF shows it again. */
  readonly vanished?: true;
}

/** Left by an erasure. */
export interface Tombstone {
  /** Unix seconds. What OBF recorded before does not come back. */
  readonly erasedAtS: number;
  /** Of the assertions that are not to come back. */
  readonly fingerprints: readonly string[];
  /** How many journal entries the index may still name, by their place; 0: the erasure is complete. */
  readonly entriesToUnindex: number;
}

/** All that is stored of one address: one string in Redis, sealed whole. */
export interface EarnerRecord {
  readonly contact: Contact | null;
  /** In no order. */
  readonly assertions: readonly StoredAssertion[];
  /** The ledger: one award state a badge. */
  readonly awards: ReadonlyMap<BadgeId, AwardRecord>;
  /** What was decided and done for this address, in the order of writing. Entries keep their place. */
  readonly journal: readonly JournalEntry[];
  /** Awards that a human is to review, and since when, Unix seconds. */
  readonly flags: ReadonlyMap<BadgeId, number>;
  /** The person, where ops linked this address to another; null: this address stands for the person. */
  readonly linkedTo: EarnerKey | null;
  /** The addresses that were linked to this one. */
  readonly linked: readonly EarnerKey[];
  /** The latest generation of the rules under which something new was stored; 0: none. */
  readonly lastSchemeGeneration: number;
  readonly tombstone: Tombstone | null;
}

export const EMPTY_RECORD: EarnerRecord = {
  contact: null,
  assertions: [],
  awards: new Map(),
  journal: [],
  flags: new Map(),
  linkedTo: null,
  linked: [],
  lastSchemeGeneration: 0,
  tombstone: null,
};

/** Whether the person was erased, and nothing new came since: nothing is to be written but what must last. */
export const isErased = ({ tombstone, contact }: Pick<EarnerRecord, 'tombstone' | 'contact'>): boolean =>
  tombstone !== null && contact === null;

/** Whether the tombstone keeps this assertion out. */
export const isTombstoned = (tombstone: Tombstone, fingerprint: string): boolean =>
  tombstone.fingerprints.includes(fingerprint);

/** What stands for an assertion in a tombstone. */
export type Fingerprint = (id: AssertionId) => string;

/** Redis holds a record that this version cannot read. It is never taken for an empty one. */
export class RecordUnreadable extends Error {
  readonly code = 'record_unreadable';
  constructor(
    readonly earner: EarnerKey,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`What Redis holds of earner ${earner} cannot be read: ${why}`, options);
    this.name = 'RecordUnreadable';
  }
}
