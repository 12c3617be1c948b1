import type { AssertionId, BadgeId, ClientId, EarnerKey } from '../ids.js';
import type { Ledger } from '../issuing/ledger.js';
import type { EarnerFile } from '../portfolio/earner-file.js';
import type { Portfolio } from '../portfolio/portfolio.js';
import type { Contact, PortfolioStore } from '../portfolio/store.js';
import type { Assertion } from '../portfolio/assertion.js';
import { compose, type OwnRecord } from './compose.js';

/** Where a person is read from. */
export interface PersonSources {
  readonly region: ClientId;
  readonly portfolios: PortfolioStore;
  readonly ledger: Ledger;
}

/** One person: all addresses that ops joined, seen as one. */
export interface Person {
  /** The key that stands for the person: of the address that the others were linked to. */
  readonly earner: EarnerKey;
  /** The key of every address, the person's own first. */
  readonly keys: readonly EarnerKey[];
  readonly portfolio: Portfolio;
  /** Every record of every address. */
  readonly records: readonly OwnRecord[];
  /** Under which address each assertion came. */
  readonly whose: ReadonlyMap<AssertionId, EarnerKey>;
  /** The latest change of the rules (its generation) under which something new was stored; 0: none. */
  readonly touched: number;
}

interface Address extends EarnerFile {
  readonly key: EarnerKey;
  readonly records: readonly OwnRecord[];
}

/** All that deciding needs to know of the person whom this address belongs to, under whichever key it came. */
export async function readPerson(sources: PersonSources, earner: EarnerKey): Promise<Person> {
  const asked = await readAddress(sources, earner);
  const own = asked.linkedTo === null ? asked : await readAddress(sources, asked.linkedTo);
  const others = await Promise.all(
    own.linked.map(async (key) => (key === earner ? asked : readAddress(sources, key))),
  );
  return personOf(sources.region, own, others);
}

/** @returns null for an address that belongs to somebody who is read under another key */
export async function readPersonOnce(sources: PersonSources, earner: EarnerKey): Promise<Person | null> {
  const own = await readAddress(sources, earner);
  if (own.linkedTo !== null) return null;
  const others = await Promise.all(own.linked.map((key) => readAddress(sources, key)));
  return personOf(sources.region, own, others);
}

async function readAddress({ portfolios, ledger }: PersonSources, key: EarnerKey): Promise<Address> {
  const [file, records] = await Promise.all([portfolios.read(key), ledger.readAll(key)]);
  const own = [...records].map(([badgeId, record]) => ({ key, badgeId, record }));
  return { ...file, key, records: own };
}

function personOf(region: ClientId, own: Address, others: readonly Address[]): Person {
  const addresses = [own, ...others];
  const records = addresses.flatMap((address) => address.records);
  const assertions = addresses.flatMap((address) => address.assertions);
  return {
    earner: own.key,
    keys: addresses.map(({ key }) => key),
    portfolio: compose(region, assertions, records),
    records,
    whose: new Map(addresses.flatMap((one) => one.assertions.map(({ id }) => [id, one.key] as const))),
    touched: Math.max(...addresses.map(({ touched }) => touched)),
  };
}

/** States in which OBF may be about to be told, or told already, for an address. */
const UNDER_WAY: ReadonlySet<string> = new Set(['claimed', 'unknown', 'revoking']);

/** Whether the badge is on its way to another address of the person: it is not sent to this one as well. */
export const isUnderWayElsewhere = (person: Person, badgeId: BadgeId): boolean =>
  person.records.some(
    ({ key, badgeId: of, record }) => key !== person.earner && of === badgeId && UNDER_WAY.has(record.state),
  );

/** Where the badge goes: the address of the latest assertion that counted, else the person's own. */
export async function contactFor(
  portfolios: PortfolioStore,
  person: Person,
  counted: readonly Assertion[],
): Promise<Contact | null> {
  const latest = counted.toSorted((a, b) => b.issuedOnS - a.issuedOnS)[0];
  const key = latest === undefined ? undefined : person.whose.get(latest.id);
  return (await portfolios.contactOf(key ?? person.earner)) ?? firstContact(portfolios, person);
}

async function firstContact(portfolios: PortfolioStore, { keys }: Person): Promise<Contact | null> {
  const contacts = await Promise.all(keys.map((key) => portfolios.contactOf(key)));
  return contacts.find((contact) => contact !== null) ?? null;
}
