import { ObfNotSent, ObfRefused, ObfThrottled } from '../../src/obf/errors.js';
import { retryTransient } from '../../src/workers/runtime/retry-transient.js';

const never = new AbortController().signal;
/** Fails with these, then is done. */
function failing(...errors: readonly Error[]) {
  const left = [...errors];
  const call = jest.fn(async () => {
    const error = left.shift();
    if (error !== undefined) throw error;
    return 'done';
  });
  return call;
}
const silent = () => new ObfNotSent('GET events', 'no answer in time');
const away = () => new Error('Command timed out');

/** What came of it, and what was waited in between, milliseconds. */
async function ended(call: () => Promise<string>, tries?: number, signal = never) {
  const waits: number[] = [];
  const wait = async (forMs: number): Promise<void> => void waits.push(forMs);
  const patience = { random: () => 0, wait, ...(tries === undefined ? {} : { tries }) };
  try {
    return { waits, result: await retryTransient(call, signal, patience) };
  } catch (error) {
    return { waits, error };
  }
}

test('what OBF or Redis did not answer is done again', async () => {
  const call = failing(silent(), away(), silent());
  expect(await ended(call)).toEqual({ result: 'done', waits: [500, 1000, 2000] });
  expect(call).toHaveBeenCalledTimes(4);
});

test('but not for ever', async () => {
  const last = silent();
  const call = failing(...Array.from({ length: 7 }, silent), last);
  const { error, waits } = await ended(call);
  expect(error).toBe(last);
  expect(waits.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(60_000);
  expect(call).toHaveBeenCalledTimes(8);
});

test('OBF may ask to wait, however often', async () => {
  const call = failing(...Array.from({ length: 50 }, () => new ObfThrottled('GET events', 1000)));
  expect(await ended(call)).toEqual({ result: 'done', waits: Array.from({ length: 50 }, () => 1000) });
});

test.each([new ObfRefused('GET events', 404, 'not there'), new TypeError('a fault of ours')])(
  '%s: once, and told',
  async (error) => {
    const call = failing(error);
    expect(await ended(call)).toMatchObject({ error });
    expect(call).toHaveBeenCalledTimes(1);
  },
);

test('whoever asks for one try is told at once', async () => {
  const error = silent();
  expect(await ended(failing(error), 1)).toMatchObject({ error });
});

test('given up meanwhile, it is not done again', async () => {
  const stop = new AbortController();
  const call = jest.fn(async () => {
    stop.abort(new Error('enough'));
    throw silent();
  });
  expect(await ended(call, undefined, stop.signal)).toMatchObject({ error: new Error('enough') });
  expect(call).toHaveBeenCalledTimes(1);
});
