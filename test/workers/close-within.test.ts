import { closeWithTimeout } from '../../src/workers/runtime/workers.js';

/** A worker that closes when it is let. */
function closing() {
  let isDone = (): void => undefined;
  const closed = new Promise<void>((resolve) => (isDone = resolve));
  const cancelAllJobs = jest.fn();
  const forceClose = jest.fn(() => Promise.resolve());
  return {
    worker: { close: () => closed, cancelAllJobs, forceClose },
    done: () => isDone(),
    cancelAllJobs,
    forceClose,
  };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** After how many milliseconds it is given up or done; NaN: not within a minute. */
async function endedAfterMs(
  { worker }: Pick<ReturnType<typeof closing>, 'worker'>,
  isInVain: () => boolean,
): Promise<number> {
  const startedMs = Date.now();
  const ended = closeWithTimeout(worker, 20_000, isInVain).then(() => Date.now() - startedMs);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(jest.getTimerCount()).toBe(0);
  return Promise.race([ended, Promise.resolve(NaN)]);
}

test('a worker that closes is waited for, and nothing is cancelled', async () => {
  const one = closing();
  setTimeout(one.done, 3000);
  expect(await endedAfterMs(one, () => false)).toBe(3000);
  expect(one.cancelAllJobs).not.toHaveBeenCalled();
  expect(one.forceClose).not.toHaveBeenCalled();
});

test('one that does not has its jobs given back at the limit', async () => {
  const one = closing();
  expect(await endedAfterMs(one, () => false)).toBe(20_000);
  expect(one.cancelAllJobs).toHaveBeenCalledTimes(1);
  expect(one.forceClose).not.toHaveBeenCalled();
});

test('where it is in vain it is forceCloseed', async () => {
  const one = closing();
  expect(await endedAfterMs(one, () => true)).toBe(1000);
  expect(one.cancelAllJobs).not.toHaveBeenCalled();
  expect(one.forceClose).toHaveBeenCalledTimes(1);
});

test('a moment without Redis is not in vain', async () => {
  const one = closing();
  let looks = 0;
  setTimeout(one.done, 5000);
  expect(await endedAfterMs(one, () => (looks += 1) % 2 === 0)).toBe(5000);
});
