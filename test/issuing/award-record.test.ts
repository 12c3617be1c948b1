import fc from 'fast-check';
import { asBatchId, asEventId } from '../../src/ids.js';
import { awardRecord } from '../../src/earners/record.js';
import {
  IllegalTransition,
  transition,
  type AwardEvent,
  type AwardRecord,
} from '../../src/issuing/award-record.js';

const [b1, b2, e1] = [asBatchId('b1'), asBatchId('b2'), asEventId('e1')];
const events = {
  'comes-due': { type: 'comes-due', over: [e1] },
  claim: { type: 'claim', batch: b1 },
  markUnknown: { type: 'markUnknown', batch: b1 },
  record: { type: 'record', event: e1 },
  refuse: { type: 'refuse', why: 'no' },
  withdraw: { type: 'withdraw' },
  release: { type: 'release' },
  abandon: { type: 'abandon', batch: b1 },
  'start-revoking': { type: 'start-revoking' },
  'revoked-by-machine': { type: 'revoked-by-machine' },
  'revoked-by-human': { type: 'revoked-by-human' },
  unblock: { type: 'unblock', events: [e1] },
} as const satisfies Record<AwardEvent['type'], AwardEvent>;

const after = (...path: AwardEvent[]): AwardRecord | null =>
  path.reduce<AwardRecord | null>((before, event) => transition(before, event, 1), null);

const { claim, markUnknown, record, refuse, withdraw, release, unblock } = events;
const due = events['comes-due'];
const start = events['start-revoking'];
const byMachine = events['revoked-by-machine'];
const byHuman = events['revoked-by-human'];

/** Each state by one way to it, and all that may happen then. Whatever is not here must throw. */
const states: [string, AwardEvent[], AwardEvent['type'][]][] = [
  ['none', [], ['comes-due', 'record', 'revoked-by-human']],
  ['due', [due], ['comes-due', 'claim', 'record', 'withdraw', 'revoked-by-human']],
  [
    'claimed',
    [due, claim],
    ['claim', 'markUnknown', 'record', 'refuse', 'withdraw', 'release', 'abandon', 'revoked-by-human'],
  ],
  ['unknown', [due, claim, markUnknown], ['claim', 'markUnknown', 'record', 'refuse', 'withdraw', 'abandon']],
  ['issued', [due, claim, record], ['comes-due', 'record', 'start-revoking', 'revoked-by-human']],
  ['revoking', [due, claim, record, start], ['revoked-by-machine']],
  ['refused', [due, claim, refuse], ['comes-due', 'claim', 'record', 'withdraw', 'revoked-by-human']],
  ['withdrawn', [due, withdraw], ['comes-due', 'record', 'revoked-by-human']],
  ['revoked', [due, claim, record, start, byMachine], ['comes-due', 'record', 'revoked-by-human']],
  ['blocked', [due, byHuman], ['unblock']],
];

describe.each(states)('an award that is %s', (state, path, allowed) => {
  const from = after(...path);
  test(`is "${state}"`, () => expect(from?.state ?? 'none').toBe(state));
  test.each(Object.values(events))('$type', (event) => {
    if (allowed.includes(event.type)) expect(transition(from, event, 2)).toBeDefined();
    else expect(() => transition(from, event, 2)).toThrow(IllegalTransition);
  });
});

test.each(['claimed', 'unknown'])('an award that is %s by one batch is not for another', (state) => {
  const from = state === 'claimed' ? after(due, claim) : after(due, claim, markUnknown);
  expect(() => transition(from, { type: 'claim', batch: b2 }, 2)).toThrow(IllegalTransition);
  expect(() => transition(from, { type: 'markUnknown', batch: b2 }, 2)).toThrow(IllegalTransition);
});

test('nothing but a record follows an issued award into "issued", and nothing but ops lifts a block', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.values(events)), { maxLength: 12 }), (path) => {
      let current: AwardRecord | null = null;
      for (const event of path) {
        const before: AwardRecord | null = current;
        try {
          current = transition(before, event, 1);
        } catch {
          continue;
        }
        if (before?.state === 'blocked') expect(event.type).toBe('unblock');
        if (current.state === 'issued') expect(event.type).toBe('record');
        expect(awardRecord.parse(JSON.parse(JSON.stringify(current)))).toEqual(current);
      }
    }),
  );
});

test('an award that was issued comes due again only to whoever knows that this very badge is over', () => {
  const issued = after(due, claim, record);
  for (const over of [[], [asEventId('e0')]])
    expect(() => transition(issued, { type: 'comes-due', over }, 2)).toThrow(IllegalTransition);
  expect(transition(issued, { type: 'comes-due', over: [asEventId('e0'), e1] }, 2).state).toBe('due');
});

test('what was ignoredRevocations stays ignoredRevocations', () => {
  expect(after(due, claim, record, start, byMachine, due, claim)?.ignoredRevocations).toEqual([e1]);
  expect(after(due, byHuman, unblock, due)?.ignoredRevocations).toEqual([e1]);
  expect(after(due, claim, release)?.state).toBe('due');
});

test('an award that waits keeps the time since when', () => {
  const first = transition(null, due, 10);
  expect(transition(first, due, 20)).toBe(first);
});
