import fc from 'fast-check';
import { setTimeout as pause } from 'node:timers/promises';
import { asBadgeId, type EarnerKey } from '../../src/ids.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import {
  AwardInFlight,
  linkAddresses,
  withLinkedTo,
  unlinkAddress,
} from '../../src/workers/link-addresses.js';
import { readPerson } from '../../src/earners/person.js';
import { unblockAward } from '../../src/workers/issue/revocation.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { awardOf, SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { linkRecords } from '../support/stores.js';
import { until } from '../support/until.js';
import { runs } from '../support/runs.js';

const R1 = asBadgeId('R1');
const R2 = asBadgeId('R2');
const DAY_S = 86_400;
const TODAY_S = Math.floor(Date.now() / 1000 / DAY_S) * DAY_S;

let house: House;
/** Three addresses that nobody had before. */
let LOU: string;
let PRO: string;
let OLD: string;
let tests = 0;

beforeAll(async () => {
  house = await openHouse({
    scheme: SMALL_SCHEME.replace('badge: R1', 'badge: R1\n    on_loss: revoke'),
    partners: SMALL_PARTNERS,
    workers: 2,
    pace: { settleMs: 1500 },
  });
});
afterAll(() => house.close());
beforeEach(() => {
  tests += 1;
  [LOU, PRO, OLD] = ['lou', 'pro', 'old'].map((name) => `${name}.${tests}@example.org`) as [
    string,
    string,
    string,
  ];
});

const keyOf = (address: string): EarnerKey => house.keyOf(address);
/** @param daysAgo when it was issued */
const badge = (id: string, address: string, daysAgo = 0): EventRecord => {
  const clientId = { A: 'P1', C: 'P1', B: 'P2' }[id] ?? REGION;
  const issuedOnS = TODAY_S - daysAgo * DAY_S;
  return house.issue({ clientId, badgeId: id, recipients: [address], issuedOnS });
};
const revokedAward = (address: string): Promise<void> => house.revoke(awardOf(house, address), address);
const link = (one: string, other: string) => linkAddresses(house.pipelines[0], keyOf(one), keyOf(other));
const unlink = (one: string, other: string, withinMs = 60_000) =>
  unlinkAddress(house.pipelines[0], keyOf(one), keyOf(other), new AbortController().signal, withinMs);
const linked = async (one: string, other: string): Promise<void> => {
  await link(one, other);
  await house.idle();
};
const unlinked = async (one: string, other: string): Promise<void> => {
  await unlink(one, other);
  await house.idle();
};
/** Of the three, in order. */
const awards = (): string[] =>
  house.awards().filter((award) => [LOU, PRO, OLD].some((address) => award.endsWith(` ${address}`)));
const holds = (address: string): boolean => house.sandbox.awarded(address).includes('REGION/R1');
const person = (address: string) => readPerson(house.pipelines[0], keyOf(address));
const stateOf = async (address: string, badgeId = R1) =>
  (await house.pipelines[0].ledger.read(keyOf(address), badgeId))?.state ?? null;
const toldOf = async (address: string) =>
  (await house.pipelines[0].journal.ofEarner(keyOf(address))).map(({ kind }) => kind);

/** Both addresses deserve the award on their own, and wait for it; the counted badges of the later are PRO's. */
async function bothWait(): Promise<void> {
  const [{ queues, outbox }] = house.pipelines;
  await queues.awards.pause();
  await house.tell(badge('A', LOU, 5), badge('B', LOU), badge('A', PRO), badge('B', PRO, 1));
  await until(async () => (await outbox.waiting(R1)) === 2, 'two that wait');
}
const resumed = async (): Promise<void> => {
  await house.pipelines[0].queues.awards.resume();
  await house.idle();
};

describe('two addresses become one person', () => {
  test.each(['pro', 'lou'])(
    'with half of the badges each: one award, at the address of the latest, %s',
    async (name) => {
      const latest = name === 'pro' ? PRO : LOU;
      const day = (address: string): number => (address === latest ? 0 : 9);
      await house.given(badge('A', LOU, day(LOU)), badge('B', PRO, day(PRO)));
      expect(awards()).toEqual([]);
      expect(await link(LOU, PRO)).toMatchObject({ person: keyOf(LOU), changed: true, withdrawn: 0 });
      await house.idle();
      expect(awards()).toEqual([`R1 ${latest}`]);
      expect([await toldOf(LOU), await toldOf(PRO)]).toEqual([['linked', 'issued'], ['linked']]);
    },
  );

  test('who both hold it: nothing more, however often it is said, and either way round', async () => {
    await house.given(badge('A', LOU), badge('B', LOU), badge('A', PRO), badge('B', PRO));
    await linked(LOU, PRO);
    expect(await link(LOU, PRO)).toMatchObject({ person: keyOf(LOU), changed: false });
    expect(await link(PRO, LOU)).toMatchObject({ person: keyOf(LOU), changed: false });
    await house.given(badge('A', LOU), badge('B', PRO));
    expect(awards().toSorted()).toEqual([`R1 ${LOU}`, `R1 ${PRO}`]);
    expect((await toldOf(PRO)).filter((kind) => kind === 'linked')).toHaveLength(1);
  });

  test('a new badge under the second address is judged with those of the first', async () => {
    await house.given(badge('A', LOU, 2), badge('C', PRO, 1));
    await linked(LOU, PRO);
    expect(awards()).toEqual([]);
    await house.given(badge('B', PRO));
    expect(awards().toSorted()).toEqual([`R1 ${PRO}`, `R2 ${PRO}`]);
  });

  test.each([{ kind: 'slow', ms: 250 }, { kind: 'reply-lost' }, { kind: 'reset' }] as const)(
    'while an award of one is in flight ($kind), and the other comes to deserve it: one',
    async (fault) => {
      const calls = house.sandbox.issues().length;
      house.sandbox.fault({ route: 'POST issue', ...fault });
      await house.given(badge('A', LOU));
      await house.tell(badge('A', PRO), badge('B', PRO));
      await until(() => house.sandbox.issues().length > calls, 'issue call');
      await link(LOU, PRO);
      await house.given(badge('B', LOU));
      expect(awards()).toHaveLength(1);
      expect(await house.failedReasons()).toEqual([]);
    },
  );

  test('while both wait: the one that moved is withdrawn, one award leaves', async () => {
    await bothWait();
    expect(await link(LOU, PRO)).toMatchObject({ withdrawn: 1 });
    expect([await stateOf(PRO), await house.pipelines[0].outbox.waiting(R1)]).toEqual(['withdrawn', 1]);
    await resumed();
    expect(awards()).toEqual([`R1 ${PRO}`]);
  });

  test('both in one batch already: one award leaves', async () => {
    await bothWait();
    await house.pipelines[0].outbox.takeBatch(R1, 10);
    await link(LOU, PRO);
    await resumed();
    expect(awards()).toEqual([`R1 ${PRO}`]);
  });

  test('a link of a link: all of them are one person, wherever the next badge comes', async () => {
    await house.given(badge('A', LOU, 3), badge('C', PRO, 3), badge('C', OLD, 2));
    await linked(LOU, PRO);
    expect((await link(OLD, PRO)).keys.toSorted()).toEqual([LOU, PRO, OLD].map(keyOf).toSorted());
    for (const address of [LOU, PRO, OLD])
      expect(await person(address)).toMatchObject({ earner: keyOf(OLD), keys: { length: 3 } });
    await house.given(badge('B', PRO));
    expect(awards().toSorted()).toEqual([`R1 ${PRO}`, `R2 ${PRO}`]);
  });

  test('a link that was broken off is ended by the next; meanwhile nothing is given to who is in between', async () => {
    await house.given(badge('A', LOU), badge('C', PRO), badge('B', OLD));
    await linked(PRO, OLD);
    const { earners } = house.pipelines[0];
    // The first of its steps alone: the one points away, the other does not know of it yet.
    await earners.update(keyOf(PRO), withLinkedTo(keyOf(LOU)));
    await house.given(badge('A', OLD), badge('B', PRO));
    expect(awards()).toEqual([]);
    await linked(LOU, OLD);
    for (const address of [LOU, PRO, OLD])
      expect(await person(address)).toMatchObject({ earner: keyOf(LOU), keys: { length: 3 } });
    expect(awards()).toHaveLength(2);
  });

  test('two operators link the same two, each the other way round: one person', async () => {
    await house.given(badge('A', LOU), badge('B', PRO));
    const { earners } = house.pipelines[0];
    await linkRecords(earners, keyOf(LOU), keyOf(PRO));
    await linkRecords(earners, keyOf(PRO), keyOf(LOU));
    const { person: one } = await link(LOU, PRO);
    await house.idle();
    expect([(await person(LOU)).earner, (await person(PRO)).earner]).toEqual([one, one]);
    expect(awards()).toHaveLength(1);
  });
});

describe('what a human took back, and what Palier takes back', () => {
  test.each(['first', 'second'])(
    'blocked under the %s address, the person is; unblocked, too',
    async (which) => {
      const [blocked, free] = which === 'first' ? [LOU, PRO] : [PRO, LOU];
      await house.given(badge('A', blocked), badge('B', blocked));
      await revokedAward(blocked);
      await house.given(badge('A', free));
      await linked(LOU, PRO);
      await house.given(badge('B', free));
      expect(awards()).toEqual([`R1 ${blocked}`]);
      expect(await unblockAward(house.pipelines[0], keyOf(free), R1)).toBe(true);
      await house.idle();
      expect(awards()).toHaveLength(2);
      expect(holds(LOU) || holds(PRO)).toBe(true);
    },
  );

  test('blocked under both: one word lifts both', async () => {
    await house.given(badge('A', LOU), badge('B', LOU), badge('A', PRO), badge('B', PRO));
    await revokedAward(LOU);
    await revokedAward(PRO);
    expect([await stateOf(LOU), await stateOf(PRO)]).toEqual(['blocked', 'blocked']);
    await linked(LOU, PRO);
    expect(awards()).toHaveLength(2);
    expect(await unblockAward(house.pipelines[0], keyOf(PRO), R1)).toBe(true);
    await house.idle();
    expect(awards()).toHaveLength(3);
  });

  test('an award that was given under the second address before the link is taken back there', async () => {
    const b = badge('B', PRO);
    await house.given(badge('A', PRO), b, badge('C', LOU));
    await linked(LOU, PRO);
    await house.revoke(b, PRO);
    expect([holds(PRO), await stateOf(PRO)]).toEqual([false, 'revoked']);
    await house.given(badge('B', LOU));
    expect(holds(LOU) || holds(PRO)).toBe(true);
  });

  test('an award that was given to the second address, for the person, is taken back there', async () => {
    const a = badge('A', LOU, 1);
    await house.given(a, badge('B', PRO));
    await linked(LOU, PRO);
    expect(awards()).toEqual([`R1 ${PRO}`]);
    await house.revoke(a, LOU);
    expect(holds(PRO)).toBe(false);
  });
});

describe('one person becomes two again', () => {
  test('each is given their own; the badge stays whose address it went to', async () => {
    await bothWait();
    await link(LOU, PRO);
    await resumed();
    expect(awards()).toEqual([`R1 ${PRO}`]);
    // It stands in the record of the person, who is read under the first address.
    expect([await stateOf(LOU), await stateOf(PRO)]).toEqual(['issued', 'withdrawn']);

    expect(await unlink(LOU, PRO)).toMatchObject({ changed: true, moved: 1 });
    expect(await stateOf(PRO)).toBe('issued');
    await house.idle();
    expect(awards()).toEqual([`R1 ${PRO}`, `R1 ${LOU}`]);
    expect(await unlink(LOU, PRO)).toMatchObject({ changed: false });
    await house.given(badge('A', LOU), badge('B', PRO));
    expect(awards()).toHaveLength(2);
    expect(await toldOf(PRO)).toEqual(['linked', 'unlinked']);
  });

  test('who had half each keep what was given, and are given no more when linked again', async () => {
    await house.given(badge('A', LOU, 1), badge('B', PRO));
    await linked(LOU, PRO);
    await unlinked(LOU, PRO);
    await linked(PRO, LOU);
    await unlinked(PRO, LOU);
    expect(awards()).toEqual([`R1 ${PRO}`]);
    expect([await stateOf(LOU), await stateOf(PRO)]).toEqual([null, 'issued']);
    // A person linked by mistake is given what they come to deserve.
    await house.given(badge('B', LOU));
    expect(awards()).toEqual([`R1 ${PRO}`, `R1 ${LOU}`]);
  });

  test('the address that stands for the person leaves: the others stay together', async () => {
    await house.given(badge('A', LOU), badge('A', PRO), badge('A', OLD));
    await linked(LOU, PRO);
    await linked(LOU, OLD);
    await unlinked(PRO, LOU);
    expect((await person(LOU)).keys).toEqual([keyOf(LOU)]);
    expect((await person(OLD)).keys.toSorted()).toEqual([keyOf(PRO), keyOf(OLD)].toSorted());
    await house.given(badge('B', OLD));
    await house.given(badge('B', LOU));
    expect(awards()).toHaveLength(2);
    expect(awards()[1]).toBe(`R1 ${LOU}`);
  });

  test('a block goes with the address that was revoked; the other one is free', async () => {
    await house.given(badge('A', LOU, 1), badge('B', PRO));
    await linked(LOU, PRO);
    await revokedAward(PRO);
    expect(await stateOf(LOU)).toBe('blocked');
    await unlinked(LOU, PRO);
    expect([await stateOf(LOU), await stateOf(PRO)]).toEqual([null, 'blocked']);
    await house.given(badge('B', LOU), badge('A', PRO));
    expect(awards()).toEqual([`R1 ${PRO}`, `R1 ${LOU}`]);
  });

  test('what a batch holds that nobody sends is withdrawn, and not waited for', async () => {
    await house.given(badge('A', LOU, 2), badge('B', LOU, 1), badge('C', PRO));
    const [{ outbox, ledger, queues }] = house.pipelines;
    await queues.awards.pause();
    await link(LOU, PRO);
    await until(async () => (await outbox.waiting(R2)) === 1, 'award in the outbox');
    const batch = await outbox.takeBatch(R2, 10);
    if (batch === null) throw new Error('nothing waits');
    await ledger.apply(keyOf(LOU), R2, { type: 'claim', batch: batch.id });
    await unlink(LOU, PRO, 0);
    expect(await stateOf(LOU, R2)).toBe('withdrawn');
    await resumed();
    // Neither deserves it alone.
    expect(awards()).toEqual([`R1 ${LOU}`]);
  });

  test.each([true, false])(
    'it waits for a call under way, whose reply comes (%s); when that does not end, nothing is changed',
    async (isReplied) => {
      await house.given(badge('A', LOU, 2), badge('B', LOU, 1), badge('C', PRO));
      const calls = house.sandbox.issues().length;
      const [{ queues }] = house.pipelines;
      let carryOut = (): void => {};
      const slow = new Promise<false>((resolve) => (carryOut = () => resolve(false)));
      jest.spyOn(house.sandbox, 'closesWithin').mockReturnValueOnce(slow);
      house.sandbox.fault({ route: 'POST issue', kind: 'slow', ms: 0 });
      if (!isReplied) house.sandbox.fault({ route: 'POST issue', kind: 'reply-lost' });
      await link(LOU, PRO);
      await until(() => house.sandbox.issues().length > calls, 'issue call');
      // Nobody looks for what became of it meanwhile.
      await queues.awards.pause();
      await expect(unlink(LOU, PRO, 0)).rejects.toThrow(AwardInFlight);
      carryOut();
      await until(async () => (await queues.awards.getActiveCount()) === 0, 'end of the call');
      if (!isReplied) await expect(unlink(LOU, PRO, 0)).rejects.toThrow(AwardInFlight);
      expect((await person(PRO)).earner).toBe(keyOf(LOU));
      await queues.awards.resume();
      await unlink(LOU, PRO);
      await house.idle();
      // It was decided for the person, and sent to the address of the latest badge: it is that one's now.
      expect(awards()).toEqual([`R1 ${LOU}`, `R2 ${PRO}`]);
      expect((await person(LOU)).portfolio.held.map(({ badgeId }) => badgeId)).toEqual(['R1']);
      expect((await person(PRO)).portfolio.held.map(({ badgeId }) => badgeId)).toEqual(['R2']);
    },
  );

  test('a revocation under way is not waited for: it goes on under the address that has the badge', async () => {
    const a = badge('A', LOU, 1);
    await house.given(a, badge('B', PRO));
    await linked(LOU, PRO);
    const [{ ledger, queues }] = house.pipelines;
    await queues.awards.pause();
    house.sandbox.revokeByHand(a.id, [LOU]);
    await house.notify(a, 'badge.revoked');
    await ledger.apply(keyOf(LOU), R1, { type: 'start-revoking' });
    await unlink(LOU, PRO, 0);
    expect([await stateOf(LOU), await stateOf(PRO)]).toEqual([null, 'revoking']);
    await resumed();
    expect([holds(PRO), await stateOf(PRO)]).toEqual([false, 'revoked']);
    // It was Palier's doing: it is given again once it is deserved.
    await house.given(badge('A', PRO));
    expect(awards()).toEqual([`R1 ${PRO}`, `R1 ${PRO}`]);
  });
});

const moment = fc.integer({ min: 0, max: 120 });
const badges = fc.uniqueArray(fc.constantFrom('A', 'B'), { maxLength: 2 });
const story = fc.record({
  one: badges,
  other: badges,
  badgesAtMs: fc.array(moment, { minLength: 4, maxLength: 4 }),
  linksAtMs: moment,
  unlinksAfterMs: fc.option(moment),
});
type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;

async function live(told: Story, nth: number) {
  const [one, other] = [`un.${nth}@example.org`, `autre.${nth}@example.org`];
  const toGive = [
    ...told.one.map((id) => [id, one] as const),
    ...told.other.map((id) => [id, other] as const),
  ];
  const gives = toGive.map(async ([id, address], at) => {
    await pause(told.badgesAtMs[at]);
    await house.tell(badge(id, address));
  });
  const links = async (): Promise<void> => {
    await pause(told.linksAtMs);
    await link(one, other);
    if (told.unlinksAfterMs === null) return;
    await pause(told.unlinksAfterMs);
    await unlink(one, other);
  };
  await Promise.all([...gives, links()]);
  return { one, other, told };
}

test('linked, and unlinked, at any moment: no address is given it twice, and everybody theirs', async () => {
  const stories = fc.sample(story, { numRuns: runs(40, 16), seed: 4 });
  const lived: Awaited<ReturnType<typeof live>>[] = [];
  // A few at a time: they are to meet each other's steps, not to wait for the machine.
  for (let at = 0; at < stories.length; at += 10)
    lived.push(...(await Promise.all(stories.slice(at, at + 10).map((told, nth) => live(told, at + nth)))));
  await house.idle();
  const all = house.awards();
  const count = (address: string): number => all.filter((award) => award === `R1 ${address}`).length;
  for (const { one, other, told } of lived) {
    const together = new Set([...told.one, ...told.other]).size === 2;
    const complete = [one, other].filter((_, at) => [told.one, told.other][at]?.length === 2);
    const both = count(one) + count(other);
    for (const address of [one, other]) expect(count(address)).toBeLessThanOrEqual(1);
    if (!together) expect(both).toBe(0);
    else if (told.unlinksAfterMs !== null) for (const address of complete) expect(count(address)).toBe(1);
    // Each was somebody of their own until they were linked, and is no more.
    else expect(Array.from({ length: Math.max(1, complete.length) }, (_, at) => at + 1)).toContain(both);
  }
  expect(await house.failedReasons()).toEqual([]);
});
