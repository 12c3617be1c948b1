import { storeAssertions } from '../../src/earners/assertions.js';
import { readPerson } from '../../src/earners/person.js';
import { isErased } from '../../src/earners/record.js';
import type { EarnerKey } from '../../src/ids.js';
import { eraseEarner } from '../../src/privacy/erase-people.js';
import { purge } from '../../src/privacy/purge.js';
import { linkAddresses, unlinkAddress } from '../../src/workers/link-addresses.js';
import type { Pipeline } from '../../src/workers/pipeline.js';
import { assertionOf } from '../support/assertion.js';
import { openHouse, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';

/** Links, erasures and purges of the same people, one in the middle of another. */
const DAY_S = 86_400;
const YEAR = 12;
let house: House;
let pipeline: Pipeline;
let people = 0;

beforeAll(async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  [pipeline] = house.pipelines;
});
afterAll(() => house.close());

const signal = (): AbortSignal => new AbortController().signal;
const keyOf = (address: string): EarnerKey => house.keyOf(address);
const file = (address: string) => pipeline.earners.read(keyOf(address));
const isGone = async (address: string): Promise<boolean> => isErased(await file(address));
const link = (to: Pipeline, person: string, other: string) => linkAddresses(to, keyOf(person), keyOf(other));
const nightly = (parts: Pipeline, months: number | null = null) => purge(parts, { months }, signal());

/** Nobody had these addresses before. */
function newAddresses(): readonly [string, string] {
  people += 1;
  return [`lou.${people}@example.org`, `pro.${people}@example.org`];
}

/** The address has this badge of P1, as a poll stores it. */
const made = (address: string, daysAgo: number, badgeId = 'C') =>
  storeAssertions(pipeline, [
    {
      earner: keyOf(address),
      contact: { address, name: null },
      assertion: assertionOf(`${badgeId}.${daysAgo}.${address}`, {
        clientId: 'P1',
        badgeId,
        issuedOnS: Math.floor(Date.now() / 1000) - daysAgo * DAY_S,
      }),
    },
  ]);

/** A pipeline that calls `act` before its n-th write of a record. */
function interrupted(nth: number, act: () => Promise<unknown>) {
  let writes = 0;
  const stopping = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function' || (name !== 'update' && name !== 'updateWithEntries')) return value;
        return async (...args: unknown[]): Promise<unknown> => {
          writes += 1;
          if (writes === nth) await act();
          return Reflect.apply(value, target, args);
        };
      },
    });
  const parts = { ...pipeline, earners: stopping(pipeline.earners), journal: stopping(pipeline.journal) };
  return { parts, isOver: () => writes < nth };
}

/** Each address that is not erased is served once: as its own person, or within that of another. */
async function expectServed(...addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    if (await isGone(address)) continue;
    const readers = await Promise.all(addresses.map((one) => readPerson(pipeline, keyOf(one))));
    const owners = readers.filter(({ keys }) => keys.includes(keyOf(address))).map(({ earner }) => earner);
    expect([...new Set(owners)]).toEqual([(await readPerson(pipeline, keyOf(address))).earner]);
    expect(await isGone(addresses.find((one) => keyOf(one) === owners[0]) ?? '')).toBe(false);
  }
}

class Killed extends Error {}
const kill = (): Promise<never> => Promise.reject(new Killed());
const untilKilled = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });

type Act = (parts: Pipeline, own: string, other: string, erased: string) => Promise<unknown>;
/** Each may be refused when another was first. */
const ACTS: Readonly<Record<'link' | 'unlink' | 'erase' | 'purge', Act>> = {
  link: (parts, own, other) => link(parts, own, other).catch(() => undefined),
  unlink: (parts, own, other) =>
    unlinkAddress(parts, keyOf(own), keyOf(other), signal()).catch(() => undefined),
  erase: (parts, _own, _other, erased) => eraseEarner(parts, keyOf(erased)),
  purge: (parts) => nightly(parts, YEAR),
};

const ERASURES = [
  ['link', 'erase'],
  ['erase', 'link'],
  ['unlink', 'erase'],
  ['erase', 'unlink'],
] as const;
test.each(
  ERASURES.flatMap(([inner, outer]) => ['own', 'other'].map((asked) => [inner, outer, asked] as const)),
)(
  '%s at any moment of %s, of the %s address: nobody is left between two people',
  async (inner, outer, asked) => {
    for (let nth = 1, isOver = false; !isOver; nth += 1) {
      const [lou, pro] = newAddresses();
      for (const address of [lou, pro]) await made(address, 9);
      if (inner === 'unlink' || outer === 'unlink') await link(pipeline, lou, pro);
      const erased = asked === 'own' ? lou : pro;
      const one = interrupted(nth, () => ACTS[inner](pipeline, lou, pro, erased));
      await ACTS[outer](one.parts, lou, pro, erased);
      isOver = one.isOver();
      await nightly(pipeline);
      // Not reached: the last round only shows that there is no further write.
      const isAsked = outer === 'erase' || !isOver;
      expect(await isGone(erased)).toBe(isAsked);
      await expectServed(lou, pro);
    }
  },
);

const PURGES = [
  ['link', 'purge'],
  ['purge', 'link'],
] as const;
test.each(PURGES.flatMap(([inner, outer]) => ['own', 'other'].map((old) => [inner, outer, old] as const)))(
  '%s at any moment of %s, of which the %s address is old: the other one stays',
  async (inner, outer, old) => {
    for (let nth = 1, isOver = false; !isOver; nth += 1) {
      const [lou, pro] = newAddresses();
      const [past, present] = old === 'own' ? [lou, pro] : [pro, lou];
      await made(past, 400);
      await made(present, 9);
      const one = interrupted(nth, () => ACTS[inner](pipeline, lou, pro, past));
      await ACTS[outer](one.parts, lou, pro, past);
      isOver = one.isOver();
      await nightly(pipeline, YEAR);
      expect(await isGone(present)).toBe(false);
      await expectServed(lou, pro);
    }
  },
);

test.each([0, 1])(
  'a purge that is killed anywhere: the next one erases nobody who was given a badge meanwhile (%d)',
  async (given) => {
    for (let nth = 1, isOver = false; !isOver; nth += 1) {
      const pair = newAddresses();
      for (const address of pair) await made(address, 400);
      await link(pipeline, ...pair);
      const one = interrupted(nth, kill);
      await untilKilled(nightly(one.parts, YEAR));
      isOver = one.isOver();
      const [alive, other] = given === 0 ? pair : [pair[1], pair[0]];
      await made(alive, 0);
      await nightly(pipeline, YEAR);
      expect(await isGone(alive)).toBe(false);
      expect((await readPerson(pipeline, keyOf(alive))).portfolio.assertions.length).toBeGreaterThan(0);
      await expectServed(alive, other);
    }
  },
);

test('an address that came back after its purge is nobody else: it is not erased with who still lists it', async () => {
  const [lou, pro] = newAddresses();
  for (const address of [lou, pro]) await made(address, 400);
  await link(pipeline, lou, pro);
  // Killed after the first tombstone.
  for (let nth = 1; !(await isGone(pro)); nth += 1)
    await untilKilled(nightly(interrupted(nth, kill).parts, YEAR));
  for (const address of [lou, pro]) await made(address, 0, 'D');
  await nightly(pipeline, YEAR);
  await eraseEarner(pipeline, keyOf(lou));
  expect([await isGone(lou), await isGone(pro)]).toEqual([true, false]);
});

test('linked and unlinked once more, nothing is written to a record that says so already', async () => {
  const [lou, pro] = newAddresses();
  for (const address of [lou, pro]) await made(address, 9);
  await link(pipeline, lou, pro);
  await house.idle();
  const value = async (address: string) =>
    (await pipeline.redis.getBuffer(`${house.dataPrefix}:{${keyOf(address)}}`))?.toString('base64');
  const before = await Promise.all([value(lou), value(pro)]);
  await link(pipeline, lou, pro);
  await house.idle();
  expect(await Promise.all([value(lou), value(pro)])).toEqual(before);
  await unlinkAddress(pipeline, keyOf(lou), keyOf(pro), signal());
  await expectServed(lou, pro);
});
