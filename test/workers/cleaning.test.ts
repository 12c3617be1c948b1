import { earnerKeyOf } from '../../src/earners/person.js';
import { asBadgeId, asEarnerKey } from '../../src/ids.js';
import type { RedisConnection } from '../../src/platform/redis.js';
import { QUEUES } from '../../src/queue/jobs.js';
import { cleanQueues, FAILED_RETENTION_MS } from '../../src/queue/failures.js';
import { gatherAwards, gatherSoon } from '../../src/workers/issue/gather-awards.js';
import { keepSchedules, scheduleHousekeeping, schedulePolls } from '../../src/workers/runtime/schedules.js';
import { runningPalier, type RunningPalier } from '../ops/support/running-palier.js';
import { type House, openHouse } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import type { Queue } from 'bullmq';

describe('clean queues', () => {
  const DAY_MS = 24 * 3_600_000;
  let house: House;
  let admin: RedisConnection;
  let lines: string[];
  beforeEach(async () => {
    lines = [];
    const logTo = { write: (line: string) => void lines.push(line) };
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2, logTo });
    admin = house.pipelines[0].redis;
  });
  afterEach(async () => {
    await house.close();
  });

  /** Jobs that failed so long ago: Redis has that as the score of the set of failed ones. */
  async function failedBefore(queue: Queue, ageMs: number, ids: readonly string[]): Promise<void> {
    const jobs = ids.map((jobId) => ({ name: 'x', data: { kind: 'x' }, opts: { jobId, attempts: 1 } }));
    const before = await queue.getFailedCount();
    await queue.addBulk(jobs);
    await until(async () => (await queue.getFailedCount()) === before + ids.length, 'failed jobs');
    const scores = ids.flatMap((id) => [Date.now() - ageMs, id]);
    await admin.zadd(queue.toKey('failed'), ...scores);
  }
  const failed = async (queue: Queue) => (await queue.getFailed()).map(({ id }) => id).toSorted();
  const removedIn = () =>
    lines
      .map((line) => JSON.parse(line) as { msg: string; queue: string; removed: number })
      .filter(({ msg }) => msg === 'old failed jobs removed')
      .map(({ queue, removed }) => [queue, removed]);

  test('what failed 90 days ago goes, in every queue; what failed later stays; counts are logged', async () => {
    const [pipeline] = house.pipelines;
    const { notices, earners, awards } = pipeline.queues;
    await failedBefore(notices, FAILED_RETENTION_MS + DAY_MS, ['old.1', 'old.2']);
    await failedBefore(notices, FAILED_RETENTION_MS - DAY_MS, ['new.1']);
    await failedBefore(awards, FAILED_RETENTION_MS + DAY_MS, ['old.3']);
    await cleanQueues(pipeline, new AbortController().signal);
    expect([await failed(notices), await failed(earners), await failed(awards)]).toEqual([['new.1'], [], []]);
    expect(await notices.getJob('old.1')).toBeUndefined();
    expect(removedIn()).toEqual([
      ['arrivals', 0],
      ['notices', 2],
      ['earners', 0],
      ['awards', 1],
      ['maintenance', 0],
      ['mails', 0],
    ]);
  });

  test('of pushed credentials that OBF refused, the newest 1 000 of a week stay; what failed otherwise is not among them', async () => {
    const [pipeline] = house.pipelines;
    const { notices } = pipeline.queues;
    const refused = async (ids: readonly string[], reason: string): Promise<void> => {
      for (const id of ids) await admin.hset(notices.toKey(id), 'failedReason', reason);
    };
    const many = Array.from({ length: 1001 }, (_, at) => `credential.new.${at}`);
    const absent = 'OBF GET credential: 404 Not Found';
    await failedBefore(notices, 8 * DAY_MS, ['credential.old', 'credential.away', 'issued.old']);
    await failedBefore(notices, DAY_MS, many);
    await refused(['credential.old', 'issued.old', ...many], absent);
    await refused(['credential.away'], 'ObfNotSent: OBF GET credential: no answer');
    await cleanQueues(pipeline, new AbortController().signal);
    const left = await failed(notices);
    expect(left).toHaveLength(1002);
    expect(left).toEqual(expect.arrayContaining(['credential.away', 'issued.old']));
    expect(left).not.toContain('credential.old');
  });

  test('more than one step removes', async () => {
    const [pipeline] = house.pipelines;
    const { notices } = pipeline.queues;
    const ids = Array.from({ length: 1500 }, (_, at) => `old.${at}`);
    await failedBefore(notices, FAILED_RETENTION_MS + DAY_MS, ids);
    await cleanQueues(pipeline, new AbortController().signal);
    expect(await failed(notices)).toEqual([]);
    expect(removedIn()[1]).toEqual(['notices', 1500]);
  });

  test('it is stopped between two steps', async () => {
    const [pipeline] = house.pipelines;
    const { notices } = pipeline.queues;
    const ids = Array.from({ length: 2500 }, (_, at) => `old.${at}`);
    await failedBefore(notices, FAILED_RETENTION_MS + DAY_MS, ids);
    const stop = new AbortController();
    const clean = notices.clean.bind(notices);
    jest.spyOn(notices, 'clean').mockImplementation(async (...how) => {
      const removed = await clean(...how);
      stop.abort();
      return removed;
    });
    await expect(cleanQueues(pipeline, stop.signal)).rejects.toThrow('aborted');
    expect(await notices.getFailedCount()).toBe(1500);
    jest.restoreAllMocks();
  });

  test('it is stopped between two queues when the worker stops', async () => {
    const [pipeline] = house.pipelines;
    await expect(cleanQueues(pipeline, AbortSignal.abort())).rejects.toThrow('aborted');
  });

  test('one schedule for all workers, every night by the clock of the scheme; a worker does its job', async () => {
    const [pipeline] = house.pipelines;
    await Promise.all(house.pipelines.map((one) => scheduleHousekeeping(one, 'clean')));
    const { maintenance } = pipeline.queues;
    const [first, ...others] = await maintenance.getJobSchedulers();
    expect(others).toEqual([]);
    const at = new Date(first?.next ?? 0);
    const inParis = at.toLocaleTimeString('fr-FR', {
      timeZone: 'Europe/Paris',
      hour: '2-digit',
      minute: '2-digit',
    });
    expect(inParis).toBe('03:23');
    expect(at.getTime() - Date.now()).toBeLessThanOrEqual(25 * 3_600_000);

    const [job] = await maintenance.getDelayed();
    await job?.promote();
    await until(() => removedIn().length === QUEUES.length, 'run of the clean');
    await maintenance.removeJobScheduler('clean');
  });

  test('schedules that Redis has lost are set again, without a restart of the worker', async () => {
    const [pipeline] = house.pipelines;
    const { maintenance, notices } = pipeline.queues;
    const schedules = async (): Promise<string[]> => {
      const all = await Promise.all([notices.getJobSchedulers(), maintenance.getJobSchedulers()]);
      return all.flat().map(({ key }) => key);
    };
    const removeAll = async (): Promise<void> => {
      for (const queue of [maintenance, notices])
        for (const { key } of await queue.getJobSchedulers()) await queue.removeJobScheduler(key);
    };
    const timers = jest.spyOn(globalThis, 'setInterval');
    const times = { pollEveryS: 3600, verifyEveryH: 24, retentionMonths: null };
    const stop = await keepSchedules(pipeline, times);
    const [check] = timers.mock.calls.find(([, everyMs]) => everyMs === 60_000) ?? [];
    timers.mockRestore();
    const set = (await schedules()).toSorted();
    expect(set).toEqual(
      ['clean', 'poll.P1', 'poll.P2', 'poll.REGION', 'population', 'purge', 'sweep', 'verify'].toSorted(),
    );
    await removeAll();
    check?.();
    await until(async () => (await schedules()).length === set.length, 'schedules');
    await stop();
    await removeAll();
  });

  test('a sweep and a poll that throw never stand in failed, and run again by their schedule', async () => {
    const [{ queues }] = house.pipelines;
    const { maintenance, notices } = queues;
    const waiting = house.pipelines.map(({ outbox }) =>
      jest.spyOn(outbox, 'waiting').mockRejectedValue(new Error('no answer')),
    );
    house.sandbox.fault({ route: 'GET events', clientId: 'P1', kind: 'status', status: 403, times: 1000 });
    const polls = () =>
      house.sandbox.calls.filter(({ route, clientId }) => route === 'GET events' && clientId === 'P1').length;
    const says = (text: string) => lines.filter((line) => line.includes(text)).length;
    try {
      await scheduleHousekeeping(house.pipelines[0], 'sweep');
      await schedulePolls(house.pipelines[0], 300);
      const asked = () => waiting.reduce((sum, { mock }) => sum + mock.calls.length, 0);
      for (const times of [1, 2]) {
        await until(async () => {
          for (const job of await maintenance.getDelayed()) await job.promote().catch(() => undefined);
          return asked() >= times;
        }, 'a sweep that throws');
      }
      await until(() => polls() >= 3, 'polls that throw');
      expect(await house.failedReasons()).toEqual([]);

      for (const spy of waiting) spy.mockRestore();
      house.sandbox.clearFaults();
      await until(async () => {
        for (const job of await maintenance.getDelayed()) await job.promote().catch(() => undefined);
        return says('outboxes swept') > 0;
      }, 'a sweep that does its work');
      const before = polls();
      await until(() => polls() > before, 'a poll');
      expect(await house.failedReasons()).toEqual([]);
    } finally {
      for (const queue of [maintenance, notices])
        for (const { key } of await queue.getJobSchedulers()) await queue.removeJobScheduler(key);
    }
  });
});

describe('gathering', () => {
  const R1 = asBadgeId('R1');

  let palier: RunningPalier;

  beforeEach(async () => {
    const pace = { quietMs: 50, gatherMs: 600_000 };
    palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, pace });
  });
  afterEach(() => palier.close());

  test.each(['arrivals', 'notices', 'earners'] as const)(
    'half of a class is evaluated, the other half waits in "%s": what is due gathers on until it is through',
    async (name) => {
      const { queues, outbox, vault } = palier.pipeline;
      const [first, other] = ['lou', 'sam'].map((one) => earnerKeyOf(vault, `${one}@example.org`));
      if (first === undefined || other === undefined) throw new Error('two earners');
      const gather = async (): Promise<unknown> =>
        (await gatherAwards(palier.pipeline, { badgeId: R1 }, new AbortController().signal)).facts;
      const isQuiet = async (): Promise<boolean> => ((await outbox.waitTimes(R1))?.quietForMs ?? 0) > 50;
      await queues[name].add('other half', {});
      await outbox.put(R1, first);
      await until(isQuiet, 'quiet');
      expect(await gather()).toMatchObject({ earners: 0 });
      // All are evaluated now, as far as the queues know.
      await queues[name].drain();
      await outbox.put(R1, other);
      await until(isQuiet, 'quiet');
      expect(await gather()).toMatchObject({ earners: 2, batches: [expect.any(String)] });
    },
  );

  test('a full batch leaves at once, though its badge waits for more', async () => {
    const { outbox, queues } = palier.pipeline;
    const pipeline = { ...palier.pipeline, pace: { ...palier.pipeline.pace, quietMs: 600_000, batchMax: 2 } };
    const gathers = () => queues.awards.getJobCounts('delayed', 'waiting');
    const counts = [];
    for (const name of ['lou', 'sam']) {
      await outbox.put(R1, asEarnerKey(name));
      await gatherSoon(pipeline, R1);
      counts.push(await gathers());
    }
    expect(counts).toEqual([
      { delayed: 1, waiting: 0 },
      { delayed: 0, waiting: 1 },
    ]);
  });
});
