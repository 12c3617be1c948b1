import { ZodError } from 'zod';
import { asBadgeId, asClientId, asEarnerKey, asEventId } from '../../src/ids.js';
import { NotSettledYet } from '../../src/issuing/redis-incarnation.js';
import {
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfThrottled,
  ObfUnreadable,
} from '../../src/obf/errors.js';
import type { Assertion, AwardRecord } from '../../src/earners/record.js';
import { ATTEMPTS, backoffMs } from '../../src/queue/enqueue.js';
import { portfolioOf, type AddressAward } from '../../src/earners/person.js';
import { EventIncomplete } from '../../src/obf/events.js';
import type { ObfEvent } from '../../src/obf/wire.js';
import { PACE } from '../../src/workers/stores.js';
import { classifyError } from '../../src/workers/runtime/job-outcome.js';
import { assertionOf } from '../support/assertion.js';

const region = asClientId('REGION');
const badge = asBadgeId('R1');
const issued = (event: string, part: Partial<Assertion> = {}): Assertion =>
  assertionOf(`a-${event}`, { clientId: region, badgeId: badge, eventId: event, issuedOnS: 100, ...part });
const records = (record?: AwardRecord): readonly AddressAward[] =>
  record === undefined ? [] : [{ key: asEarnerKey('k1'), badgeId: badge, record }];
const record = (event: string, ignoredRevocations: string[] = []): AwardRecord => ({
  state: 'issued',
  atS: 200,
  ignoredRevocations: ignoredRevocations.map(asEventId),
  event: asEventId(event),
});

describe('what is held', () => {
  test('what we issued counts before OBF was read again', () => {
    expect(portfolioOf(region, [], records(record('e1'))).held).toMatchObject([
      { badgeId: badge, eventId: 'e1' },
    ]);
  });
  test('once it was read, OBF alone says whether it still is', () => {
    const revoked = issued('e1', { revoked: true });
    expect(portfolioOf(region, [revoked], records(record('e1')))).toEqual({
      assertions: [],
      held: [revoked],
      blocked: [badge],
    });
  });
  test('a badge that only partners issue is not held', () => {
    const partners = issued('e1', { clientId: asClientId('P1') });
    expect(portfolioOf(region, [partners], records())).toEqual({
      assertions: [partners],
      held: [],
      blocked: [],
    });
  });
  test('given by hand, revoked by hand: blocked, with or without a record of ours', () => {
    expect(portfolioOf(region, [issued('e9', { revoked: true })], records()).blocked).toEqual([badge]);
  });
  test('revoked, then given anew: not blocked', () => {
    const both = [issued('e2', { issuedOnS: 300 }), issued('e1', { revoked: true })];
    expect(portfolioOf(region, both, records()).blocked).toEqual([]);
  });
  test('what Palier itself is revoking is not blocked', () => {
    const revoking: AwardRecord = {
      state: 'revoking',
      atS: 200,
      ignoredRevocations: [],
      event: asEventId('e1'),
    };
    expect(portfolioOf(region, [issued('e1', { revoked: true })], records(revoking)).blocked).toEqual([]);
  });
  test('a revocation that is ignored does not block', () => {
    const portfolio = portfolioOf(
      region,
      [issued('e1', { revoked: true })],
      records({ ...record('e1', ['e1']), state: 'withdrawn' }),
    );
    expect(portfolio.blocked).toEqual([]);
  });
});

test.each([
  [new ObfRefused('GET event', 404, 'no such event'), { do: 'fail' }],
  [new ObfThrottled('GET event', 4000), { do: 'later', inMs: 4000 }],
  [new ObfNotSent('GET event', 'no connection'), { do: 'retry' }],
  [new ObfOutcomeUnknown('PUT revoke', 'reset'), { do: 'retry' }],
  [new ObfUnreadable('GET event', 'badge_id is missing'), { do: 'retry' }],
  [new NotSettledYet(5000), { do: 'later', inMs: 5000 }],
  // An older version that is still at work meets what a newer one wrote.
  [new ZodError([]), { do: 'retry' }],
  [new Error('anything else'), { do: 'retry' }],
  ['not even an error', { do: 'retry' }],
])('%s becomes %j', (error, verdict) => {
  expect(classifyError(error)).toMatchObject(verdict);
});

test('a call that OBF loses again and again is made ever more rarely, and stands in failed in the end', () => {
  const lost = new NotSettledYet(30_000, { cause: new ObfOutcomeUnknown('POST issue', '500') });
  const verdicts = [0, 9, 10, 60].map((delays) => classifyError(lost, delays));
  const [later, retry] = [
    { do: 'later', inMs: 30_000 },
    { do: 'retry', notBeforeMs: 30_000 },
  ];
  expect(verdicts).toEqual([later, later, retry, retry]);
  // Nothing was sent since: time alone is waited for.
  expect(classifyError(new NotSettledYet(30_000), 60)).toEqual(later);
});

test('an event that OBF never shows whole is read often at first, and once a day in the end', () => {
  const event = { id: asEventId('e1'), recipientCount: 2 } as ObfEvent;
  const waitMs = (delays: number): number => {
    const verdict = classifyError(new EventIncomplete(event, 1, PACE.lookAgainMs), delays);
    return verdict.do === 'later' ? verdict.inMs : NaN;
  };
  const reads = (withinMs: number): number => {
    let [count, atMs] = [0, waitMs(0)];
    while (atMs <= withinMs) atMs += waitMs((count += 1));
    return count;
  };
  expect(waitMs(0)).toBe(2000);
  expect(reads(3_600_000)).toBeGreaterThanOrEqual(10);
  expect(reads(30 * 86_400_000)).toBeLessThanOrEqual(15 + 30);
  expect(waitMs(1000)).toBe(86_400_000);
});

test('the waits grow, are capped, obey OBF, and reach over a day', () => {
  const waits = Array.from({ length: ATTEMPTS - 1 }, (_, at) => backoffMs(at + 1, null, 0));
  expect(waits.reduce((sum, wait) => sum + wait)).toBeGreaterThan(24 * 3_600_000);
  expect(
    Math.max(...Array.from({ length: 100 }, (_, at) => backoffMs(at + 1, null, 0.999))),
  ).toBeLessThanOrEqual(3_600_000);
  expect(backoffMs(1, 9000, 0)).toBe(9000);
  expect(backoffMs(1, null, 0.9)).toBeGreaterThan(backoffMs(1, null, 0.1));
});
