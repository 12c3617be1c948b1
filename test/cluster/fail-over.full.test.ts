import { recordKey } from '../../src/earners/store.js';
import { cp, rm } from 'node:fs/promises';
import { Redis } from 'ioredis';
import type { BadgeId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import type { GroupNode, RedisGroup } from '../support/redis-group.js';
import { pollEvents } from '../../src/workers/ingest/poll-events.js';
import { polledClients } from '../../src/workers/runtime/schedules.js';
import { openHouse, type House } from '../support/house.js';
import { ownGroup } from '../support/own-group.js';
import { ownRedis } from '../support/own-redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/**
 * A server fails, and the one that takes over (or the same, started anew) has not got what was written last.
 * What did OBF receive?
 */
const LOU = 'lou@example.org';

let house: House;
const releases: (() => Promise<void>)[] = [];
const before = process.env['TEST_REDIS_URL'];
afterEach(async () => {
  process.env['TEST_REDIS_URL'] = before;
  // Each is closed whatever becomes of the others: servers that are left would outlive the run.
  const faults: unknown[] = [];
  for (const release of releases.splice(0).toReversed())
    await release().catch((fault: unknown) => faults.push(fault));
  if (faults.length > 0) throw new AggregateError(faults, 'not closed');
}, 60_000);

async function openOn(url: string, pace: object): Promise<void> {
  process.env['TEST_REDIS_URL'] = url;
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2, pace });
  releases.push(() => house.close());
}

async function tell(clientId: 'P1' | 'P2', badgeId: 'A' | 'B'): Promise<void> {
  expect(await house.notify(house.issue({ clientId, badgeId, recipients: [LOU] }))).toBe(202);
}

/** Asks a server itself, whatever it is by now. */
async function ask<T>({ url }: Pick<GroupNode, 'url'>, how: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { commandTimeout: 10_000, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    return await how(redis);
  } finally {
    redis.disconnect();
  }
}

const replicationOf = (node: GroupNode): Promise<string> => ask(node, (redis) => redis.info('replication'));

async function mastersOf({ nodes }: RedisGroup): Promise<readonly GroupNode[]> {
  const told = await Promise.all(nodes.map(replicationOf));
  return nodes.filter((_, at) => told[at]?.includes('role:master'));
}

/** Of these servers, the one that a key is on. */
async function holderOf(key: string, masters: readonly GroupNode[]): Promise<GroupNode> {
  for (const node of masters)
    if ((await ask(node, (redis) => redis.exists(key)).catch(() => 0)) === 1) return node;
  throw new Error(`nobody holds ${key}`);
}

const callsToIssue = (): number => house.sandbox.calls.filter(({ route }) => route === 'POST issue').length;

const storedOf = async (address: string): Promise<number> => {
  const [{ earners, vault }] = house.pipelines;
  return (await earners.read(earnerKeyOf(vault, address))).assertions.length;
};

async function poll(): Promise<void> {
  const [pipeline] = house.pipelines;
  for (const clientId of polledClients(pipeline))
    await pollEvents(pipeline, clientId, AbortSignal.timeout(30_000));
}

const awardTried = async (): Promise<boolean> => {
  const [{ queues }] = house.pipelines;
  return (await queues.awards.getDelayed()).some(({ name }) => name === 'batch');
};

test.each(['sentinel', 'cluster'] as const)(
  '%s: nothing is issued while no replica knows of it; what a fail-over loses is found by the poll, and given once',
  async (kind) => {
    const group = await ownGroup(kind);
    releases.push(() => group.stop());
    // A master that has been alone for `settleMs` is believed: this machine may not be so slow that the award is
    // tried for the first time only then.
    // What gathers is looked at some twenty times: none of these may hold the place of the batch.
    await openOn(group.url, { gatherMs: 1000, sendWithinMs: 3000, settleMs: 15_000 });
    await tell('P1', 'A');
    await house.idle();
    expect(await storedOf(LOU)).toBe(1);

    const masters = await mastersOf(group);
    const replicas = group.nodes.filter((node) => !masters.includes(node));
    // They neither get anything more, nor find it in their sockets later.
    for (const replica of replicas) replica.freeze();
    for (const master of masters)
      await ask(master, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'replica'));
    await tell('P2', 'B');
    await until(async () => (await awardTried()) || callsToIssue() > 0, 'award that was tried', 40_000);
    const [{ vault, queues }] = house.pipelines;
    // It is tried again and again, until the master is believed: it fails before, however busy this machine is.
    await queues.awards.pause();
    expect(callsToIssue()).toBe(0);
    expect(await storedOf(LOU)).toBe(2);

    // Where another server has the notice, it is done again at once, and nobody sees what was lost.
    for (const queue of [queues.arrivals, queues.notices]) await queue.pause();
    const failing = await holderOf(recordKey(house.dataPrefix, earnerKeyOf(vault, LOU)), masters);
    await failing.kill();
    for (const replica of replicas) replica.thaw();
    // The replica has taken over, and has never heard of the second badge.
    await until(async () => (await storedOf(LOU)) === 1, 'older portfolio', 40_000);
    expect(callsToIssue()).toBe(0);
    for (const queue of [queues.arrivals, queues.notices, queues.awards]) await queue.resume();

    await until(
      async () => {
        await poll();
        return house.awards().length > 0;
      },
      'award',
      60_000,
    );
    await failing.restart();
    await house.idle();
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
  },
  240_000,
);

test('a Redis that is started anew without its last seconds: the call that was on its way is not made again', async () => {
  const redis = await ownRedis();
  releases.push(() => redis.stop());
  await openOn(redis.url, {
    quietMs: 1500,
    gatherMs: 7500,
    sendWithinMs: 9000,
    settleMs: 10_000,
    lockMs: 1500,
  });
  house.sandbox.fault({ route: 'POST issue', kind: 'slow', ms: 7500 });
  await tell('P1', 'A');
  await tell('P2', 'B');
  const [{ outbox, scheme }] = house.pipelines;
  const [award] = scheme.awards;
  await until(async () => (await outbox.waiting(award?.badgeId ?? ('' as BadgeId))) === 1, 'full outbox');
  const aside = `${redis.dataDir}-aside`;
  releases.push(() => rm(aside, { recursive: true, force: true }));
  await cp(redis.dataDir, aside, { recursive: true });
  await until(() => callsToIssue() === 1, 'issue call', 60_000);

  await redis.kill();
  await rm(redis.dataDir, { recursive: true });
  await cp(aside, redis.dataDir, { recursive: true });
  await redis.restart();
  // OBF commits the first call whatever became of who made it.
  await until(() => typeof house.sandbox.issues()[0]?.eventId === 'string', 'award', 60_000);
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
}, 180_000);
