import { setImmediate as nextTurn } from 'node:timers/promises';
import { batchPerTick } from '../../src/webhooks/server.js';

/** A store that notes what it was given, and answers when it is told to. */
function slowStore() {
  const writes: { readonly items: readonly number[]; answer: (error?: Error) => void }[] = [];
  const store = batchPerTick<number>(
    (items) =>
      new Promise((resolve, reject) => {
        writes.push({ items, answer: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  );
  return { writes, store };
}

test('what is given within one tick is one write, and nobody is told before it is stored', async () => {
  const { writes, store } = slowStore();
  const told: number[] = [];
  const given = Array.from({ length: 64 }, (_, at) => store([at]).then(() => told.push(at)));
  await nextTurn();
  await nextTurn();
  expect(writes.map(({ items }) => items)).toEqual([Array.from({ length: 64 }, (_, at) => at)]);
  expect(told).toEqual([]);
  writes[0]?.answer();
  await Promise.all(given);
  expect(told).toHaveLength(64);
});

test('a write that fails is told to those who were part of it, and to nobody else', async () => {
  const { writes, store } = slowStore();
  const first = Promise.allSettled([store([1]), store([2])]);
  await nextTurn();
  await nextTurn();
  const second = store([3]);
  await nextTurn();
  await nextTurn();
  expect(writes.map(({ items }) => items)).toEqual([[1, 2], [3]]);
  writes[0]?.answer(new Error('Redis is away'));
  writes[1]?.answer();
  expect((await first).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(second).resolves.toBeUndefined();
});
