import { z } from 'zod';
import type { AssertionId, BadgeId, BatchId, ClientId, EarnerKey, EventId } from '../ids.js';
import { idSchema, journalEntryForm } from './journal-entry.js';

// The record of one address, and its encoding in Redis: `z.decode` reads it, `z.encode` writes it.

/** Encodes an object as the list of its values, so that no record repeats the field names. */
const row = <T extends object>(form: z.ZodType<T, object>, names: readonly string[]) =>
  z.codec(z.array(z.unknown()), form, {
    // A loop, since runs over everybody decode every record: `Object.fromEntries` is several times slower.
    decode: (values) => {
      const object: Record<string, unknown> = {};
      for (const [at, name] of names.entries()) if (at < values.length) object[name] = values[at];
      return object;
    },
    encode: (object) => {
      const values = names.map((name): unknown => Reflect.get(object, name));
      return values.slice(0, values.findLastIndex((value) => value !== undefined) + 1);
    },
  });
const rowOf = <Shape extends z.ZodRawShape>(form: z.ZodObject<Shape>) => row(form, Object.keys(form.shape));

const mapOf = <K, V>(key: z.ZodType<K, K>, value: z.ZodType<V>) =>
  z.codec(
    z.array(z.tuple([key, value])),
    z.custom<ReadonlyMap<K, V>>((map) => map instanceof Map),
    {
      decode: (entries) => new Map(entries),
      encode: (map) => [...map],
    },
  );

const [badgeId, eventId, earnerKey] = [idSchema<BadgeId>(), idSchema<EventId>(), idSchema<EarnerKey>()];

const assertionForm = z.object({
  id: idSchema<AssertionId>(),
  /** The issuer: the OBF client whose account has the event, or which the credential names. */
  clientId: idSchema<ClientId>(),
  badgeId,
  /** Null when a hosted credential names no event. */
  eventId: eventId.nullable(),
  issuedOnS: z.int(),
  expiresOnS: z.int().nullable(),
  revoked: z.boolean(),
  /** OBF no longer shows it, without a revocation: it counts again once OBF shows it again. */
  vanished: z.literal(true).optional(),
});
/** One badge that one person received, as Palier stores it. Times are Unix seconds, as in OBF. */
export type Assertion = Readonly<z.output<typeof assertionForm>>;

const commonFields = {
  atS: z.int(),
  /** Events whose revocation does not block the award: Palier revoked them, or ops unblocked them. */
  ignoredRevocations: z.array(eventId),
};
/** Kept until the award is issued: what triggered it, and whether OBF is to send no e-mail. */
const pendingFields = { cause: z.string().optional(), suppressEmail: z.boolean().optional() };
const claimFields = { batch: idSchema<BatchId>(), run: z.int().optional() };
/**
 * The state of one award for one earner. It never expires: after a lost reply, it alone prevents a second badge.
 */
export const awardRecord = z.discriminatedUnion('state', [
  /** OBF has it, by this event. */
  z.object({ ...commonFields, state: z.literal('issued'), event: eventId }),
  /** The rule is met and the badge is not held: the award waits in the outbox. */
  z.object({ ...commonFields, ...pendingFields, state: z.literal('due') }),
  /** Only this batch may send it, and only its latest run may give it up. */
  z.object({ ...commonFields, ...pendingFields, state: z.literal('claimed'), ...claimFields }),
  /** OBF refused this recipient for good. */
  z.object({ ...commonFields, state: z.literal('refused'), why: z.string() }),
  /** It was sent, and the outcome is unknown: OBF is read before any other step. */
  z.object({ ...commonFields, ...pendingFields, state: z.literal('unknown'), ...claimFields }),
  /** Palier is revoking it (`on_loss: revoke`); it counts as held until OBF has answered. */
  z.object({ ...commonFields, state: z.literal('revoking'), event: eventId }),
  /** Palier revoked it: it is issued again when its rule is met again. */
  z.object({ ...commonFields, state: z.literal('revoked') }),
  /** A human revoked it in OBF: it is not issued again until ops unblocks it. */
  z.object({ ...commonFields, state: z.literal('blocked') }),
  /** It is no longer due, or ops unblocked it. */
  z.object({ ...commonFields, state: z.literal('withdrawn') }),
]);

export type AwardRecord = z.output<typeof awardRecord>;
export type AwardState = AwardRecord['state'];
export const AWARD_STATES = awardRecord.options.map(({ shape }) => shape.state.value);
const AWARD_FIELDS = [...new Set(awardRecord.options.flatMap(({ shape }) => Object.keys(shape)))];

/** Whether a request about the award may be on its way to OBF, or may have reached it. */
export const isInFlight = ({ state }: AwardRecord): boolean =>
  state === 'claimed' || state === 'unknown' || state === 'revoking';

const contactForm = z.object({ address: z.string(), name: z.string().nullable() });
/** Where a badge can be sent. Both fields are personal data: sealed in Redis, shown nowhere. */
export type Contact = Readonly<z.output<typeof contactForm>>;

const tombstoneForm = z.object({
  /** Unix seconds. Assertions that OBF recorded before are not stored again. */
  erasedAtS: z.int(),
  /** Fingerprints of the assertions that are not stored again. */
  fingerprints: z.array(z.string()).readonly(),
  /** Journal entries still in the index, by place and instant; empty once the erasure is complete. */
  entriesToUnindex: z.array(z.tuple([z.int(), z.int()]).readonly()).readonly(),
});
/** The part of a record that an erasure adds. */
export type Tombstone = Readonly<z.output<typeof tombstoneForm>>;

/** One string in Redis, sealed whole. */
export const earnerRecord = rowOf(
  z.object({
    contact: rowOf(contactForm).nullable(),
    /** In no order. */
    assertions: z.array(rowOf(assertionForm)).readonly(),
    /** The ledger: one award state a badge. */
    awards: mapOf(badgeId, row(awardRecord, AWARD_FIELDS)),
    /** What was decided and done for this address, in the order of writing. An entry never changes its place. */
    journal: z.array(rowOf(journalEntryForm)).readonly(),
    /** Awards that a human is to review, and since when, Unix seconds. */
    flags: mapOf(badgeId, z.int()),
    /** The person's own address, to which ops linked this one; null: this is the person's own. */
    linkedTo: earnerKey.nullable(),
    /** The addresses that were linked to this one. */
    linked: z.array(earnerKey).readonly(),
    /** The latest generation of the rules under which something new was stored; 0: none. */
    lastSchemeGeneration: z.int(),
    tombstone: rowOf(tombstoneForm).nullable(),
  }),
);
/** All that is stored of one address. */
export type EarnerRecord = Readonly<z.output<typeof earnerRecord>>;

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

/** Whether the person was erased and nothing came since. Such a record takes only what must last. */
export const isErased = ({ tombstone, contact }: Pick<EarnerRecord, 'tombstone' | 'contact'>): boolean =>
  tombstone !== null && contact === null;

/** Returns the short keyed hash that replaces an assertion in a tombstone. */
export type Fingerprint = (id: AssertionId) => string;

/**
 * Pure. Returns what an erasure leaves: what keeps older assertions out, and the awards that must last. An award that
 * is being sent or revoked stays until its job has recorded the outcome.
 * @param lasting the awards that must last
 */
export function tombstoneOf(
  record: EarnerRecord,
  lasting: ReadonlyMap<BadgeId, AwardRecord>,
  erasedAtS: number,
  fingerprint: Fingerprint,
): EarnerRecord {
  const before = record.tombstone?.fingerprints ?? [];
  const fingerprints = new Set([...before, ...record.assertions.map(({ id }) => fingerprint(id))]);
  const unfinished = [...record.awards].filter(([, award]) => isInFlight(award));
  return {
    ...EMPTY_RECORD,
    // Kept until the erasure is complete: a repeat finds all of the person's addresses by them.
    linkedTo: record.linkedTo,
    linked: record.linked,
    awards: new Map([...lasting, ...unfinished].map(([id, award]) => [id, withoutPendingFields(award)])),
    tombstone: {
      erasedAtS,
      fingerprints: [...fingerprints],
      entriesToUnindex: [
        ...(record.tombstone?.entriesToUnindex ?? []),
        ...record.journal.map(({ atS }, at) => [at, atS] as const),
      ],
    },
  };
}

/** States that say nothing of what OBF has: only their ignored revocations must last. */
export const STATES_WITHOUT_OBF_EFFECT: ReadonlySet<AwardState> = new Set([
  'due',
  'refused',
  'revoked',
  'withdrawn',
]);

function withoutPendingFields(award: AwardRecord): AwardRecord {
  if (!('cause' in award || 'suppressEmail' in award)) return award;
  const { cause: _cause, suppressEmail: _suppressEmail, ...rest } = award;
  return rest;
}

/** Pure. Removes from an erased record what a job still at work wrote; returns any other record as it is. */
export function pruneErasedRecord(record: EarnerRecord): EarnerRecord {
  if (!isErased(record)) return record;
  const lasting = [...record.awards].filter(
    ([, { state, ignoredRevocations }]) =>
      !STATES_WITHOUT_OBF_EFFECT.has(state) || ignoredRevocations.length > 0,
  );
  const { linkedTo, linked, tombstone } = record;
  const awards = new Map(lasting.map(([id, award]) => [id, withoutPendingFields(award)]));
  return { ...EMPTY_RECORD, linkedTo, linked, awards, tombstone };
}

/** A stored record that this version cannot read. It is never taken for an empty one. */
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

/** Returns a record that could be read. @throws the RecordUnreadable in its place */
export function requireReadable<T>(read: T | RecordUnreadable): T {
  if (read instanceof RecordUnreadable) throw read;
  return read;
}
