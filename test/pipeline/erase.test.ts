import { storeAssertions, markAssertion } from '../../src/earners/assertions.js';
import { asAssertionId, asBadgeId, asEventId, type BadgeId, type EarnerKey } from '../../src/ids.js';
import type { AwardRecord } from '../../src/earners/record.js';
import { IllegalTransition } from '../../src/issuing/ledger.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import { journalEntry } from '../../src/earners/journal-entry.js';
import { eraseEarner } from '../../src/privacy/erase-people.js';
import { readPerson } from '../../src/earners/person.js';
import { linkAddresses } from '../../src/workers/link-addresses.js';
import type { Pipeline } from '../../src/workers/pipeline.js';
import { purge } from '../../src/privacy/purge.js';
import { scheduleHousekeeping } from '../../src/workers/runtime/schedules.js';
import { verifyAccounts } from '../../src/workers/ingest/verify-accounts.js';
import { unblockAward } from '../../src/workers/issue/revocation.js';
import { everythingIn } from '../support/everything.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { awardOf, SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { revokeJobId } from '../../src/queue/jobs.js';
import { enqueueLink } from '../../src/queue/enqueue.js';
import { until } from '../support/until.js';
import { assertionOf } from '../support/assertion.js';

const R1 = asBadgeId('R1');
const R2 = asBadgeId('R2');
const DAY_S = 86_400;
const nowS = (): number => Math.floor(Date.now() / 1000);
const never = (): AbortSignal => new AbortController().signal;

let house: House;
let pipeline: Pipeline;
/** How far OBF's clock is ahead of ours: what it records after an erasure is of after it. */
let aheadMs = 0;
let tests = 0;
/** Two addresses that nobody had before. */
let LOU: string;
let PRO: string;

beforeAll(async () => {
  house = await openHouse({
    scheme: SMALL_SCHEME.replace('badge: R1', 'badge: R1\n    on_loss: revoke'),
    partners: SMALL_PARTNERS,
    pace: { settleMs: 600 },
    sandbox: { clock: () => Date.now() + aheadMs },
  });
  [pipeline] = house.pipelines;
});
afterAll(() => house.close());
beforeEach(() => {
  tests += 1;
  LOU = `lou.${tests}@example.org`;
  PRO = `pro.${tests}@example.org`;
});

const keyOf = (address: string): EarnerKey => house.keyOf(address);
const badge = (id: string, address: string, name = 'Lou Martin'): EventRecord => {
  const clientId = { A: 'P1', C: 'P1', B: 'P2' }[id] ?? REGION;
  return house.issue({ clientId, badgeId: id, recipients: [{ email: address, name }], issuedOnS: nowS() });
};
const awards = (): string[] =>
  house.awards().filter((award) => [LOU, PRO].some((address) => award.endsWith(` ${address}`)));
const stateOf = async (address: string, badgeId: BadgeId = R1) =>
  (await pipeline.ledger.read(keyOf(address), badgeId))?.state ?? null;
const file = (address: string) => pipeline.earners.read(keyOf(address));
const numbersOf = (kind: 'erased' | 'purged') => entriesOf(kind).then((all) => all.at(-1)?.detail);
async function entriesOf(kind: 'erased' | 'purged') {
  const entries = [];
  for await (const entry of pipeline.journal.read({ kinds: [kind] })) entries.push(entry);
  return entries;
}

/** What OBF records from here on is of after this. */
async function erase(address: string) {
  const erased = await eraseEarner(pipeline, keyOf(address));
  aheadMs += 2000;
  return erased;
}
const reconcile = async (): Promise<void> => {
  await verifyAccounts(pipeline, () => undefined, never());
  await house.idle();
};

/** Each key with its value, as a thief of Redis would read them. */
async function stored(): Promise<readonly string[]> {
  const lines = (await everythingIn(house.redisUrl, house.redisPrefix)).split('\n');
  return lines.filter((_, at) => at % 2 === 1).map((value, at) => `${lines[at * 2]} = ${value}`);
}
/** Of all that was ever theirs, what Redis still holds, and where; which events were read is nobody's. */
async function traces(address: string, events: readonly EventRecord[] = []): Promise<string[]> {
  const ids = events.flatMap(({ id, assertions }) => [id, ...assertions.map((one) => one.id)]);
  const theirs = [address, 'Martin', keyOf(address), ...ids].map((text) => text.toLowerCase());
  const kept = (await stored()).filter((line) => !/:news /.test(line));
  return kept.filter((line) => theirs.some((text) => line.toLowerCase().includes(text)));
}
/** The record alone: sealed, it says nothing; what it holds is a tombstone and awards. */
const allThatMayStay = (address: string): RegExp => new RegExp(`^\\S+\\{${keyOf(address)}\\} = `);

describe('erased', () => {
  test('nothing of a person with two addresses is left but a tombstone and what was given', async () => {
    const events = [badge('A', LOU), badge('B', PRO), badge('C', LOU)];
    await house.given(...events);
    await linkAddresses(pipeline, keyOf(LOU), keyOf(PRO));
    await house.idle();
    expect(
      awards()
        .map((award) => award.slice(0, 2))
        .toSorted(),
    ).toEqual(['R1', 'R2']);
    await pipeline.flags.add({ earner: keyOf(PRO), badgeId: R1, atS: nowS() });
    // A push of somebody else's credential: it stands in failed, with the sealed address and the credential's.
    await house.push({ [LOU]: [`${house.sandbox.url}/v1/assertion/${events[1]?.assertions[0]?.id}`] });
    await house.idle();
    await pipeline.queues.earners.pause();
    await house.tell(events[0] as EventRecord);
    await until(async () => (await pipeline.queues.earners.getWaitingCount()) === 1, 'waiting evaluation');
    expect((await traces(LOU, events)).length).toBeGreaterThan(4);

    const erased = await erase(PRO);
    await pipeline.queues.earners.resume();
    await house.idle();
    expect(erased).toMatchObject({ people: 1, addresses: 2, assertions: 5, awards: 2, flags: 1 });
    expect(erased?.jobs).toBeGreaterThanOrEqual(1);
    const mine = house.sandbox
      .eventsOf(REGION)
      .filter(({ assertions }) => assertions.some(({ email }) => email === LOU || email === PRO));
    const left = [
      ...(await traces(LOU, [...events, ...mine.map((one) => ({ ...one, id: LOU }))])),
      ...(await traces(PRO)),
    ];
    const mayStay = [allThatMayStay(LOU), allThatMayStay(PRO)];
    expect(left.filter((line) => !mayStay.some((one) => one.test(line)))).toEqual([]);
    for (const address of [LOU, PRO]) {
      expect((await pipeline.earners.read(keyOf(address))).awards.size).toBe(2);
      expect(await file(address)).toMatchObject({
        contact: null,
        assertions: [],
        journal: [],
        linked: [],
        linkedTo: null,
        tombstone: { entriesToUnindex: [] },
      });
    }
    expect(mine.length).toBe(2);
    expect(await numbersOf('erased')).toMatch(
      /^people 1, addresses 2, assertions 5, awards 2, entries \d+, jobs \d+$/,
    );
    expect(await entriesOf('erased')).toMatchObject([{ earner: null, cause: 'ops' }]);
    expect(await erase(PRO)).toBeNull();
    expect(await entriesOf('erased')).toHaveLength(1);
  });

  test('a plan that names them is gone, and no other one', async () => {
    await house.given(badge('A', LOU));
    const { redis } = pipeline;
    const plans = `${house.dataPrefix}:{plan}:made`;
    await redis.hset(plans, { '*': JSON.stringify({ gainsSample: [keyOf(LOU)] }), R2: '{"gainsSample":[]}' });
    await erase(LOU);
    expect(await redis.hkeys(plans)).toEqual(['R2']);
  });

  test('neither a notice, nor a push, nor the poll, nor a full reading brings it back; a new badge begins anew', async () => {
    const events = [badge('A', LOU), badge('B', LOU)];
    await house.given(...events);
    expect(awards()).toEqual([`R1 ${LOU}`]);
    await erase(LOU);
    await house.given(...events);
    await house.push({ [LOU]: events.flatMap(({ assertions }) => assertions.map(({ url }) => url)) });
    await reconcile();
    expect((await file(LOU)).assertions).toEqual([]);
    const left = (await traces(LOU)).filter((line) => !/:notices:events /.test(line));
    expect(left.filter((line) => !allThatMayStay(LOU).test(line))).toEqual([]);

    await house.given(badge('C', LOU));
    await reconcile();
    const { assertions } = await file(LOU);
    expect(assertions.map(({ badgeId }) => badgeId).toSorted()).toEqual(['C', 'R1', 'R2']);
    // R1 is held still, so C completes R2; the badges of before do not count any more.
    expect(awards()).toEqual([`R1 ${LOU}`, `R2 ${LOU}`]);
    await house.given(badge('A', LOU), badge('B', LOU));
    expect(awards()).toHaveLength(2);
  });

  test('what the Région gave by hand is not given a second time: before the erasure, or after it', async () => {
    badge('R1', LOU);
    await house.given(badge('A', LOU));
    await erase(LOU);
    await house.given(badge('A', LOU), badge('B', LOU));
    expect(awards()).toEqual([]);

    await house.given(badge('A', PRO));
    await erase(PRO);
    badge('R1', PRO);
    // It is read before anything else brings them back.
    await pipeline.regionSync.sync(never());
    await house.given(badge('A', PRO), badge('B', PRO));
    expect(awards()).toEqual([]);
  });

  test('an award that is over is given again, when it is earned again', async () => {
    const a = badge('A', LOU);
    await house.given(a, badge('B', LOU));
    for (const { id } of [...a.assertions, ...awardOf(house, LOU).assertions])
      house.sandbox.expire(id, nowS() - 10);
    await reconcile();
    await erase(LOU);
    expect(await stateOf(LOU)).toBeNull();
    await house.given(badge('A', LOU), badge('B', LOU));
    expect(awards()).toHaveLength(2);
  });

  test('what a human took back stays blocked, until ops lifts it', async () => {
    await house.given(badge('A', LOU), badge('B', LOU));
    await house.revoke(awardOf(house, LOU), LOU);
    await erase(LOU);
    await house.given(badge('A', LOU), badge('B', LOU));
    await reconcile();
    expect([awards().length, await stateOf(LOU)]).toEqual([1, 'blocked']);
    expect(await unblockAward(pipeline, keyOf(LOU), R1)).toBe(true);
    await house.idle();
    expect(awards()).toHaveLength(2);
  });

  test('what Palier took back is no human doing: it is given when it is earned again', async () => {
    const a = badge('A', LOU);
    await house.given(a, badge('B', LOU));
    await house.revoke(a, LOU);
    expect(await stateOf(LOU)).toBe('revoked');
    await erase(LOU);
    await house.given(badge('C', LOU));
    await reconcile();
    await house.given(badge('A', LOU), badge('B', LOU));
    expect(awards().filter((award) => award.startsWith('R1'))).toHaveLength(2);
  });

  test('both addresses of one person are no longer linked; neither is given what the other holds', async () => {
    await house.given(badge('A', LOU), badge('B', PRO));
    await linkAddresses(pipeline, keyOf(LOU), keyOf(PRO));
    await house.idle();
    await erase(LOU);
    await house.given(badge('A', LOU), badge('B', LOU), badge('A', PRO), badge('B', PRO));
    expect(awards()).toHaveLength(1);
    expect([(await file(LOU)).linked, (await file(PRO)).linkedTo]).toEqual([[], null]);
  });

  test('a link to their page that waits to be sent is not sent', async () => {
    const { mails } = pipeline.queues;
    await mails.pause();
    await enqueueLink(mails, keyOf(LOU));
    expect(await erase(LOU)).toMatchObject({ jobs: 1 });
    expect(await mails.getWaitingCount()).toBe(0);
    await mails.resume();
  });

  test('nobody is nobody', async () => {
    expect(await erase(LOU)).toBeNull();
    expect(await traces(LOU)).toEqual([]);
  });
});

describe('erased while something is on its way', () => {
  test('what waits is not given: not to them, but to the others of the batch', async () => {
    const { queues, outbox, batches } = pipeline;
    await queues.awards.pause();
    for (const address of [LOU, PRO]) await house.tell(badge('A', address), badge('B', address));
    await until(async () => (await outbox.waiting(R1)) === 2, 'two that wait');
    const batch = await outbox.takeBatch(R1, 10);
    if (batch === null) throw new Error('nothing waits');
    await pipeline.ledger.apply(keyOf(LOU), R1, { type: 'claim', batch: batch.id });
    expect(await erase(LOU)).toMatchObject({ awards: 0 });
    expect((await batches.find(R1, batch.id))?.earners).toEqual([keyOf(PRO)]);
    await queues.awards.resume();
    await house.idle();
    expect(awards()).toEqual([`R1 ${PRO}`]);
    expect((await traces(LOU)).filter((line) => !allThatMayStay(LOU).test(line))).toEqual([]);
  });

  test.each([{ kind: 'slow', ms: 300 }, { kind: 'reply-lost' }] as const)(
    'an award in flight ($kind) is known as given, and is not given a second time',
    async (fault) => {
      const calls = house.sandbox.issues().length;
      house.sandbox.fault({ route: 'POST issue', ...fault });
      await house.tell(badge('A', LOU), badge('B', LOU));
      await until(() => house.sandbox.issues().length > calls, 'issue call');
      expect(await erase(LOU)).toMatchObject({ awards: 1 });
      await house.idle();
      expect((await file(LOU)).assertions).toEqual([]);
      await house.given(badge('A', LOU), badge('B', LOU));
      expect(awards()).toEqual([`R1 ${LOU}`]);
    },
  );

  test('a pushed credential that was asked for before the erasure, and comes after it, is not stored', async () => {
    await house.given(badge('A', LOU));
    const { assertions } = house.issue({ clientId: 'P3', badgeId: 'D', recipients: [LOU] });
    const asked = () => house.sandbox.calls.filter(({ route }) => route === 'GET credential').length;
    const before = asked();
    house.sandbox.fault({ route: 'GET credential', kind: 'slow', ms: 1000 });
    await house.push({ [LOU]: assertions.map(({ url }) => url) });
    await until(() => asked() > before, 'call');
    await erase(LOU);
    await house.idle();
    expect(await file(LOU)).toMatchObject({ contact: null, assertions: [] });
  });

  test.each([
    ['their own address has the badge', false, false],
    ['a linked address has the badge', true, false],
    ['a linked address has the badge, and its own award was withdrawn', true, true],
  ])('a revocation that has begun goes on: %s', async (_, isLinked, isWithdrawn) => {
    const holder = keyOf(isLinked ? PRO : LOU);
    if (isLinked) await linkAddresses(pipeline, holder, keyOf(LOU));
    const [a, b] = [badge('A', LOU), badge('B', LOU)];
    await house.given(a, b);
    await pipeline.queues.awards.pause();
    house.sandbox.revokeByHand(b.id, [LOU]);
    await house.notify(b, 'badge.revoked');
    const job = (address: EarnerKey) => pipeline.queues.awards.getJob(revokeJobId(address, R1));
    await until(() => job(holder), 'revocation');
    await pipeline.ledger.apply(holder, R1, { type: 'start-revoking' });
    if (isWithdrawn)
      await pipeline.ledger.amend(keyOf(LOU), R1, () => ({
        state: 'withdrawn',
        atS: 1,
        ignoredRevocations: [],
      }));
    await erase(LOU);
    expect(await job(keyOf(LOU))).toBeDefined();
    await pipeline.queues.awards.resume();
    await house.idle();
    expect(house.sandbox.awarded(LOU)).not.toContain(`${REGION}/R1`);
    expect([await stateOf(LOU), await stateOf(PRO)]).toEqual(['revoked', null]);
  });

  test('nothing is waited for: what was in flight is held when they come back', async () => {
    const calls = house.sandbox.issues().length;
    house.sandbox.fault({ route: 'POST issue', kind: 'reply-lost' });
    await house.tell(badge('A', LOU), badge('B', LOU));
    await until(() => house.sandbox.issues().length > calls, 'issue call');
    expect(await erase(LOU)).toMatchObject({ people: 1, awards: 1 });
    await house.idle();
    expect(await file(LOU)).toMatchObject({ contact: null, assertions: [], journal: [] });
    expect(await stateOf(LOU)).toBe('issued');
    await house.given(badge('C', LOU));
    expect(awards()).toEqual([`R1 ${LOU}`, `R2 ${LOU}`]);
  });
});

/** As the portfolios, the ledger and the account have somebody who was given their award so long ago. */
async function made(
  address: string,
  daysAgo: number,
  {
    record = {},
    expiresInDays = null,
  }: { record?: Partial<AwardRecord>; expiresInDays?: number | null } = {},
): Promise<void> {
  const issuedOnS = nowS() - daysAgo * DAY_S;
  const earner = keyOf(address);
  const one = (id: string, clientId: string, badgeId: string) => ({
    earner,
    contact: { address, name: 'Lou Martin' },
    own: clientId === REGION,
    assertion: assertionOf(`${id}.${address}`, {
      clientId,
      badgeId,
      eventId: `${id}.event`,
      issuedOnS,
      expiresOnS: expiresInDays === null ? null : nowS() + expiresInDays * DAY_S,
    }),
  });
  await storeAssertions(pipeline, [one('a', 'P1', 'A'), one('b', 'P2', 'B'), one('r', REGION, 'R1')]);
  const issued = {
    state: 'issued',
    atS: issuedOnS,
    ignoredRevocations: [],
    event: asEventId('r.event'),
    ...record,
  };
  await pipeline.ledger.amend(earner, R1, () => issued as AwardRecord);
  await pipeline.journal.write([
    journalEntry('issued', issuedOnS, { earner, badgeId: R1, event: asEventId('r.event') }),
  ]);
}

/** The process dies at the n-th thing that it writes. */
class Killed extends Error {}
function dyingAt(nth: number): Pipeline {
  let left = nth;
  const mortal = <T extends object>(part: T, writes: readonly string[]): T =>
    new Proxy(part, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function' || !writes.includes(String(name))) return value;
        return (...args: unknown[]): unknown => {
          left -= 1;
          if (left <= 0) throw new Killed();
          return Reflect.apply(value, target, args);
        };
      },
    });
  return {
    ...pipeline,
    earners: mortal(pipeline.earners, ['update']),
    outbox: mortal(pipeline.outbox, ['remove']),
    flags: mortal(pipeline.flags, ['unlist']),
    journal: mortal(pipeline.journal, ['anonymise', 'unindex', 'write']),
  };
}

test('killed after any of its steps, it is done again from any address, and nothing is left', async () => {
  let survived = false;
  for (let nth = 1; !survived; nth += 1) {
    const [one, other] = [`un.${nth}@kill.example`, `deux.${nth}@kill.example`];
    const asked = nth % 2 === 0 ? one : other;
    await made(one, 9);
    await made(other, 9);
    await linkAddresses(pipeline, keyOf(one), keyOf(other));
    survived = await eraseEarner(dyingAt(nth), keyOf(asked)).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Killed) return false;
        throw error;
      },
    );
    if (!survived) await eraseEarner(pipeline, keyOf(asked));
    for (const address of [one, other]) {
      expect(await file(address)).toMatchObject({ assertions: [], linked: [], linkedTo: null });
      expect(await stateOf(address)).toBe('issued');
      expect(await pipeline.journal.ofEarner(keyOf(address))).toEqual([]);
    }
  }
  await house.idle();
  const left = (await stored()).filter((line) => /kill\.example|a\.event|b\.event/.test(line));
  expect(left).toEqual([]);
});

describe('the purge', () => {
  const isGone = async (address: string): Promise<boolean> => (await file(address)).tombstone !== null;
  const YEAR = 12;

  test('erases people who were given nothing for so long and wait for nothing; logs it once, in numbers', async () => {
    const at = (name: string): string => `${name}.${tests}@purge.example`;
    await made(at('old'), 400);
    await made(at('of-this-year'), 300);
    await made(at('still-valid'), 400, { expiresInDays: 5 });
    await made(at('over-since'), 800, { expiresInDays: -400 });
    await made(at('given-lately'), 400, { record: { atS: nowS() - 10 * DAY_S } });
    await made(at('waits'), 400, { record: { state: 'due' } });
    await made(at('first'), 400);
    await made(at('second'), 420);
    await linkAddresses(pipeline, keyOf(at('first')), keyOf(at('second')));
    await made(at('silent'), 400);
    await made(at('active'), 1);
    await linkAddresses(pipeline, keyOf(at('silent')), keyOf(at('active')));
    await house.idle();
    await made(at('blocked'), 400, { record: { state: 'blocked' } });
    await markAssertion(
      pipeline.earners,
      keyOf(at('blocked')),
      asAssertionId(`r.${at('blocked')}`),
      'revoked',
    );

    const told = (await entriesOf('purged')).length;
    const { did, facts } = await purge(pipeline, { months: YEAR }, never());
    expect([did, facts]).toEqual([
      'people purged',
      {
        months: 12,
        people: 4,
        addresses: 5,
        assertions: 15,
        awards: 3,
        entries: 7,
        jobs: 0,
        flags: 0,
      },
    ]);
    const gone = ['old', 'over-since', 'first', 'second', 'blocked'];
    const stay = ['of-this-year', 'still-valid', 'given-lately', 'waits', 'silent', 'active'];
    for (const name of gone) expect([name, await isGone(at(name))]).toEqual([name, true]);
    for (const name of stay) expect([name, await isGone(at(name))]).toEqual([name, false]);
    expect([await stateOf(at('old')), await stateOf(at('blocked')), await stateOf(at('over-since'))]).toEqual(
      ['issued', 'blocked', null],
    );
    const entries = await entriesOf('purged');
    expect(entries.slice(told)).toMatchObject([
      {
        earner: null,
        cause: 'retention',
        detail: 'people 4, addresses 5, assertions 15, awards 3, entries 7, jobs 0',
      },
    ]);
    expect((await purge(pipeline, { months: YEAR }, never())).facts).toMatchObject({ people: 0 });
    expect(await entriesOf('purged')).toHaveLength(told + 1);
  });

  test('nobody is purged when no time is set; but an erasure that was broken off is completed', async () => {
    await made(LOU, 4000);
    await made(PRO, 1);
    // Its tombstone, the indexes, the outbox: it stops there.
    await expect(eraseEarner(dyingAt(4), keyOf(PRO))).rejects.toThrow(Killed);
    expect((await file(PRO)).tombstone?.entriesToUnindex).toHaveLength(1);
    expect((await purge(pipeline, { months: null }, never())).facts).toMatchObject({ people: 1 });
    expect([await isGone(LOU), await isGone(PRO)]).toEqual([false, true]);
    expect((await file(PRO)).tombstone?.entriesToUnindex).toEqual([]);
    expect((await purge(pipeline, { months: null }, never())).facts).toMatchObject({ people: 0 });
  });

  test('what was at work during an erasure meets the tombstone', async () => {
    await made(LOU, 1);
    await erase(LOU);
    const earner = keyOf(LOU);
    const late = { type: 'comes-due', endedEvents: [], cause: 'webhook.event.P1.late' } as const;
    await expect(pipeline.ledger.apply(earner, R2, late)).rejects.toThrow(IllegalTransition);
    await pipeline.journal.write([
      journalEntry('found', nowS(), { earner, badgeId: R1, event: asEventId('late') }),
    ]);
    await pipeline.flags.add({ earner, badgeId: R1, atS: nowS() });
    expect([await stateOf(LOU), await stateOf(LOU, R2)]).toEqual(['issued', null]);
    expect(await file(LOU)).toMatchObject({ journal: [], flags: new Map() });
    expect((await traces(LOU)).filter((line) => !allThatMayStay(LOU).test(line))).toEqual([]);
  });

  test('people known from the journal alone: their last entry counts', async () => {
    const tell = (address: string, days: number) =>
      pipeline.journal.write([
        journalEntry('refused', nowS() - days * DAY_S, { earner: keyOf(address), badgeId: R1 }),
      ]);
    await tell(LOU, 500);
    await tell(PRO, 500);
    await tell(PRO, 10);
    expect((await purge(pipeline, { months: null }, never())).facts).toMatchObject({ people: 0 });
    expect((await file(LOU)).journal).toHaveLength(1);
    await purge(pipeline, { months: YEAR }, never());
    expect((await file(LOU)).journal).toEqual([]);
    expect(await pipeline.journal.ofEarner(keyOf(PRO))).toHaveLength(2);
    expect((await purge(pipeline, { months: YEAR }, never())).facts).toMatchObject({ people: 0 });
  });

  test('who is given a badge at that very moment stays, with all of theirs', async () => {
    await made(LOU, 400);
    const { earners } = pipeline;
    let isGiven = false;
    const update: typeof earners.update = async (earner, how) => {
      if (earner === keyOf(LOU) && !isGiven) {
        isGiven = true;
        await made(LOU, 0);
      }
      return earners.update(earner, how);
    };
    await purge({ ...pipeline, earners: { ...earners, update } }, { months: YEAR }, never());
    expect(isGiven).toBe(true);
    expect(await file(LOU)).toMatchObject({ tombstone: null, linkedTo: null, assertions: { length: 3 } });
    await house.idle();
  });

  test('one of three linked addresses is given a badge at that very moment: what comes still counts', async () => {
    const OLD = `old.${tests}@example.org`;
    for (const address of [LOU, PRO, OLD]) await made(address, 400);
    for (const address of [PRO, OLD]) await linkAddresses(pipeline, keyOf(LOU), keyOf(address));
    await house.idle();
    const { earners } = pipeline;
    // The person's own address is erased last.
    const [, second] = (await file(LOU)).linked;
    const alive = [PRO, OLD].find((address) => keyOf(address) === second) ?? '';
    let isGiven = false;
    const update: typeof earners.update = async (earner, how) => {
      if (earner === second && !isGiven) {
        isGiven = true;
        await made(alive, 0);
      }
      return earners.update(earner, how);
    };
    await purge({ ...pipeline, earners: { ...earners, update } }, { months: YEAR }, never());
    await house.given(badge('C', alive));
    const { portfolio, keys } = await readPerson(pipeline, keyOf(alive));
    expect(keys).toEqual([keyOf(LOU), keyOf(alive)]);
    expect(portfolio.assertions.map(({ badgeId }) => badgeId)).toContain('C');
  });

  test('one who cannot be read does not stop the others', async () => {
    await made(LOU, 400);
    await made(PRO, 400);
    const { earners } = pipeline;
    const read: typeof earners.read = (earner) =>
      earner === keyOf(LOU) ? Promise.reject(new Error('unreadable')) : earners.read(earner);
    const hurt = { ...pipeline, earners: { ...earners, read } };
    expect((await purge(hurt, { months: YEAR }, never())).facts).toMatchObject({ people: 1 });
    expect([await isGone(LOU), await isGone(PRO)]).toEqual([false, true]);
  });

  test('a worker that stops ends it; nobody is left half erased', async () => {
    await made(LOU, 400);
    await expect(purge(pipeline, { months: YEAR }, AbortSignal.abort())).rejects.toThrow('aborted');
    expect(await file(LOU)).toMatchObject({ tombstone: null, linkedTo: null });
  });

  test('every night, once for all workers, by the clock of the scheme; a worker does it', async () => {
    await made(LOU, 400);
    await Promise.all(
      house.pipelines.map((one) => scheduleHousekeeping(one, 'purge', { retentionMonths: YEAR })),
    );
    const { maintenance: queue } = pipeline.queues;
    const [first, ...others] = await queue.getJobSchedulers();
    expect(others).toEqual([]);
    const time = { timeZone: 'Europe/Paris', hour: '2-digit', minute: '2-digit' } as const;
    expect(new Date(first?.next ?? 0).toLocaleTimeString('fr-FR', time)).toBe('03:43');
    const [job] = await queue.getDelayed();
    await job?.promote();
    await until(() => isGone(LOU), 'purge by a worker');
    await queue.removeJobScheduler('purge');
    await house.idle();
  });
});
