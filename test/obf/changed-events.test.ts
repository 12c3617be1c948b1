import * as fc from 'fast-check';
import { asClientId, asEventId, type EventId } from '../../src/ids.js';
import type { ObfAccount, ObfEvent, PageQuery } from '../../src/obf/types.js';
import type { EventIndex } from '../../src/obf/read-state.js';
import { changedPages, type Look } from '../../src/obf/changed-events.js';

const clientId = asClientId('P1');
const numbered = (from: number, to: number): readonly EventId[] =>
  Array.from({ length: to - from }, (_, at) => asEventId(`e${from + at}`));

/** OBF lists `listed`, of which we know some, and may know others that it lists no longer. */
function bench(listed: readonly EventId[], known: readonly EventId[], tellsTotal = true) {
  const offsets: number[] = [];
  const account = {
    clientId,
    events: async ({ offset = 0, limit = 1000 }: PageQuery) => {
      offsets.push(offset);
      const keys = listed.slice(offset, offset + limit);
      const rows = keys.map((id) => ({ id }) as ObfEvent);
      return { rows, odd: [], keys, total: tellsTotal ? listed.length : null };
    },
  } as unknown as ObfAccount;
  const set = new Set(known);
  const events: Pick<EventIndex, 'count' | 'compare'> = {
    count: async () => set.size,
    compare: async (_, rows) => ({
      unread: new Set(rows.map(({ id }) => id).filter((id) => !set.has(id))),
      changed: new Set(),
    }),
  };
  const look = async (how: Look, isHeads: boolean): Promise<string[]> => {
    offsets.length = 0;
    const looking = { account, events, look: how, isHeads: () => isHeads };
    const found = new Set<string>();
    for await (const page of changedPages(looking, new AbortController().signal))
      for (const { id } of page.events) found.add(id);
    return [...found];
  };
  return { look, offsets };
}

test.each([true, false])(
  'nothing new, however long the list: a poll is one call (last end: %s)',
  async (heads) => {
    for (const count of [0, 10, 999, 1001, 5000]) {
      const { look, offsets } = bench(numbered(0, count), numbered(0, count));
      expect(await look('an end', heads)).toEqual([]);
      expect([count, offsets.length]).toEqual([count, 1]);
    }
  },
);

test.each([true, false])(
  'news is found at once, at whichever end it stands (looks at the last: %s)',
  async (heads) => {
    const oldestFirst = bench(numbered(0, 3005), numbered(0, 3000));
    expect((await oldestFirst.look('an end', heads)).toSorted()).toEqual(numbered(3000, 3005));
    const newestFirst = bench([...numbered(3000, 3005), ...numbered(0, 3000)], numbered(0, 3000));
    expect((await newestFirst.look('an end', heads)).toSorted()).toEqual(numbered(3000, 3005));
  },
);

test('what OBF lists no longer hides a new event from one end, and not from the other', async () => {
  // Two gone, two new: the sum is right.
  const { look } = bench([...numbered(2, 3000), ...numbered(3000, 3002)], numbered(0, 3000));
  expect(await look('an end', false)).toEqual([]);
  expect(await look('an end', true)).toEqual(numbered(3000, 3002));
  expect((await look('both ends', false)).toSorted()).toEqual(numbered(3000, 3002));
});

test.each([true, false])('OBF lists fewer than we know: both ends are read (%s)', async (heads) => {
  const { look } = bench([...numbered(2000, 5000), asEventId('new')], numbered(0, 5000));
  expect(await look('an end', heads)).toEqual(['new']);
});

test('whatever is known, a poll finds all that is new, unless something was taken off the list', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2600 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 2600 }), { maxLength: 5 }),
      fc.boolean(),
      fc.boolean(),
      async (count, missing, heads, tellsTotal) => {
        const listed = numbered(0, count);
        const fresh = new Set(missing.filter((at) => at < count).map((at) => `e${at}`));
        const { look } = bench(
          listed,
          listed.filter((id) => !fresh.has(id)),
          tellsTotal,
        );
        expect(new Set(await look('an end', heads))).toEqual(fresh);
      },
    ),
  );
});
