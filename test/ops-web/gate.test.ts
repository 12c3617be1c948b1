import { until } from '../support/until.js';
import { createGate } from '../../src/ops/web/sign-in/limits.js';

/** Work that ends when it is told to. */
function held() {
  const started: number[] = [];
  const ends: ((value: number) => void)[] = [];
  const work = (n: number) => () => {
    started.push(n);
    return new Promise<number>((resolve) => (ends[n] = resolve));
  };
  return { started, work, end: (n: number) => ends[n]?.(n) };
}

test('so many are checked at a time, the next one when one is done, and the rest is refused', async () => {
  const { started, work, end } = held();
  const gate = createGate(2, 1);
  const results = [0, 1, 2].map((n) => gate(work(n)));
  await expect(gate(work(3))).rejects.toMatchObject({ code: 'busy', status: 503, retryAfterS: 60 });
  expect(started).toEqual([0, 1]);
  end(1);
  await expect(results[1]).resolves.toBe(1);
  expect(started).toEqual([0, 1, 2]);
  end(0);
  end(2);
  await expect(Promise.all(results)).resolves.toEqual([0, 1, 2]);
  const after = gate(work(4));
  await until(() => started.includes(4), 'the next one');
  end(4);
  await expect(after).resolves.toBe(4);
});

test('work that fails leaves its place', async () => {
  const gate = createGate(1, 0);
  await expect(gate(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(gate(() => Promise.resolve('yes'))).resolves.toBe('yes');
});
