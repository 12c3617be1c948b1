import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import type { RunningProcess } from '../support/processes.js';
import { withRedisAt } from '../support/redis.js';
import { openSmallFleet, type SmallFleet } from '../support/small-fleet.js';
import { until } from '../support/until.js';
import { pathToFileURL } from 'node:url';

describe('clocks', () => {
  /** Workers whose machines' clocks are off. */
  const LOU = 'lou@example.org';
  const SKEWED = { NODE_OPTIONS: `--import ${pathToFileURL('test/support/clock-skew.mjs').href}` };
  const skewedBy = (seconds: number) => ({ ...SKEWED, CLOCK_SKEW_MS: String(seconds * 1000) });

  /** In the log of a worker whose batch waits until its call shows in OBF. */
  const LATER = '"code":"not_settled_yet"';

  let redis: OwnRedis;
  let fleet: SmallFleet;
  const open = async (pace: Readonly<Record<string, number>>): Promise<string> => {
    redis = await ownRedis();
    const all = { quietMs: 50, gatherMs: 300, lockMs: 1500, ...pace };
    const env = { REDIS_URL: redis.url, NODE_ENV: 'test', PALIER_PACE: JSON.stringify(all) };
    fleet = await openSmallFleet(env, { maxRps: null, tokenEveryMs: 0 });
    return fleet.urlOf(fleet.start('web'));
  };
  afterEach(async () => {
    await fleet.close();
    await redis.stop();
  });

  const earn = async (url: string, who: string) => {
    const events = [['P1', 'A'] as const, ['P2', 'B'] as const].map(([clientId, badgeId]) =>
      fleet.sandbox.issueByHand({ clientId, badgeId, recipients: [who] }),
    );
    const tell = async (): Promise<void> => {
      for (const event of events) expect(await fleet.notify(url, event)).toBe(202);
    };
    await tell();
    return tell;
  };
  const says = (one: RunningProcess, words: string) =>
    until(() => one.output().includes(words), `"${words}" in a log`);
  const kill = async (one: RunningProcess): Promise<void> => {
    one.child.kill('SIGKILL');
    await one.stop();
  };
  const batches = (): Promise<string[]> =>
    withRedisAt(redis.url, (client) => client.hvals('palier:batches:{R1}'));
  /** How many issue calls OBF received. */
  const calls = (): number => fleet.sandbox.issues().length;
  /** Whom those that took effect were for. */
  const carriedOut = (): string[] =>
    fleet.sandbox.issues().flatMap(({ eventId, recipients }) => (eventId === null ? [] : recipients));

  test('Redis emptied, a call under way, and who notices has a clock two minutes behind: nothing is sent meanwhile', async () => {
    const url = await open({ settleMs: 30_000, sendWithinMs: 10_000 });
    fleet.sandbox.fault({ route: 'POST issue', kind: 'black-hole' });
    const sender = fleet.start('worker');
    await says(sender, 'worker started');
    const tellAgain = await earn(url, LOU);
    await until(() => calls() > 0, 'a call');
    await kill(sender);
    const [behind, other] = [fleet.start('worker', skewedBy(-120)), fleet.start('worker')];
    await Promise.all([says(behind, 'worker started'), says(other, 'worker started')]);
    // One of them has the batch: both know this Redis by then.
    await until(() => (behind.output() + other.output()).includes(LATER), 'a batch that waits');
    other.child.kill('SIGSTOP');
    await withRedisAt(redis.url, (client) => client.flushall());
    await tellAgain();
    const waits = (one: RunningProcess, before: number): boolean =>
      one.output().slice(before).includes(LATER);
    const [ofBehind, ofOther] = [behind.output().length, other.output().length];
    await until(() => waits(behind, ofBehind), 'a batch of after the loss');
    await kill(behind);
    other.child.kill('SIGCONT');
    await until(() => waits(other, ofOther) || calls() > 1, 'the other to take it');
    // Now the call that was under way has its effect.
    fleet.sandbox.issueByHand({ clientId: 'REGION', badgeId: 'R1', recipients: [LOU] });
    await until(() => other.output().includes('nothing left to issue') || calls() > 1, 'an end');
    expect(calls()).toBe(1);
  }, 240_000);

  test('a clock ten minutes ahead, and the process gone: nobody waits ten minutes', async () => {
    const url = await open({ settleMs: 2000, sendWithinMs: 1000 });
    fleet.sandbox.fault({ route: 'POST issue', kind: 'reply-lost' });
    const ahead = fleet.start('worker', skewedBy(600));
    await says(ahead, 'worker started');
    await earn(url, LOU);
    await says(ahead, LATER);
    await kill(ahead);
    const onTime = fleet.start('worker');
    await says(onTime, 'worker started');
    await earn(url, 'sam@example.org');
    await until(() => carriedOut().includes('sam@example.org'), 'the award of another');
    await until(async () => (await batches()).length === 0, 'the end of the unknown batch');
    expect(carriedOut()).toEqual([LOU, 'sam@example.org']);
  }, 180_000);
});

describe('processes', () => {
  /** `web` and two `worker` processes, as the Procfile has them, before the sandbox, with OBF's own limits. */
  let redis: OwnRedis;
  let fleet: SmallFleet;
  beforeAll(async () => {
    redis = await ownRedis();
    fleet = await openSmallFleet({ REDIS_URL: redis.url, LOG_LEVEL: 'debug' }, { maxRps: 10 });
  });
  afterAll(async () => {
    await fleet.close();
    await redis.stop();
  });

  test('one class of 200, two badges told twice at the same moment: 200 awards, none twice, all stop cleanly', async () => {
    const { sandbox } = fleet;
    const web = fleet.start('web');
    const workers = [fleet.start('worker'), fleet.start('worker')];
    const url = await fleet.urlOf(web);
    const pupils = Array.from({ length: 200 }, (_, at) => `eleve.${at}@example.org`);
    const events = [['P1', 'A'] as const, ['P2', 'B'] as const].map(([clientId, badgeId]) =>
      sandbox.issueByHand({ clientId, badgeId, recipients: pupils }),
    );
    const statuses = await Promise.all([...events, ...events].map((event) => fleet.notify(url, event)));
    expect(statuses).toEqual([202, 202, 202, 202]);
    await until(() => sandbox.issues().flatMap(({ recipients }) => recipients).length >= 200, '200 awards');
    expect(await fleet.stop()).toEqual([0, 0, 0]);
    const awarded = sandbox
      .issues()
      .flatMap(({ badgeId, recipients }) => recipients.map((who) => `${badgeId} ${who}`));
    expect(awarded.toSorted()).toEqual(pupils.map((pupil) => `R1 ${pupil}`).toSorted());
    expect(sandbox.calls.filter(({ status }) => status === 429)).toEqual([]);
    expect([web, ...workers].map((one) => one.output()).join('')).not.toMatch(/@|eleve\./);
  });

  test.each([
    ['web', 'PALIER_KEY', { PALIER_KEY: 'short', OBF_MAX_RPS: 'many' }, ['PALIER_KEY', 'OBF_MAX_RPS']],
    ['worker', 'a partner key', { KEY_P1: '' }, ['KEY_P1']],
    ['worker', 'the scheme', { PALIER_CONFIG: 'test/no-such-folder' }, ['test/no-such-folder']],
  ])('%s with a fault in %s says which, and does not start', async (name, _what, more, said) => {
    const one = fleet.start(name, more);
    await until(() => one.child.exitCode !== null, 'end of the process');
    expect(one.child.exitCode).toBe(1);
    // What it wrote may be read after its end is known.
    for (const words of said) await until(() => one.output().includes(words), `"${words}" in what it says`);
  });
});
