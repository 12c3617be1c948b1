import { readSince } from '../../src/ops/cli/replay.js';
import { durationWords } from '../../src/ops/shared/words.js';

/** 15 January 2026, 10:00 in Normandie. */
const NOW_MS = Date.UTC(2026, 0, 15, 9);
const HOUR_MS = 3_600_000;

test.each([
  ['30m', NOW_MS - HOUR_MS / 2],
  ['2h', NOW_MS - 2 * HOUR_MS],
  [' 3J ', NOW_MS - 72 * HOUR_MS],
  ['3d', NOW_MS - 72 * HOUR_MS],
  ['0h', NOW_MS],
  ['2026-01-14', Date.UTC(2026, 0, 13, 23)],
  ['2026-01-15T09:30', Date.UTC(2026, 0, 15, 8, 30)],
  ['2026-01-15T08:30Z', Date.UTC(2026, 0, 15, 8, 30)],
  ['2025-07-14', Date.UTC(2025, 6, 13, 22)],
])('%j is an instant, in the zone of the scheme', (typed, expected) => {
  expect(readSince(typed, 'Europe/Paris', NOW_MS)).toBe(expected);
});

test.each(['', 'h', '2', '2 heures', '-2h', '2026-13-01', '15/01/2026', '2026-01-16', '9999999h'])(
  '%j is none',
  (typed) => {
    expect(() => readSince(typed, 'Europe/Paris', NOW_MS)).toThrow('--since');
  },
);

test.each([
  [0, '0 s', '0 s'],
  [-5, '0 s', '0 s'],
  [59.9, '59 s', '59 s'],
  [60, '1 min', '1 min'],
  [3 * 3600 + 12 * 60 + 5, '3 h 12 min', '3 h 12 min'],
  [2 * 86_400 + 5 * 60, '2 j', '2 d'],
  [2 * 86_400 + 5 * 3600, '2 j 5 h', '2 d 5 h'],
])('%d s: %s', (seconds, fr, en) => {
  expect(durationWords(seconds)).toEqual({ fr, en });
});
