import * as fc from 'fast-check';
import type { JournalEntry, JournalKind } from '../../src/earners/journal-entry.js';
import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asClientId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
} from '../../src/ids.js';
import { backgroundOf } from '../../src/ops/shared/explain-person.js';
import type { Assertion } from '../../src/earners/record.js';
import { emptyPortfolio } from '../../src/earners/portfolio.js';
import { evaluate } from '../../src/rules/evaluate.js';
import type { Evaluation } from '../../src/rules/evaluation.js';
import { parse } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';

const R1 = asBadgeId('R1');
const R2 = asBadgeId('R2');

/** Somebody who holds R1, through this event. */
function holding(event: string | null): Evaluation {
  const held: Assertion = {
    id: asAssertionId('r1'),
    clientId: asClientId('REGION'),
    badgeId: R1,
    eventId: event === null ? null : asEventId(event),
    issuedOnS: 1000,
    expiresOnS: null,
    revoked: false,
  };
  return evaluate(parse(SMALL_SCHEME, SMALL_PARTNERS), { ...emptyPortfolio, held: [held] }, 5000);
}

const entry = (kind: JournalKind, event: string | null, more: Partial<JournalEntry> = {}): JournalEntry => ({
  kind,
  atS: 1000,
  earner: asEarnerKey('k1'),
  award: null,
  badgeId: R1,
  assertions: [],
  cause: null,
  version: null,
  event: event === null ? null : asEventId(event),
  detail: null,
  ...more,
});
const BY_US = { version: asSchemeVersion('v1'), assertions: [asAssertionId('a1')], atS: 1200 };
const NOTHING = { flags: [], waiting: new Set<never>() };

const historyOf = (event: string | null, entries: readonly JournalEntry[]) =>
  backgroundOf(holding(event), { ...NOTHING, entries }).history;

test('what Palier gave: when, under which version, from which assertions', () => {
  expect([...historyOf('E1', [entry('issued', 'E1', BY_US)])]).toEqual([
    [R1, { sinceS: 1200, version: 'v1', by: 'palier', earnedBy: ['a1'], event: 'E1' }],
  ]);
});

test('what was found in OBF was given by hand', () => {
  expect(historyOf('E1', [entry('found', 'E1')]).get(R1)).toEqual({
    sinceS: 1000,
    version: null,
    by: 'hand',
    earnedBy: [],
    event: 'E1',
  });
});

test.each<[string, string | null, readonly JournalEntry[], string | null | undefined]>([
  ['of its own event', 'E2', [entry('issued', 'E1', BY_US), entry('found', 'E2')], null],
  [
    'of what Palier gave, found again since',
    'E1',
    [entry('found', 'E1', { atS: 1500 }), entry('issued', 'E1', BY_US)],
    'v1',
  ],
  [
    'of the latest, where OBF tells of no event',
    null,
    [entry('found', 'E0'), entry('issued', 'E1', BY_US)],
    'v1',
  ],
  ['of no other event', 'E2', [entry('issued', 'E1', BY_US)], undefined],
  ['of no other badge', 'E1', [entry('issued', 'E1', { ...BY_US, badgeId: R2 })], undefined],
  ['of nothing but a giving', 'E1', [entry('flagged', 'E1'), entry('revoked', 'E1')], undefined],
])('its history is that %s', (_, event, entries, version) => {
  expect(historyOf(event, entries).get(R1)?.version).toBe(version);
});

test('in whichever order the account is read', () => {
  const entries = [
    entry('found', 'E1'),
    entry('issued', 'E1', BY_US),
    entry('flagged', 'E1', { atS: 1300 }),
    entry('issued', 'E2', { ...BY_US, badgeId: R2 }),
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (shuffled) => {
      expect(historyOf('E1', shuffled)).toEqual(historyOf('E1', entries));
    }),
  );
});

test('a badge that is not held has no history', () => {
  const nobody = evaluate(parse(SMALL_SCHEME, SMALL_PARTNERS), emptyPortfolio, 5000);
  expect(backgroundOf(nobody, { ...NOTHING, entries: [entry('issued', 'E1', BY_US)] }).history.size).toBe(0);
});

test('flags since the first of them, and what waits', () => {
  const flags = [
    { badgeId: R1, atS: 30 },
    { badgeId: R1, atS: 20 },
    { badgeId: R2, atS: 40 },
  ];
  const waiting = new Set([asAwardId('communiquer-2')]);
  const background = backgroundOf(holding('E1'), { entries: [], flags, waiting });
  expect([...background.flagged]).toEqual([
    [R1, 20],
    [R2, 40],
  ]);
  expect(background.waiting).toEqual(waiting);
});
