import { Packr } from 'msgpackr';
import { z } from 'zod';
import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asClientId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
  type BadgeId,
  type EarnerKey,
} from '../ids.js';
import { JOURNAL_KINDS, type JournalEntry } from './journal-entry.js';
import {
  awardRecord,
  type AwardRecord,
  type AwardState,
  type EarnerRecord,
  EMPTY_RECORD,
  type StoredAssertion,
} from './record.js';

/** Their order is stored: new states go to the end. */
export const AWARD_STATES = [
  'due',
  'claimed',
  'issued',
  'refused',
  'unknown',
  'revoking',
  'revoked',
  'blocked',
  'withdrawn',
] as const satisfies readonly AwardState[];

const id = z.int().nonnegative();
export const assertionForm = z.tuple([
  id,
  id,
  id,
  id.nullable(),
  z.int(),
  z.int().nullable(),
  z.union([z.boolean(), z.literal('vanished')]),
]);
/** The badge, the state, when, what is ignoredRevocations, what the state is about, the cause, whether quietly. */
export const awardForm = z.tuple([
  id,
  z.int(),
  z.int(),
  z.array(id),
  z.string().nullable(),
  z.string().nullable(),
  z.boolean(),
]);
export const entryForm = z.tuple([
  z.int(),
  z.int(),
  id.nullable(),
  id.nullable(),
  z.array(id),
  z.array(id).nullable(),
  id.nullable(),
  id.nullable(),
  z.string().nullable(),
]);
const HEX_ID = /^[0-9a-f]{40}$/;

/** Assertion ids, being 40 hexadecimal digits, take 20 bytes. */
export class IdTable {
  readonly all: (string | Buffer)[] = [];
  readonly #places = new Map<string, number>();

  place(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    this.#places.set(text, this.all.length);
    return this.all.push(HEX_ID.test(text) ? Buffer.from(text, 'hex') : text) - 1;
  }

  placeOrNull(text: string | null): number | null {
    return text === null ? null : this.place(text);
  }
}

export type At = (place: number) => string;

const orNull = <T>(place: number | null, at: At, as: (text: string) => T): T | null =>
  place === null ? null : as(at(place));

export const assertionTuple = (one: StoredAssertion, ids: IdTable): z.input<typeof assertionForm> => [
  ids.place(one.id),
  ids.place(one.clientId),
  ids.place(one.badgeId),
  ids.placeOrNull(one.eventId),
  one.issuedOnS,
  one.expiresOnS,
  one.vanished === true ? 'vanished' : one.revoked,
];

export const assertionOf = (
  [own, client, badge, event, issuedOnS, expiresOnS, revoked]: z.output<typeof assertionForm>,
  at: At,
): StoredAssertion => ({
  id: asAssertionId(at(own)),
  clientId: asClientId(at(client)),
  badgeId: asBadgeId(at(badge)),
  eventId: orNull(event, at, asEventId),
  issuedOnS,
  expiresOnS,
  revoked: revoked !== false,
  ...(revoked === 'vanished' ? { vanished: true } : {}),
});

/** An event is in the table; a batch, or a reason, is of this award alone. */
export function awardTuple(badgeId: BadgeId, one: AwardRecord, ids: IdTable): z.input<typeof awardForm> {
  const about = 'batch' in one ? one.batch : 'why' in one ? one.why : null;
  const [event, ignoredRevocations] = ['event' in one ? [one.event] : [], one.ignoredRevocations];
  return [
    ids.place(badgeId),
    AWARD_STATES.indexOf(one.state),
    one.atS,
    [...event, ...ignoredRevocations].map((text) => ids.place(text)),
    about,
    'cause' in one ? (one.cause ?? null) : null,
    'suppressEmail' in one && one.suppressEmail === true,
  ];
}

export function awardOf(
  [, state, atS, events, about, cause, suppressEmail]: z.output<typeof awardForm>,
  at: At,
): AwardRecord {
  const name = AWARD_STATES[state];
  const texts = events.map(at);
  const hasEvent = name === 'issued' || name === 'revoking';
  return awardRecord.parse({
    state: name,
    atS,
    ignoredRevocations: hasEvent ? texts.slice(1) : texts,
    ...(hasEvent ? { event: texts[0] } : {}),
    ...(about === null ? {} : name === 'refused' ? { why: about } : { batch: about }),
    ...(cause === null ? {} : { cause }),
    ...(suppressEmail ? { suppressEmail } : {}),
  });
}

/** A cause is a few words that thousands have alike, and ids, between dots. */
export const entryTuple = (one: JournalEntry, ids: IdTable): z.input<typeof entryForm> => [
  JOURNAL_KINDS.indexOf(one.kind),
  one.atS,
  ids.placeOrNull(one.award),
  ids.placeOrNull(one.badgeId),
  one.assertions.map((text) => ids.place(text)),
  one.cause === null ? null : one.cause.split('.').map((text) => ids.place(text)),
  ids.placeOrNull(one.version),
  ids.placeOrNull(one.event),
  one.detail,
];

export function entryOf(
  [kind, atS, awardId, badge, assertions, cause, version, event, detail]: z.output<typeof entryForm>,
  earner: EarnerKey,
  at: At,
): JournalEntry {
  const name = JOURNAL_KINDS[kind];
  if (name === undefined) throw new RangeError('a journal entry is of an unknown kind');
  return {
    kind: name,
    atS,
    earner,
    award: orNull(awardId, at, asAwardId),
    badgeId: orNull(badge, at, asBadgeId),
    assertions: assertions.map((place) => asAssertionId(at(place))),
    cause: cause === null ? null : cause.map(at).join('.'),
    version: orNull(version, at, asSchemeVersion),
    event: orNull(event, at, asEventId),
    detail,
  };
}

/**
 * A record as a msgpack value of plain tuples. Ids repeat (an award's event stands in the ledger, the journal and
 * the assertions), so each is stored once, in a table, and tuples name it by its place there.
 */
const packr = new Packr({ useRecords: false });

/** What most records have nothing of. */
const rare = z.tuple([
  z.array(z.tuple([z.string(), z.int()])),
  z.string().nullable(),
  z.array(z.string()),
  z.int(),
  z.tuple([z.int(), z.array(z.string()), z.int()]).nullable(),
]);
const form = z.tuple([
  z.array(z.union([z.string(), z.instanceof(Buffer)])),
  z.tuple([z.string(), z.string().nullable()]).nullable(),
  z.array(assertionForm),
  z.array(awardForm),
  z.array(entryForm),
  rare.nullable(),
]);

export function encodeRecord(record: EarnerRecord): Buffer {
  const ids = new IdTable();
  const { contact, assertions, awards, journal } = record;
  const value: z.input<typeof form> = [
    ids.all,
    contact === null ? null : [contact.address, contact.name],
    assertions.map((one) => assertionTuple(one, ids)),
    [...awards].map(([badgeId, one]) => awardTuple(badgeId, one, ids)),
    journal.map((one) => entryTuple(one, ids)),
    rareTuple(record),
  ];
  return packr.pack(value);
}

/**
 * @param earner whose record it is: its entries do not repeat that
 * @throws ZodError, or an error of msgpackr, for what `encodeRecord` never makes
 */
export function decodeRecord(bytes: Buffer, earner: EarnerKey): EarnerRecord {
  const value: unknown = packr.unpack(bytes);
  const [ids, contact, assertions, awards, journal, others] = form.parse(value);
  const texts = ids.map((one) => (typeof one === 'string' ? one : one.toString('hex')));
  const at = (place: number): string => {
    const text = texts[place];
    if (text === undefined) throw new RangeError('a tuple names an id that is not in the table');
    return text;
  };
  return {
    ...EMPTY_RECORD,
    contact: contact === null ? null : { address: contact[0], name: contact[1] },
    assertions: assertions.map((one) => assertionOf(one, at)),
    awards: new Map(awards.map((one) => [asBadgeId(at(one[0])), awardOf(one, at)])),
    journal: journal.map((one) => entryOf(one, earner, at)),
    ...(others === null ? {} : rareOf(others)),
  };
}

function rareTuple({
  flags,
  linkedTo,
  linked,
  lastSchemeGeneration,
  tombstone,
}: EarnerRecord): z.input<typeof rare> | null {
  if (flags.size + linked.length + lastSchemeGeneration === 0 && linkedTo === null && tombstone === null)
    return null;
  return [
    [...flags],
    linkedTo,
    [...linked],
    lastSchemeGeneration,
    tombstone === null
      ? null
      : [tombstone.erasedAtS, [...tombstone.fingerprints], tombstone.entriesToUnindex],
  ];
}

function rareOf([flags, linkedTo, linked, generation, tombstone]: z.output<
  typeof rare
>): Partial<EarnerRecord> {
  const [erasedAtS = 0, fingerprints = [], entriesToUnindex = 0] = tombstone ?? [];
  return {
    flags: new Map(flags.map(([badge, atS]) => [asBadgeId(badge), atS])),
    linkedTo: linkedTo === null ? null : asEarnerKey(linkedTo),
    linked: linked.map(asEarnerKey),
    lastSchemeGeneration: generation,
    tombstone: tombstone === null ? null : { erasedAtS, fingerprints, entriesToUnindex },
  };
}
