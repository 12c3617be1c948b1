import { createHands } from '../../src/workers/hands.js';

/** A piece of work that ends when it is told to. */
function work(): { readonly ended: Promise<void>; end: () => void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end: () => end() };
}

test('no more are given than there are, to many who ask at once', async () => {
  const hands = createHands(5);
  const { ended, end } = work();
  const all = [hands.take(3), hands.take(3), hands.take(3)];
  let held: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve) => {
    held = hands.hold(ended, async () => resolve());
  });
  expect(await Promise.all(all)).toEqual([3, 2, 0]);
  end();
  await held;
  hands.letGo(4);
  expect(await hands.take(4)).toBe(4);
});

test('while all is quick, who asks waits for the next that is let go', async () => {
  const hands = createHands(1);
  let told = 0;
  expect(await hands.take(1)).toBe(1);
  const next = hands.take(1);
  await hands.hold(Promise.resolve(), async () => void (told += 1));
  hands.letGo(1);
  expect([await next, told]).toEqual([1, 0]);
});

test.each(['the work', 'whoever is told that it is slow'])(
  'a failure of %s is heard when both are over',
  async (who) => {
    const hands = createHands(1);
    const { ended, end } = work();
    const failing = ended.then(() =>
      who === 'the work' ? Promise.reject(new Error('Redis is away')) : undefined,
    );
    let over = false;
    let held: Promise<void> = Promise.resolve();
    await new Promise<void>((resolve) => {
      held = hands.hold(failing, async () => {
        resolve();
        if (who !== 'the work') throw new Error('Redis is away');
      });
      held.catch(() => (over = true));
    });
    expect(over).toBe(false);
    end();
    await expect(held).rejects.toThrow('Redis is away');
  },
);

test('while all is quick, what came in together gets its hands together, before whoever asks later', async () => {
  const hands = createHands(4);
  expect(await hands.take(3)).toBe(3);
  const given: string[] = [];
  const many = hands.take(4).then((count) => given.push(`many ${count}`));
  const one = hands.take(1).then((count) => given.push(`one ${count}`));
  for (let at = 0; at < 3; at += 1) hands.letGo(1);
  await many;
  hands.letGo(4);
  await one;
  expect(given).toEqual(['many 4', 'one 1']);
});
