import fc from 'fast-check';
import { asBadgeId, asBatchId, asEventId, type EventId } from '../../src/ids.js';
import type { AwardRecord } from '../../src/issuing/award-record.js';
import { decodeLedger, encodeLedger, LedgerError } from '../../src/issuing/ledger-codec.js';
import { RecordError } from '../../src/record/error.js';
import { runs } from '../support/runs.js';

const word = fc.oneof(fc.stringMatching(/^[\w-]{1,13}$/), fc.string());
const event = word.map(asEventId);
const always = {
  atS: fc.oneof(
    fc.integer({ min: 1_600_000_000, max: 1_900_000_000 }),
    fc.maxSafeInteger().filter((value) => !Object.is(value, -0)),
    fc.constantFrom(0, -1, 2 ** 32 - 1, 2 ** 32),
  ),
  forgiven: fc.oneof(fc.constant<EventId[]>([]), fc.array(event, { maxLength: 3 })),
};
const onItsWay = { cause: fc.string(), quiet: fc.boolean() };
const part = { requiredKeys: ['atS', 'forgiven', 'state'] as const };
const batch = fc.uuid().map(asBatchId);
const record: fc.Arbitrary<AwardRecord> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ ...always, state: fc.constant('issued' as const), event }) },
  fc.record(
    { ...always, ...onItsWay, state: fc.constant('due' as const) },
    { requiredKeys: [...part.requiredKeys] },
  ),
  fc.record({ ...always, state: fc.constantFrom('claimed' as const, 'unknown' as const), batch }),
  fc.record({ ...always, state: fc.constant('refused' as const), why: fc.string() }),
  fc.record({ ...always, state: fc.constant('revoking' as const), event }),
  fc.record({
    ...always,
    state: fc.constantFrom('revoked' as const, 'blocked' as const, 'withdrawn' as const),
  }),
);
const records = fc
  .uniqueArray(fc.tuple(word.map(asBadgeId), record), { selector: ([badge]) => badge, maxLength: 12 })
  .map((entries) => new Map(entries));

test('every record comes back, to the letter of its JSON, and in its place', () => {
  fc.assert(
    fc.property(records, (all) => {
      const read = decodeLedger(encodeLedger(all));
      expect([...read]).toEqual([...all]);
      // A record that nobody changed is compared as JSON.
      expect(JSON.stringify([...decodeLedger(encodeLedger(read))])).toBe(JSON.stringify([...read]));
    }),
    { numRuns: runs(1000) },
  );
  expect(encodeLedger(new Map())).toHaveLength(0);
});

const issued: AwardRecord = {
  state: 'issued',
  atS: 1_700_000_000,
  forgiven: [],
  event: asEventId('TQ3X7ZaPK4MaB'),
};

test('an award that was issued takes 25 bytes', () => {
  expect(encodeLedger(new Map([[asBadgeId('TQ3X7ZaPK4MaC'), issued]]))).toHaveLength(25);
});

test('half of a ledger, or what we do not know, is never taken for "no record"', () => {
  const bytes = encodeLedger(new Map([[asBadgeId('R1'), issued]]));
  for (let length = 1; length < bytes.length; length += 1)
    expect(() => decodeLedger(bytes.subarray(0, length))).toThrow(RecordError);
  const other = (text: string): Buffer =>
    Buffer.concat([Buffer.of(2, 2), Buffer.from('R1'), Buffer.of(text.length), Buffer.from(text)]);
  for (const odd of [Buffer.of(3), other('{"state":"from the future"}'), other('by hand'), other('')])
    expect(() => decodeLedger(odd)).toThrow(LedgerError);
});
