import { z } from 'zod';
import type { AssertionId, BadgeId, BatchId, ClientId, EarnerKey, EventId } from '../ids.js';
import { idOf, journalEntryForm } from './journal-entry.js';

// What is stored of one address, and its form in Redis: `z.decode` and `z.encode` go both ways.

/** An object as the list of its values: their names are not repeated in each. */
const row = <T extends object>(form: z.ZodType<T, object>, names: readonly string[]) =>
  z.codec(z.array(z.unknown()), form, {
    // Field by field: everybody is read at once, and `Object.fromEntries` takes several times as long.
    decode: (values) => {
      const one: Record<string, unknown> = {};
      for (const [at, name] of names.entries()) if (at < values.length) one[name] = values[at];
      return one;
    },
    encode: (one) => {
      const values = names.map((name): unknown => Reflect.get(one, name));
      return values.slice(0, values.findLastIndex((value) => value !== undefined) + 1);
    },
  });
const rowOf = <Shape extends z.ZodRawShape>(form: z.ZodObject<Shape>) => row(form, Object.keys(form.shape));

const mapOf = <K, V>(key: z.ZodType<K, K>, value: z.ZodType<V>) =>
  z.codec(
    z.array(z.tuple([key, value])),
    z.custom<ReadonlyMap<K, V>>((all) => all instanceof Map),
    {
      decode: (all) => new Map(all),
      encode: (map) => [...map],
    },
  );

const [badgeId, eventId, earnerKey] = [idOf<BadgeId>(), idOf<EventId>(), idOf<EarnerKey>()];

const assertionForm = z.object({
  id: idOf<AssertionId>(),
  /** Who issued it: the OBF client whose account the event was read from, or that its credential names. */
  clientId: idOf<ClientId>(),
  badgeId,
  /** Null where a hosted credential does not name its event. */
  eventId: eventId.nullable(),
  issuedOnS: z.int(),
  expiresOnS: z.int().nullable(),
  revoked: z.boolean(),
  /** OBF shows it no longer, and has not said that it is revoked: it counts again once OBF shows it again. */
  vanished: z.literal(true).optional(),
});
/** One badge that one person was given, as Palier keeps it. Times are Unix seconds, as OBF's. */
export type Assertion = Readonly<z.output<typeof assertionForm>>;

const always = {
  atS: z.int(),
  /** Events whose revocation does not block the award: Palier's own, and those that ops lifted. */
  ignoredRevocations: z.array(eventId),
};
/** Until it is known to be given: what set it off, and whether OBF is to send no e-mail. */
const onItsWay = { cause: z.string().optional(), suppressEmail: z.boolean().optional() };
const batch = idOf<BatchId>();
/**
 * What is known of one award for one earner. It never expires: it is what stands between a lost reply
 * and a second badge.
 */
export const awardRecord = z.discriminatedUnion('state', [
  /** OBF has it, by this event. */
  z.object({ ...always, state: z.literal('issued'), event: eventId }),
  /** The rule is met and the badge is not held: it waits in the outbox. */
  z.object({ ...always, ...onItsWay, state: z.literal('due') }),
  /** It belongs to this batch, and to no other. */
  z.object({ ...always, ...onItsWay, state: z.literal('claimed'), batch }),
  /** OBF said no, for good, to this recipient. */
  z.object({ ...always, state: z.literal('refused'), why: z.string() }),
  /** It was sent and the outcome is not known: OBF is read before anything else is done. */
  z.object({ ...always, ...onItsWay, state: z.literal('unknown'), batch }),
  /** Palier is taking it back (`on_loss: revoke`); until OBF has answered it counts as held. */
  z.object({ ...always, state: z.literal('revoking'), event: eventId }),
  /** Palier took it back: given again when the rule is met again. */
  z.object({ ...always, state: z.literal('revoked') }),
  /** A human revoked it in OBF: not given again until ops lifts it. */
  z.object({ ...always, state: z.literal('blocked') }),
  /** It was due, and no longer is; or it was blocked, and ops lifted that. */
  z.object({ ...always, state: z.literal('withdrawn') }),
]);

export type AwardRecord = z.output<typeof awardRecord>;
export type AwardState = AwardRecord['state'];
export const AWARD_STATES = awardRecord.options.map(({ shape }) => shape.state.value);
const AWARD_FIELDS = [...new Set(awardRecord.options.flatMap(({ shape }) => Object.keys(shape)))];

/** Whether OBF may be about to be told of it, or told already. */
export const isInFlight = ({ state }: AwardRecord): boolean =>
  state === 'claimed' || state === 'unknown' || state === 'revoking';

const contactForm = z.object({ address: z.string(), name: z.string().nullable() });
/** Where a badge can be sent to. Both parts are personal data: sealed in Redis, shown nowhere. */
export type Contact = Readonly<z.output<typeof contactForm>>;

const tombstoneForm = z.object({
  /** Unix seconds. What OBF recorded before does not come back. */
  erasedAtS: z.int(),
  /** Of the assertions that are not to come back. */
  fingerprints: z.array(z.string()).readonly(),
  /** Journal entries that the index still names, by place and instant; none: the erasure is complete. */
  entriesToUnindex: z.array(z.tuple([z.int(), z.int()]).readonly()).readonly(),
});
/** Left by an erasure. */
export type Tombstone = Readonly<z.output<typeof tombstoneForm>>;

/** One string in Redis, sealed whole. */
export const earnerRecord = rowOf(
  z.object({
    contact: rowOf(contactForm).nullable(),
    /** In no order. */
    assertions: z.array(rowOf(assertionForm)).readonly(),
    /** The ledger: one award state a badge. */
    awards: mapOf(badgeId, row(awardRecord, AWARD_FIELDS)),
    /** What was decided and done for this address, in the order of writing. Entries keep their place. */
    journal: z.array(rowOf(journalEntryForm)).readonly(),
    /** Awards that a human is to review, and since when, Unix seconds. */
    flags: mapOf(badgeId, z.int()),
    /** The person, where ops linked this address to another; null: this address stands for the person. */
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

/** Whether the person was erased, and nothing new came since: nothing is to be written but what must last. */
export const isErased = ({ tombstone, contact }: Pick<EarnerRecord, 'tombstone' | 'contact'>): boolean =>
  tombstone !== null && contact === null;

/** What stands for an assertion in a tombstone. */
export type Fingerprint = (id: AssertionId) => string;

/**
 * Pure. What an erasure leaves of a record: nothing but what keeps out what is of before, and the awards that must
 * last. An award that is being sent, or taken back, at this moment stays until its job has told how that ended.
 * @param lasting by badge: that it was given, or is not to be given
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
    // Until the erasure is complete: stopped in between, it finds all of the person's addresses again.
    linkedTo: record.linkedTo,
    linked: record.linked,
    awards: new Map([...lasting, ...unfinished].map(([id, award]) => [id, bare(award)])),
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

/** Says nothing of what OBF has, and so nothing that must last, but for what it forgives. */
export const SAYS_NOTHING: ReadonlySet<AwardState> = new Set(['due', 'refused', 'revoked', 'withdrawn']);

/** Without what set it off. */
function bare(award: AwardRecord): AwardRecord {
  if (!('cause' in award || 'suppressEmail' in award)) return award;
  const { cause: _cause, suppressEmail: _quiet, ...rest } = award;
  return rest;
}

/** Pure. An erased record without what a job that was at work left in it; any other record as it is. */
export function keptErased(record: EarnerRecord): EarnerRecord {
  if (!isErased(record)) return record;
  const telling = [...record.awards].filter(
    ([, { state, ignoredRevocations }]) => !SAYS_NOTHING.has(state) || ignoredRevocations.length > 0,
  );
  const { linkedTo, linked, tombstone } = record;
  const awards = new Map(telling.map(([id, award]) => [id, bare(award)]));
  return { ...EMPTY_RECORD, linkedTo, linked, awards, tombstone };
}

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

/** @throws RecordUnreadable in place of such a one */
export function readable<T>(read: T | RecordUnreadable): T {
  if (read instanceof RecordUnreadable) throw read;
  return read;
}
