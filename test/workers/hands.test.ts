import { createHands } from '../../src/workers/hands.js';

/** A piece of work that ends when it is told to. */
function work(): { readonly ended: Promise<void>; end: () => void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end: () => end() };
}

test('what is quick keeps no hand, and nobody is told that it is slow', async () => {
  const hands = createHands(1);
  let told = 0;
  await hands.hold(Promise.resolve(), async () => void (told += 1));
  expect([told, hands.isFree()]).toEqual([0, true]);
});

test('what is slow keeps its hand to its end, also when whoever is told of it fails', async () => {
  const hands = createHands(1);
  const { ended, end } = work();
  let failing: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve) => {
    failing = hands.hold(ended, async () => {
      resolve();
      throw new Error('Redis is away');
    });
    failing.catch(() => {});
  });
  expect(hands.isFree()).toBe(false);
  end();
  await expect(failing).rejects.toThrow('Redis is away');
  expect(hands.isFree()).toBe(true);
});

test('with all hands held by what is slow none is free', async () => {
  const hands = createHands(1);
  const { ended, end } = work();
  let held: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve) => {
    held = hands.hold(ended, async () => resolve());
  });
  expect(hands.isFree()).toBe(false);
  end();
  await held;
  expect(hands.isFree()).toBe(true);
});
