import { awardRecord, type AwardRecord } from '../../src/earners/record.js';
import { asBatchId, asEventId } from '../../src/ids.js';
import { type AwardEvent, IllegalTransition, transition } from '../../src/issuing/ledger.js';
import { batchDelayMs } from '../../src/workers/issue/gather-awards.js';
import { isRetryDue } from '../../src/workers/issue/gather-awards.js';
import fc from 'fast-check';

describe('award record', () => {
  const [b1, b2, e1] = [asBatchId('b1'), asBatchId('b2'), asEventId('e1')];
  const events = {
    'comes-due': { type: 'comes-due', endedEvents: [e1] },
    claim: { type: 'claim', batch: b1 },
    markUnknown: { type: 'markUnknown', batch: b1 },
    record: { type: 'record', event: e1 },
    refuse: { type: 'refuse', why: 'no' },
    withdraw: { type: 'withdraw' },
    release: { type: 'release', batch: b1 },
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
      ['claim', 'markUnknown', 'record', 'refuse', 'withdraw', 'release', 'revoked-by-human'],
    ],
    [
      'unknown',
      [due, claim, markUnknown],
      ['claim', 'markUnknown', 'record', 'refuse', 'withdraw', 'release'],
    ],
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

  test('what a later run of the batch has claimed, an earlier one leaves alone', () => {
    const later = after(due, { ...claim, run: 1 }, { ...claim, run: 2 });
    for (const event of [claim, markUnknown, refuse, withdraw, release]) {
      expect(() => transition(later, { ...event, batch: b1, run: 1 }, 2)).toThrow(IllegalTransition);
      expect(() => transition(later, { ...event, batch: b2, run: 3 }, 2)).toThrow(IllegalTransition);
      expect(transition(later, { ...event, batch: b1, run: 2 }, 2)).toBeDefined();
    }
    // Without a run: of operators, or of an evaluation that finds the batch lost.
    expect(transition(later, release, 2)).toMatchObject({ state: 'due' });
    // An award that OBF has is issued, also when an earlier run records it.
    expect(transition(later, record, 2)).toMatchObject({ state: 'issued' });
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

  test('an issued award comes due again only for a writer that knows that this very badge is over', () => {
    const issued = after(due, claim, record);
    for (const over of [[], [asEventId('e0')]])
      expect(() => transition(issued, { type: 'comes-due', endedEvents: over }, 2)).toThrow(
        IllegalTransition,
      );
    expect(transition(issued, { type: 'comes-due', endedEvents: [asEventId('e0'), e1] }, 2).state).toBe(
      'due',
    );
  });

  test('a revocation that is ignored stays so', () => {
    expect(after(due, claim, record, start, byMachine, due, claim)?.ignoredRevocations).toEqual([e1]);
    expect(after(due, byHuman, unblock, due)?.ignoredRevocations).toEqual([e1]);
    expect(after(due, claim, release)?.state).toBe('due');
  });

  test('an award that waits keeps the time since when', () => {
    const first = transition(null, due, 10);
    expect(transition(first, due, 20)).toBe(first);
  });
});

describe('gathering', () => {
  const PACE = { quietMs: 100, gatherMs: 10_000, batchMax: 500 };

  test.each([
    ['a full batch leaves at once', [500, 0, 0, true], 0],
    ['who has just come waits for a quiet moment', [1, 0, 0, false], 100],
    ['for the rest of it', [1, 30, 30, false], 70],
    ['and leaves then', [1, 100, 100, false], 0],
    ['another who comes begins the quiet anew', [2, 100, 20, false], 80],
    ['while more may come, it is looked at again soon', [1, 100, 100, true], 25],
    ['the longer they have waited, the later', [3, 4000, 900, true], 1000],
    ['but not beyond the limit', [3, 9900, 900, true], 100],
    ['nor for a quiet that would end beyond it', [3, 9950, 0, false], 50],
    ['at which they leave', [3, 10_000, 0, true], 0],
  ] as const)('%s', (_, [waiting, waitedMs, quietForMs, moreMayCome], inMs) => {
    expect(batchDelayMs({ waiting, waitedMs, quietForMs, moreMayCome }, PACE)).toBe(inMs);
  });

  test('a badge leaves within the limit, after a quiet or at the limit, in few looks', () => {
    const looks = fc.array(fc.record({ comes: fc.boolean(), moreMayCome: fc.boolean() }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 60_000 }), looks, (gatherMs, seen) => {
        const pace = { ...PACE, gatherMs };
        let [waitedMs, quietForMs] = [0, 0];
        for (const { comes, moreMayCome } of seen) {
          if (comes) quietForMs = 0;
          const inMs = batchDelayMs({ waiting: 1, waitedMs, quietForMs, moreMayCome }, pace);
          if (inMs === 0) {
            expect(waitedMs >= gatherMs || (!moreMayCome && quietForMs >= PACE.quietMs)).toBe(true);
            return;
          }
          waitedMs += inMs;
          quietForMs += inMs;
          expect(waitedMs).toBeLessThanOrEqual(gatherMs);
        }
      }),
    );
    let waitedMs = 0;
    let looked = 0;
    for (; waitedMs < PACE.gatherMs; looked += 1)
      waitedMs += batchDelayMs({ waiting: 1, waitedMs, quietForMs: waitedMs, moreMayCome: true }, PACE);
    expect(looked).toBeLessThanOrEqual(25);
  });

  test('a batch that failed is tried again for a week, an hour to a day apart', () => {
    const HOUR_MS = 3_600_000;
    const tries: number[] = [];
    let failedMs = 0;
    for (let nowMs = 0; nowMs < 10 * 24 * HOUR_MS; nowMs += HOUR_MS / 4)
      if (isRetryDue(0, failedMs, nowMs)) {
        tries.push(nowMs / HOUR_MS);
        failedMs = nowMs;
      }
    expect(tries).toEqual([1, 2, 4, 8, 16, 32, 56, 80, 104, 128, 152]);
  });
});
