import { createBatcher } from '../../src/workers/ingest/batcher.js';

/** A batch that ends when the test says so. */
function bench() {
  const begun: { readonly asked: readonly number[]; readonly end: (error?: Error) => void }[] = [];
  const ask = createBatcher<number, string>(
    (asked) =>
      new Promise((resolve, reject) => {
        const answers = (): Promise<string>[] => asked.map(async (one) => `answer ${one}`);
        begun.push({ asked, end: (error) => (error === undefined ? resolve(answers()) : reject(error)) });
      }),
  );
  return { begun, ask, asked: () => begun.map((one) => one.asked) };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('alone, nobody waits; of those who ask while rounds are under way, all join the next', async () => {
  const { begun, ask, asked } = bench();
  const first = ask(1);
  await soon();
  const second = ask(2);
  await soon();
  const others = [ask(3), ask(4), ask(5)];
  await soon();
  expect(asked()).toEqual([[1], [2]]);
  begun[1]?.end();
  expect(await second).toBe('answer 2');
  await soon();
  // The slow first one kept nobody waiting.
  expect(asked()).toEqual([[1], [2], [3, 4, 5]]);
  begun[2]?.end();
  expect(await Promise.all(others)).toEqual(['answer 3', 'answer 4', 'answer 5']);
  begun[0]?.end();
  expect(await first).toBe('answer 1');
});

test('a round that fails is told to those in it, and to nobody else', async () => {
  const { begun, ask, asked } = bench();
  const failing = [ask(1), ask(2)].map((one) => one.catch((error: Error) => error.message));
  await soon();
  const next = ask(3);
  await soon();
  begun[0]?.end(new Error('OBF is away'));
  expect(await Promise.all(failing)).toEqual(['OBF is away', 'OBF is away']);
  begun[1]?.end();
  expect(await next).toBe('answer 3');
  const later = ask(4);
  await soon();
  expect(asked()).toEqual([[1, 2], [3], [4]]);
  begun[2]?.end();
  expect(await later).toBe('answer 4');
});
