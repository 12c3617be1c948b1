import { storeAssertions } from '../../src/earners/assertions.js';
import { asAwardId, asBadgeId } from '../../src/ids.js';
import { applyRules } from '../../src/workers/apply-scheme.js';
import { enqueueEarners } from '../../src/queue/enqueue-earners.js';
import { enqueueBatch } from '../../src/workers/issue/gather-awards.js';
import { linkAddresses } from '../../src/workers/link-addresses.js';
import { makePlan, type MadePlan } from '../../src/scheme/make-plan.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import type { Scheme } from '../../src/rules/types.js';
import { SchemeMoved } from '../../src/scheme/state.js';
import { openHouse, parse, type House } from '../support/house.js';
import { until } from '../support/until.js';

const scheme = (first: number, second: number, options = ''): string => `
scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards:
  one: { badge: R1, ${options} rule: { at_least: ${first}, of: { competency: communiquer } } }
  two: { badge: R2, rule: { all: [ { holds: one }, { at_least: ${second}, of: { competency: communiquer } } ] } }
`;
const PARTNERS = `
partners:
  - client_id: P1
    secret_env: KEY_P1
    badges:
${['A', 'B', 'C', 'D'].map((id) => `      - { id: ${id}, competency: communiquer, level: 1 }`).join('\n')}
`;
const LOU = 'lou@example.org';
const SAM = 'sam@example.org';
const PAM = 'pam@example.org';

let house: House;
const open = async (text: string): Promise<void> => {
  house = await openHouse({ scheme: text, partners: PARTNERS });
};
afterEach(() => house.close());

const keyOf = (address: string) => earnerKeyOf(house.pipelines[0].vault, address);
async function give(badgeId: string, address: string) {
  const event = house.issue({ clientId: 'P1', badgeId, recipients: [address] });
  expect(await house.notify(event)).toBe(202);
  await house.idle();
  return event;
}
async function startWith(text: string): Promise<Scheme> {
  const changed = parse(text, PARTNERS);
  await house.pipelines[0].schemes.start(changed);
  return changed;
}
const planned = async (changed: Scheme, only: string | null = null) => {
  const made = await makePlan(
    house.pipelines[0],
    { scheme: changed, only: only === null ? null : asAwardId(only), maxRps: 100 },
    () => {},
    AbortSignal.timeout(30_000),
  );
  return made;
};
async function apply(changed: Scheme, made: MadePlan, only: string | null = null) {
  const how = { only: only === null ? null : asAwardId(only), suppressEmail: false };
  await applyRules(house.pipelines[0], changed, how, made, () => {}, AbortSignal.timeout(30_000));
  await house.idle();
}

test('1 apply killed between ledger and outbox: the next apply gives it', async () => {
  await open(scheme(2, 9));
  await give('A', LOU);
  const changed = await startWith(scheme(1, 9));
  const [pipeline] = house.pipelines;
  const before = await planned(changed);
  expect([...before.plan.gainers]).toEqual([keyOf(LOU)]);
  await pipeline.schemes.apply(changed, { only: null, suppressEmail: false }, before);
  // putIntoOutbox, killed between its two awaits.
  await pipeline.ledger.apply(keyOf(LOU), asBadgeId('R1'), { type: 'comes-due', over: [], cause: 'apply' });
  await apply(changed, await planned(changed));
  await pipeline.queues.maintenance.add('sweep', { kind: 'sweep' });
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('2 a stricter rule takes nothing back, from whom lost a badge long before it either', async () => {
  await open(scheme(2, 9, 'on_loss: revoke,'));
  await give('A', LOU);
  await give('B', LOU);
  const c = await give('C', LOU);
  house.sandbox.revokeByHand(c.id, [LOU]);
  await house.notify(c, 'badge.revoked');
  await house.idle();
  expect(house.sandbox.awarded(LOU)).toContain('REGION/R1');
  const changed = await startWith(scheme(3, 9, 'on_loss: revoke,'));
  await apply(changed, await planned(changed));
  await enqueueEarners(house.pipelines[0].queues.earners, [keyOf(LOU)], 'ops');
  await house.idle();
  expect(house.sandbox.awarded(LOU)).toContain('REGION/R1');
});

test('3 apply --only two: nobody is given it without one, which waits', async () => {
  await open(scheme(3, 3));
  await give('A', LOU);
  const changed = await startWith(scheme(1, 1));
  await apply(changed, await planned(changed, 'two'), 'two');
  expect(house.awards()).toEqual([]);
});

test('4 linked while its batch waits for OBF, which then throttles the call: the person is given it', async () => {
  await open(scheme(1, 9));
  const [pipeline] = house.pipelines;
  await pipeline.queues.awards.pause();
  for (const address of [LOU, SAM])
    await house.notify(house.issue({ clientId: 'P1', badgeId: 'A', recipients: [address] }));
  const R1 = asBadgeId('R1');
  for (const address of [LOU, SAM])
    await until(async () => (await pipeline.ledger.read(keyOf(address), R1))?.state === 'due', 'due');
  const batch = await pipeline.outbox.takeBatch(R1, 100);
  if (batch === null) throw new Error('no batch');
  // The first run claimed, and then OBF could not be read.
  for (const address of [LOU, SAM])
    await pipeline.ledger.apply(keyOf(address), R1, { type: 'claim', batch: batch.id });
  await linkAddresses(pipeline, keyOf(PAM), keyOf(LOU));
  await until(
    async () => (await pipeline.queues.earners.getJobCountByTypes('waiting', 'active', 'delayed')) === 0,
    'evaluated',
  );
  house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 429, retryAfterS: 1 });
  await pipeline.queues.awards.drain(true);
  await enqueueBatch(pipeline, R1, batch.id);
  await pipeline.queues.awards.resume();
  await house.idle();
  expect(house.awards().toSorted()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`]);
});

test('4b control, not throttled', async () => {
  await open(scheme(1, 9));
  const [pipeline] = house.pipelines;
  await pipeline.queues.awards.pause();
  for (const address of [LOU, SAM])
    await house.notify(house.issue({ clientId: 'P1', badgeId: 'A', recipients: [address] }));
  const R1 = asBadgeId('R1');
  for (const address of [LOU, SAM])
    await until(async () => (await pipeline.ledger.read(keyOf(address), R1))?.state === 'due', 'due');
  const batch = await pipeline.outbox.takeBatch(R1, 100);
  if (batch === null) throw new Error('no batch');
  // The first run claimed, and then OBF could not be read.
  for (const address of [LOU, SAM])
    await pipeline.ledger.apply(keyOf(address), R1, { type: 'claim', batch: batch.id });
  await linkAddresses(pipeline, keyOf(PAM), keyOf(LOU));
  await until(
    async () => (await pipeline.queues.earners.getJobCountByTypes('waiting', 'active', 'delayed')) === 0,
    'evaluated',
  );
  await pipeline.queues.awards.drain(true);
  await enqueueBatch(pipeline, R1, batch.id);
  await pipeline.queues.awards.resume();
  await house.idle();
  expect(house.awards().toSorted()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`]);
});

test('5 a badge that comes between the plan and its application', async () => {
  await open(scheme(3, 9));
  await give('A', LOU);
  const changed = parse(scheme(2, 9), PARTNERS);
  const gaining = await planned(changed);
  await give('B', LOU);
  await apply(changed, gaining);
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('6 other files were started with between the plan and its application', async () => {
  await open(scheme(3, 9));
  await give('A', LOU);
  const changed = await startWith(scheme(1, 9));
  const gaining = await planned(changed);
  await startWith(scheme(4, 9));
  await expect(apply(changed, gaining)).rejects.toThrow(SchemeMoved);
});

test('7 on_loss was changed from revoke to keep before the taking back ran', async () => {
  await open(scheme(2, 9, 'on_loss: revoke,'));
  const [pipeline] = house.pipelines;
  const a = await give('A', LOU);
  await give('B', LOU);
  await pipeline.queues.awards.pause();
  house.sandbox.revokeByHand(a.id, [LOU]);
  await house.notify(a, 'badge.revoked');
  await until(async () => (await pipeline.queues.awards.getJobCountByTypes('waiting', 'delayed')) > 0, 'job');
  const changed = await startWith(scheme(2, 9, 'on_loss: keep,'));
  await applyRules(
    pipeline,
    changed,
    { only: null, suppressEmail: false },
    await planned(changed),
    () => {},
    AbortSignal.timeout(30_000),
  );
  await pipeline.queues.awards.resume();
  await house.idle();
  expect(house.sandbox.awarded(LOU)).toContain('REGION/R1');
});

test('8 --only --no-email: what follows from it leaves without an e-mail as well', async () => {
  await open(scheme(2, 1));
  await give('A', LOU);
  const changed = await startWith(scheme(1, 1));
  const how = { only: asAwardId('one'), suppressEmail: true };
  await applyRules(
    house.pipelines[0],
    changed,
    how,
    await planned(changed, 'one'),
    () => {},
    AbortSignal.timeout(30_000),
  );
  await house.idle();
  expect(house.sandbox.issues().map(({ badgeId, body }) => [badgeId, body.send_email])).toEqual([
    ['R1', false],
    ['R2', false],
  ]);
});

test('9 flagged, mended, and flagged again: the account tells of both', async () => {
  await open(scheme(2, 9, 'on_loss: flag,'));
  const a = await give('A', LOU);
  await give('B', LOU);
  const revoke = async (event: typeof a) => {
    house.sandbox.revokeByHand(event.id, [LOU]);
    await house.notify(event, 'badge.revoked');
    await house.idle();
  };
  await revoke(a);
  const c = await give('C', LOU);
  expect(await house.pipelines[0].flags.list()).toHaveLength(0);
  await new Promise((done) => setTimeout(done, 1100));
  await revoke(c);
  expect(await house.pipelines[0].flags.list()).toHaveLength(1);
  const told = await house.pipelines[0].journal.ofEarner(keyOf(LOU));
  expect(told.filter(({ kind }) => kind === 'flagged')).toHaveLength(2);
});

test('10 a slower writer of an older change does not hide the news of a later one', async () => {
  await open(scheme(2, 9));
  await give('A', LOU);
  const { earners, vault } = house.pipelines[0];
  const known = (await earners.read(keyOf(LOU))).assertions[0];
  if (known === undefined) throw new Error('none');
  const one = (id: string) => ({
    earner: keyOf(LOU),
    contact: { address: LOU, name: null },
    assertion: { ...known, id: id as typeof known.id },
  });
  await storeAssertions({ earners, vault }, [one('x')], 3);
  await storeAssertions({ earners, vault }, [one('y')], 2);
  expect((await earners.read(keyOf(LOU))).lastSchemeGeneration).toBe(3);
});
