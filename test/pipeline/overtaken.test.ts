import { asBadgeId, type BatchId } from '../../src/ids.js';
import { issueBatch } from '../../src/issuing/issue-batch.js';
import { IllegalTransition } from '../../src/issuing/ledger.js';
import { BatchTaken } from '../../src/issuing/outbox.js';
import type { IssuingParts } from '../../src/issuing/parts.js';
import { NotSettledYet } from '../../src/issuing/redis-incarnation.js';
import { enqueueEarners } from '../../src/queue/enqueue.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import { linkAddresses, unlinkAddress } from '../../src/workers/link-addresses.js';
import { openHouse, type House } from '../support/house.js';
import { earn, earnWhilePaused, SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** A run of a batch stops for longer than its lock lasts, another run begins, and the first goes on. */
const R1 = asBadgeId('R1');
const [LOU, SAM] = ['lou@example.org', 'sam@example.org'] as const;
let house: House;
/** The parts of the run that is overtaken, and of the one that overtakes it. */
let slow: IssuingParts;
let quick: IssuingParts;

beforeEach(async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2 });
  const [first, second = first] = house.pipelines;
  [slow, quick] = [first, second];
});
afterEach(() => house.close());

const run = (parts: IssuingParts, batch: BatchId): Promise<unknown> =>
  issueBatch(parts, R1, batch, new AbortController().signal).catch((error: unknown) => error);

/** Where one run waits for the other. */
function gate() {
  let [reach, open] = [(): void => undefined, (): void => undefined];
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  const pass = (): Promise<void> => {
    reach();
    return opened;
  };
  return { pass, reached, open };
}

/** The batch of all who wait: no worker runs it, as issuing is paused. */
async function batchOf(...addresses: string[]): Promise<BatchId> {
  await earnWhilePaused(house, ...addresses);
  return batchOfOutbox();
}
async function batchOfOutbox(): Promise<BatchId> {
  const batch = await house.pipelines[0].outbox.takeBatch(R1, 10);
  if (batch === null) throw new Error('nobody waits');
  return batch.id;
}

/** All that was told is stored, and everybody is evaluated. */
const evaluated = (): Promise<true> =>
  until(async () => {
    const queues = ['arrivals', 'notices', 'earners'] as const;
    const states = ['waiting', 'active', 'delayed'] as const;
    const jobs = queues.map((name) => house.pipelines[0].queues[name].getJobCountByTypes(...states));
    return (await Promise.all(jobs)).every((count) => count === 0);
  }, 'evaluations');

const badgeB = (address: string): EventRecord =>
  house.issue({ clientId: 'P2', badgeId: 'B', recipients: [address] });

async function revokeB(address: string): Promise<void> {
  const [event] = house.sandbox.eventsOf('P2', 'B');
  if (event === undefined) throw new Error('B was not issued');
  house.sandbox.revokeByHand(event.id, [address]);
  await house.notify(event, 'badge.revoked');
  await evaluated();
}

/** Runs the batch beside the slow run; its issue call waits at `held`. */
async function overtake(batch: BatchId, held: ReturnType<typeof gate>): Promise<unknown> {
  const issue: IssuingParts['regionAccount']['issue'] = async (...request) => {
    await held.pass();
    return quick.regionAccount.issue(...request);
  };
  return run({ ...quick, regionAccount: { ...quick.regionAccount, issue } }, batch);
}

/** Gathers the earners who wait again, runs every other batch, then ends the call of the quick run. */
async function endBoth(held: ReturnType<typeof gate>, ended: Promise<unknown>, batch: BatchId) {
  await evaluated();
  if ((await quick.outbox.waiting(R1)) > 0) await batchOfOutbox();
  for (const id of await quick.batches.ids(R1)) if (id !== batch) await run(quick, id);
  held.open();
  await ended;
  await house.pipelines[0].queues.awards.resume();
  await house.idle();
}

test.each([[[LOU, SAM]], [[LOU]]])(
  'it was refused: what another run sends meanwhile is not split, refused or sent again (%j)',
  async (addresses) => {
    const batch = await batchOf(...addresses);
    house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 400 });
    const [looked, held] = [gate(), gate()];
    const badges: IssuingParts['regionAccount']['badges'] = async (signal) => {
      const found = await slow.regionAccount.badges(signal);
      await looked.pass();
      return found;
    };
    const overtaken = run({ ...slow, regionAccount: { ...slow.regionAccount, badges } }, batch);
    await looked.reached;
    const ended = overtake(batch, held);
    await held.reached;
    looked.open();
    expect(await overtaken).toBeInstanceOf(addresses.length > 1 ? BatchTaken : IllegalTransition);
    for (const address of addresses)
      expect((await slow.earners.read(house.keyOf(address))).awards.get(R1)?.state).toBe('claimed');
    await endBoth(held, ended, batch);
    expect(house.awards().toSorted()).toEqual(addresses.map((address) => `R1 ${address}`));
  },
);

test('it found the award not due: what another run sends meanwhile is not withdrawn, and not sent again', async () => {
  const batch = await batchOf(LOU);
  await revokeB(LOU);
  const [looked, held] = [gate(), gate()];
  const checkEligibility: IssuingParts['ports']['checkEligibility'] = async (...asked) => {
    const found = await slow.ports.checkEligibility(...asked);
    await looked.pass();
    return found;
  };
  const overtaken = run({ ...slow, ports: { ...slow.ports, checkEligibility } }, batch);
  await looked.reached;
  await house.tell(badgeB(LOU));
  await evaluated();
  const ended = overtake(batch, held);
  await held.reached;
  looked.open();
  expect(await overtaken).toMatchObject({ did: 'nothing left to issue' });
  expect(await quick.batches.find(R1, batch)).toMatchObject({ state: 'sending' });
  expect((await quick.earners.read(house.keyOf(LOU))).awards.get(R1)?.state).toBe('claimed');
  await endBoth(held, ended, batch);
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('an address that is linked between the two looks of its batch: the person is given the badge', async () => {
  const [pipeline] = house.pipelines;
  const batch = await batchOf(LOU);
  await revokeB(LOU);
  await house.tell(badgeB(SAM));
  await evaluated();
  let looks = 0;
  const checkEligibility: IssuingParts['ports']['checkEligibility'] = async (...asked) => {
    const found = await slow.ports.checkEligibility(...asked);
    looks += 1;
    if (looks > 1) return found;
    // Sam is due it from here on, and left to the batch, which has Lou's claim.
    await linkAddresses(pipeline, house.keyOf(SAM), house.keyOf(LOU));
    await evaluated();
    return found;
  };
  await run({ ...slow, ports: { ...slow.ports, checkEligibility } }, batch);
  expect(looks).toBe(2);
  await pipeline.queues.awards.resume();
  await house.idle();
  expect(house.awards()).toHaveLength(1);
});

test('an unlink takes an address out of a batch that a run is about to claim: it is given the badge all the same', async () => {
  const [pipeline] = house.pipelines;
  const [lou, pro] = [house.keyOf(LOU), house.keyOf('pro@example.org')];
  await linkAddresses(pipeline, lou, pro);
  const batch = await batchOf(LOU, SAM);
  const begun = gate();
  const begin: IssuingParts['batches']['begin'] = async (read) => {
    const own = await slow.batches.begin(read);
    await begun.pass();
    return own;
  };
  const overtaken = run({ ...slow, batches: { ...slow.batches, begin } }, batch);
  await begun.reached;
  // Once the address is out of the batch, the run claims it; the unlink goes on after that.
  const sync: typeof pipeline.regionSync.sync = async (...asked) => {
    begun.open();
    expect(await overtaken).toBeInstanceOf(BatchTaken);
    return pipeline.regionSync.sync(...asked);
  };
  const regionSync = { ...pipeline.regionSync, sync };
  await unlinkAddress({ ...pipeline, regionSync }, lou, pro, new AbortController().signal);
  await pipeline.queues.awards.resume();
  await house.idle();
  expect(house.awards().toSorted()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`]);
});

test('an unlink fails once it has taken an address out of a batch: it is given the badge all the same', async () => {
  const [pipeline] = house.pipelines;
  const [lou, pro] = [house.keyOf(LOU), house.keyOf('pro@example.org')];
  await linkAddresses(pipeline, lou, pro);
  await batchOf(LOU);
  const regionSync = { ...pipeline.regionSync, sync: () => Promise.reject(new Error('unreadable')) };
  const unlinked = unlinkAddress({ ...pipeline, regionSync }, lou, pro, new AbortController().signal);
  await expect(unlinked).rejects.toThrow('unreadable');
  await pipeline.queues.awards.resume();
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('a call may be on its way: another run does not look before OBF is sure to show it', async () => {
  const id = await batchOf(LOU);
  const { batches, pace } = quick;
  const open = await batches.find(R1, id);
  const sending = open === null ? null : await batches.startSending(open, open.earners);
  const before = house.sandbox.calls.length;
  const error = await run(quick, id);
  expect(error).toBeInstanceOf(NotSettledYet);
  expect(error instanceof NotSettledYet && error.waitMs <= pace.settleMs).toBe(true);
  expect(house.sandbox.calls).toHaveLength(before);
  expect(await batches.find(R1, id)).toEqual(sending);
});

test('cancelled while its call is on its way: the outcome is unknown, and nobody sends before it can show', async () => {
  const batch = await batchOf(LOU);
  house.sandbox.fault({ route: 'POST issue', kind: 'black-hole' });
  const issueCalls = () => house.sandbox.calls.filter(({ route }) => route === 'POST issue');
  const stop = new AbortController();
  const ended = issueBatch(slow, R1, batch, stop.signal).catch((error: unknown) => error);
  await until(() => issueCalls().length === 1, 'a call that hangs');
  stop.abort('its lock was lost');
  expect(await ended).toBeInstanceOf(NotSettledYet);
  expect((await slow.earners.read(house.keyOf(LOU))).awards.get(R1)?.state).toBe('unknown');
  expect(await run(quick, batch)).toBeInstanceOf(NotSettledYet);
  expect(issueCalls()).toHaveLength(1);
});

/** As a fail-over does: the claims are there, and their batch is not. */
const lose = async (batch: BatchId): Promise<void> => {
  const lost = await quick.batches.find(R1, batch);
  if (lost !== null) await quick.batches.finish(lost);
};

test('a batch that Redis loses during its run: its earners are evaluated, and given the badge', async () => {
  const batch = await batchOf(LOU);
  const checkEligibility: IssuingParts['ports']['checkEligibility'] = async (...asked) => {
    await lose(batch);
    return slow.ports.checkEligibility(...asked);
  };
  expect(await run({ ...slow, ports: { ...slow.ports, checkEligibility } }, batch)).toBeInstanceOf(
    BatchTaken,
  );
  await house.pipelines[0].queues.awards.resume();
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('the lost batch had the claim of a linked address: the person is given the badge', async () => {
  const [pipeline] = house.pipelines;
  const batch = await batchOf(LOU);
  await slow.ledger.apply(house.keyOf(LOU), R1, { type: 'claim', batch });
  await linkAddresses(pipeline, house.keyOf(SAM), house.keyOf(LOU));
  await evaluated();
  await lose(batch);
  await enqueueEarners(pipeline.queues.earners, [house.keyOf(SAM)], 'test');
  await pipeline.queues.awards.resume();
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('the call of a linked address is on its way: the batch of the person sends nothing', async () => {
  const [pipeline] = house.pipelines;
  const ofLou = await batchOf(LOU);
  await earn(house, SAM);
  await until(async () => (await quick.outbox.waiting(R1)) > 0, 'who waits');
  const ofSam = await batchOfOutbox();
  await slow.ledger.apply(house.keyOf(LOU), R1, { type: 'claim', batch: ofLou });
  const open = await slow.batches.find(R1, ofLou);
  const sending = open === null ? null : await slow.batches.startSending(open, open.earners);
  if (sending === null) throw new Error('nobody may send');
  await linkAddresses(pipeline, house.keyOf(SAM), house.keyOf(LOU));
  await evaluated();
  expect(await run(quick, ofSam)).toMatchObject({ did: 'nothing left to issue' });
  expect(house.sandbox.issues()).toEqual([]);
  await slow.batches.rollbackSend(sending);
  await pipeline.queues.awards.resume();
  await run(slow, ofLou);
  await house.idle();
  expect(house.awards()).toHaveLength(1);
});

test('what a run has begun, no older run sends, reopens, splits or deletes', async () => {
  const { batches, outbox } = house.pipelines[0];
  const earner = house.keyOf(LOU);
  await outbox.put(R1, earner);
  const batch = await outbox.takeBatch(R1, 10);
  if (batch === null) throw new Error('no batch');
  const older = await batches.begin(batch);
  const sending = await batches.startSending(older, [earner]);
  if (sending === null) throw new Error('nobody may send');
  await expect(batches.begin(batch)).rejects.toThrow(BatchTaken);
  const newer = await batches.begin(sending);
  expect(await batches.startSending(older, [earner])).toBeNull();
  await expect(batches.reopenRefused(sending)).rejects.toThrow(BatchTaken);
  await expect(batches.split(sending, [[earner]])).rejects.toThrow(BatchTaken);
  await batches.finish(sending);
  expect(await batches.all(R1)).toEqual([newer]);
  await batches.finish(newer);
  expect(await batches.all(R1)).toEqual([]);
});
