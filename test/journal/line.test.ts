import { journalLine, journalLineSchema } from '../../src/journal/line.js';
import { JOURNAL_KINDS } from '../../src/earners/journal-entry.js';
import { publishedSchema } from '../support/published-schema.js';
import { entryOf, NOON_S } from './support.js';

test('docs/schema/audit.json is the schema of a line', () => {
  const { file, made } = publishedSchema('audit', journalLineSchema);
  expect(file).toEqual(made);
});

test('an entry as a line', () => {
  expect(journalLine(entryOf())).toEqual({
    kind: 'issued',
    at_s: NOON_S,
    at_iso: '2026-11-23T11:00:00.000Z',
    earner: 'k1',
    award: 'communiquer-1',
    badge: 'R1',
    assertions: ['a1', 'a2'],
    cause: 'webhook.event.P1.E1',
    version: '0123456789abcdef',
    event: 'G1',
    detail: null,
  });
});

test.each(JOURNAL_KINDS)('a line of kind %s is of the schema', (kind) => {
  const nothing = { earner: null, award: null, badgeId: null, assertions: [], cause: null, event: null };
  expect(journalLineSchema.safeParse(journalLine(entryOf({ kind })))).toMatchObject({ success: true });
  const bare = journalLine(entryOf({ kind, ...nothing, version: null }));
  expect(journalLineSchema.safeParse(bare)).toMatchObject({ success: true });
});

test('an instant that no calendar has is told in seconds alone', () => {
  expect(journalLine(entryOf({ atS: 10 ** 14 }))).toMatchObject({ at_s: 10 ** 14, at_iso: null });
});
