import { Redis } from 'ioredis';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../../src/obf/errors.js';
import { createLogger } from '../../src/platform/logger.js';
import { openConsumer, type RedisAddress } from '../../src/platform/redis.js';
import { openQueue, openQueues } from '../../src/queue/enqueue.js';
import { retryTransient } from '../../src/workers/runtime/job-outcome.js';
import { keepDelays } from '../../src/workers/runtime/schedules.js';
import { closeWithTimeout, QueueWorker } from '../../src/workers/runtime/workers.js';
import { steadyPort } from '../support/ports.js';
import { addressOf, testRedis } from '../support/redis.js';
import { until } from '../support/until.js';

describe('close within', () => {
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
});

test('while Redis does not answer, the looks at the delays do not pile up', async () => {
  jest.useFakeTimers();
  const redis = new Redis({ lazyConnect: true });
  const time = jest.spyOn(redis, 'time').mockReturnValue(new Promise<never>(() => undefined));
  const log = createLogger('silent', 'test');
  const queues = openQueues((name) => openQueue(name, redis, log, '{test}', null, false));
  const stop = keepDelays({ queues, log });
  try {
    await jest.advanceTimersByTimeAsync(60_000);
    expect(time).toHaveBeenCalledTimes(1);
  } finally {
    await stop();
    jest.useRealTimers();
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
    redis.disconnect();
  }
});

describe('queue worker', () => {
  /** Of a Redis that is not there. */
  const ADDRESS: Readonly<Record<RedisAddress['kind'], (port: number) => string>> = {
    single: (port) => `redis://127.0.0.1:${port}`,
    sentinel: (port) => `redis-sentinel://127.0.0.1:${port}/palier`,
    cluster: (port) => `redis://127.0.0.1:${port},redis://127.0.0.1:${port}`,
  };

  // That nothing of it goes on is looked for when this file ends, as after every file. Of itself it never would end:
  // its close() waits for the second connection to have been there once.
  test.each(['single', 'sentinel', 'cluster'] as const)(
    '%s: a worker whose connection for waiting was never there ends, and leaves nothing behind',
    async (kind) => {
      const address = addressOf(ADDRESS[kind](await steadyPort()));
      expect(address.kind).toBe(kind);
      const redis = await testRedis();
      const connection = Object.assign(redis.connection, { duplicate: () => openConsumer(address) });
      const worker = new QueueWorker('notices', () => Promise.resolve(), {
        connection,
        prefix: redis.prefix,
      });
      const errors: string[] = [];
      worker.on('error', ({ message }) => void errors.push(message));
      await until(() => errors.length > 0, 'try to connect for waiting');
      await closeWithTimeout(worker, 20_000, () => true);
      await redis.close();
    },
  );
});

describe('retry transient', () => {
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

  test('but not for more than an hour in all', async () => {
    const last = new ObfThrottled('GET events', 300_000);
    const call = failing(...Array.from({ length: 12 }, () => new ObfThrottled('GET events', 300_000)), last);
    expect(await ended(call, 1)).toMatchObject({ error: last, waits: { length: 12 } });
  });

  test.each([new ObfRefused('GET events', 404, 'not there'), new TypeError('a fault of ours')])(
    '%s: once, and told',
    async (error) => {
      const call = failing(error);
      expect(await ended(call)).toMatchObject({ error });
      expect(call).toHaveBeenCalledTimes(1);
    },
  );

  test('one try: its error comes at once', async () => {
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
});
