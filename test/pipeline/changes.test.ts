import { storeAssertions } from '../../src/earners/assertions.js';
import { asAwardId, asBadgeId, asClientId } from '../../src/ids.js';
import { enqueueEarners } from '../../src/queue/enqueue.js';
import type { Scheme } from '../../src/rules/types.js';
import { type PlanResult, makePlan } from '../../src/scheme/population.js';
import { SchemeMoved } from '../../src/scheme/schemes.js';
import { applyRules } from '../../src/workers/apply-scheme.js';
import { pollEvents } from '../../src/workers/ingest/poll-events.js';
import { verifyAccounts } from '../../src/workers/ingest/verify-accounts.js';
import { linkAddresses } from '../../src/workers/link-addresses.js';
import { type House, openHouse, parse } from '../support/house.js';
import { until } from '../support/until.js';

/** How many badges each award asks for. */
const scheme = (first: number, second: number, options = ''): string => `
scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards:
  one: { badge: R1, ${options} rule: { at_least: ${first}, of: { competency: communiquer } } }
  two: { badge: R2, rule: { all: [ { holds: one }, { at_least: ${second}, of: { competency: communiquer } } ] } }
`;
const partners = (enrolled: readonly string[] = ['A', 'B', 'C', 'D'], others = ''): string => `
partners:
  - client_id: P1
    secret_env: KEY_P1
    badges:
${enrolled.map((id) => `      - { id: ${id}, competency: communiquer, level: 1 }`).join('\n')}
${others}
`;
const R1 = asBadgeId('R1');
const LOU = 'lou@example.org';
const SAM = 'sam@example.org';
const PAM = 'pam@example.org';

let house: House;
const open = async (text: string): Promise<void> => {
  house = await openHouse({ scheme: text, partners: partners() });
};
afterEach(() => house.close());

const badge = (badgeId: string, ...recipients: string[]) =>
  house.issue({ clientId: 'P1', badgeId, recipients });
async function give(badgeId: string, address: string) {
  const event = badge(badgeId, address);
  await house.given(event);
  return event;
}
async function startWith(text: string, enrolled?: string[]): Promise<Scheme> {
  const changed = parse(text, partners(enrolled));
  await house.pipelines[0].schemes.start(changed);
  return changed;
}
const soon = (): AbortSignal => AbortSignal.timeout(30_000);
const isDue = async (address: string): Promise<boolean> =>
  (await house.pipelines[0].ledger.read(house.keyOf(address), R1))?.state === 'due';
/** As somebody asks for it, or a job of old runs again. */
async function evaluateAll(...addresses: string[]): Promise<void> {
  await enqueueEarners(house.pipelines[0].queues.earners, addresses.map(house.keyOf), 'ops');
  await house.idle();
}
const onlyOf = (only: string | null) => (only === null ? null : asAwardId(only));
const planned = (changed: Scheme, only: string | null = null): Promise<PlanResult> => {
  const asked = { scheme: changed, only: onlyOf(only), maxRps: 100 };
  return makePlan(house.pipelines[0], asked, () => {}, soon());
};
async function apply(changed: Scheme, made: PlanResult, only: string | null = null, suppressEmail = false) {
  const how = { only: onlyOf(only), suppressEmail };
  await applyRules(house.pipelines[0], changed, how, made, () => {}, soon());
}

describe('change', () => {
  beforeEach(() => open(scheme(2, 3)));

  async function applyTo(
    addresses: readonly string[],
    changed: Scheme,
    only?: string,
    suppressEmail?: boolean,
  ) {
    const made = await planned(changed, only);
    const gaining = made.plan.awards.flatMap(({ gains }) => gains.keys);
    expect(addresses.map(house.keyOf)).toEqual(expect.arrayContaining(gaining));
    await apply(changed, made, only, suppressEmail);
    expect(await house.pipelines[0].schemes.unfinished()).toBeNull();
    await house.idle();
  }

  test('a rule made easier reaches nobody by itself: not by an old job, a repeated notice, nor by reading all again', async () => {
    const event = badge('A', LOU, SAM);
    await house.given(event);
    await startWith(scheme(1, 1));
    await evaluateAll(LOU, SAM);
    await house.given(event);
    await verifyAccounts(house.pipelines[0], () => {}, soon());
    await house.idle();
    expect(house.awards()).toEqual([]);
  });

  test('what is new is judged by the new rules, before anything is applied', async () => {
    await give('A', LOU);
    await give('A', SAM);
    await startWith(scheme(1, 2));
    await give('B', LOU);
    expect(house.awards().toSorted()).toEqual([`R1 ${LOU}`, `R2 ${LOU}`]);
  });

  test('applied: each who gains is given each award once, whatever comes besides', async () => {
    await give('A', LOU);
    await give('A', SAM);
    const changed = await startWith(scheme(1, 1));
    await applyTo([LOU, SAM], changed);
    await applyTo([LOU, SAM], changed);
    await evaluateAll(LOU, SAM);
    expect(house.awards().toSorted()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`, `R2 ${LOU}`, `R2 ${SAM}`]);
    expect((await house.pipelines[0].schemes.now()).rollout).toBeNull();
  });

  test('one award applied: what it brings under the rules in force follows, the rest waits', async () => {
    await give('A', LOU);
    await give('B', SAM);
    await give('C', SAM);
    // Sam has the first; both have too few for the second as it is in force.
    expect(house.awards()).toEqual([`R1 ${SAM}`]);
    const changed = await startWith(scheme(1, 1));
    await applyTo([LOU], changed, 'one');
    await evaluateAll(LOU, SAM);
    expect(house.awards().toSorted()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`]);
    await applyTo([LOU, SAM], changed);
    expect(house.awards()).toHaveLength(4);
  });

  test('no e-mail: OBF is told so for those alone', async () => {
    await give('A', LOU);
    const changed = await startWith(scheme(1, 5));
    await applyTo([LOU], changed, undefined, true);
    await give('A', SAM);
    const told = house.sandbox.issues().map(({ recipients, body }) => [recipients.join(), body.send_email]);
    expect(told).toEqual([
      [LOU, false],
      [SAM, true],
    ]);
  });

  test('a stricter rule, and a switched-off award, hold back at once and take nothing', async () => {
    await give('A', LOU);
    await give('B', LOU);
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
    await startWith(scheme(3, 3));
    await give('A', SAM);
    await give('B', SAM);
    await evaluateAll(LOU, SAM);
    await startWith(scheme(2, 3, 'active: false, on_loss: revoke,'));
    await evaluateAll(LOU, SAM);
    await give('C', SAM);
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
    expect(house.sandbox.calls.filter(({ route }) => route === 'PUT revoke')).toEqual([]);
  });

  test('a switched-off award is not lost: whose badge is revoked since keeps it, and nobody is asked to look', async () => {
    const event = await give('A', LOU);
    await give('B', LOU);
    const changed = await startWith(scheme(2, 3, 'active: false, on_loss: revoke,'));
    await applyTo([], changed);
    await house.revoke(event, LOU);
    expect(house.sandbox.awarded(LOU)).toContain('REGION/R1');
    expect(await house.pipelines[0].flags.list()).toEqual([]);
  });

  test('what was due before the change still leaves, though it leaves after', async () => {
    await house.pipelines[0].queues.awards.pause();
    await house.tell(badge('A', LOU), badge('B', LOU));
    await until(() => isDue(LOU), 'due');
    await startWith(scheme(1, 1));
    await house.pipelines[0].queues.awards.resume();
    await house.idle();
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
  });

  test('a newly enrolled badge: the past of it waits, what comes counts at once', async () => {
    await house.close();
    house = await openHouse({ scheme: scheme(1, 2), partners: partners(['A', 'B']) });
    house.sandbox.addBadge({ clientId: 'P1', id: 'Z', name: 'Z' });
    await give('Z', LOU);
    expect(house.awards()).toEqual([]);
    const changed = await startWith(scheme(1, 2), ['A', 'B', 'Z']);
    await evaluateAll(LOU);
    expect(house.awards()).toEqual([]);
    await give('Z', SAM);
    expect(house.awards()).toEqual([`R1 ${SAM}`]);
    await applyTo([LOU], changed);
    expect(house.awards()).toEqual([`R1 ${SAM}`, `R1 ${LOU}`]);
  });

  test('a partner that is enrolled anew has a past: it is read, and waits; what it issues from then on counts', async () => {
    await house.close();
    let agoMs = 600_000;
    const clock = (): number => Date.now() - agoMs;
    const other = (active: boolean): string =>
      partners(
        ['A'],
        `  - { client_id: P2, secret_env: KEY_P2, active: ${active}, badges: [{ id: X, competency: communiquer, level: 1 }] }`,
      );
    house = await openHouse({ scheme: scheme(1, 2), partners: other(false), sandbox: { clock } });
    const poll = async (): Promise<void> => {
      await pollEvents(house.pipelines[0], asClientId('P2'), soon());
      await house.idle();
    };
    house.issue({ clientId: 'P2', badgeId: 'X', recipients: [LOU] });
    await house.pipelines[0].schemes.start(parse(scheme(1, 2), other(true)));
    await poll();
    expect((await house.pipelines[0].earners.read(house.keyOf(LOU))).assertions).toHaveLength(1);
    expect(house.awards()).toEqual([]);
    agoMs = 0;
    house.issue({ clientId: 'P2', badgeId: 'X', recipients: [SAM] });
    await poll();
    expect(house.awards()).toEqual([`R1 ${SAM}`]);
  });
});

describe('interleavings', () => {
  test('1 apply killed between ledger and outbox: the next apply gives it', async () => {
    await open(scheme(2, 9));
    await give('A', LOU);
    const changed = await startWith(scheme(1, 9));
    const [pipeline] = house.pipelines;
    const before = await planned(changed);
    expect(before.plan.awards.flatMap(({ gains }) => gains.keys)).toEqual([house.keyOf(LOU)]);
    await pipeline.schemes.apply(changed, { only: null, suppressEmail: false }, before);
    // putIntoOutbox, killed between its two awaits.
    await pipeline.ledger.apply(house.keyOf(LOU), R1, { type: 'comes-due', endedEvents: [], cause: 'apply' });
    await apply(changed, await planned(changed));
    await house.idle();
    await pipeline.queues.maintenance.add('sweep', { kind: 'sweep' });
    await house.idle();
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
  });

  test('2 a stricter rule takes nothing back, from whom lost a badge long before it either', async () => {
    await open(scheme(2, 9, 'on_loss: revoke,'));
    await give('A', LOU);
    await give('B', LOU);
    const c = await give('C', LOU);
    await house.revoke(c, LOU);
    expect(house.sandbox.awarded(LOU)).toContain('REGION/R1');
    const changed = await startWith(scheme(3, 9, 'on_loss: revoke,'));
    await apply(changed, await planned(changed));
    await house.idle();
    await evaluateAll(LOU);
    expect(house.sandbox.awarded(LOU)).toContain('REGION/R1');
  });

  test('3 apply --only two: nobody is given it without one, which waits', async () => {
    await open(scheme(3, 3));
    await give('A', LOU);
    const changed = await startWith(scheme(1, 1));
    await apply(changed, await planned(changed, 'two'), 'two');
    await house.idle();
    expect(house.awards()).toEqual([]);
  });

  test.each([true, false])(
    '4 linked while its batch waits for OBF, whose call is throttled (%s): the person is given it',
    async (isThrottled) => {
      await open(scheme(1, 9));
      const [pipeline] = house.pipelines;
      await pipeline.queues.awards.pause();
      await house.tell(badge('A', LOU), badge('A', SAM));
      for (const address of [LOU, SAM]) await until(() => isDue(address), 'due');
      const batch = await pipeline.outbox.takeBatch(R1, 100);
      if (batch === null) throw new Error('no batch');
      // The first run claimed, and then OBF could not be read.
      for (const address of [LOU, SAM])
        await pipeline.ledger.apply(house.keyOf(address), R1, { type: 'claim', batch: batch.id });
      await linkAddresses(pipeline, house.keyOf(PAM), house.keyOf(LOU));
      await until(
        async () => (await pipeline.queues.earners.getJobCountByTypes('waiting', 'active', 'delayed')) === 0,
        'evaluated',
      );
      if (isThrottled)
        house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 429, retryAfterS: 1 });
      await pipeline.queues.awards.drain(true);
      await pipeline.ports.issueSoon(R1, batch.id, soon());
      await pipeline.queues.awards.resume();
      await house.idle();
      expect(house.awards().toSorted()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`]);
    },
  );

  test('5 a badge that comes between the plan and its application', async () => {
    await open(scheme(3, 9));
    await give('A', LOU);
    const changed = parse(scheme(2, 9), partners());
    const gaining = await planned(changed);
    await give('B', LOU);
    await apply(changed, gaining);
    await house.idle();
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
    await until(
      async () => (await pipeline.queues.awards.getJobCountByTypes('waiting', 'delayed')) > 0,
      'job',
    );
    const changed = await startWith(scheme(2, 9, 'on_loss: keep,'));
    await apply(changed, await planned(changed));
    await pipeline.queues.awards.resume();
    await house.idle();
    expect(house.sandbox.awarded(LOU)).toContain('REGION/R1');
  });

  test('8 --only --no-email: what follows from it leaves without an e-mail as well', async () => {
    await open(scheme(2, 1));
    await give('A', LOU);
    const changed = await startWith(scheme(1, 1));
    await apply(changed, await planned(changed, 'one'), 'one', true);
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
    await house.revoke(a, LOU);
    const c = await give('C', LOU);
    expect(await house.pipelines[0].flags.list()).toHaveLength(0);
    await new Promise((done) => setTimeout(done, 1100));
    await house.revoke(c, LOU);
    expect(await house.pipelines[0].flags.list()).toHaveLength(1);
    const told = await house.pipelines[0].journal.ofEarner(house.keyOf(LOU));
    expect(told.filter(({ kind }) => kind === 'flagged')).toHaveLength(2);
  });

  test('10 a slower writer of an older change does not hide the news of a later one', async () => {
    await open(scheme(2, 9));
    await give('A', LOU);
    const { earners, vault } = house.pipelines[0];
    const known = (await earners.read(house.keyOf(LOU))).assertions[0];
    if (known === undefined) throw new Error('none');
    const one = (id: string) => ({
      earner: house.keyOf(LOU),
      contact: { address: LOU, name: null },
      assertion: { ...known, id: id as typeof known.id },
    });
    await storeAssertions({ earners, vault }, [one('x')], 3);
    await storeAssertions({ earners, vault }, [one('y')], 2);
    expect((await earners.read(house.keyOf(LOU))).lastSchemeGeneration).toBe(3);
  });
});
