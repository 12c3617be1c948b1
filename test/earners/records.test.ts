import { markAssertion, storeAssertions } from '../../src/earners/assertions.js';
import { JOURNAL_KINDS } from '../../src/earners/journal-entry.js';
import {
  type Assertion,
  type EarnerRecord,
  EMPTY_RECORD,
  RecordUnreadable,
} from '../../src/earners/record.js';
import {
  createEarnerStore,
  decodeRecord,
  type EarnerStore,
  encodeRecord,
  recordKey,
  sealRecord,
} from '../../src/earners/store.js';
import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asBatchId,
  asClientId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
} from '../../src/ids.js';
import { createVault } from '../../src/platform/vault.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { type Stores, storesIn } from '../support/stores.js';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { assertionOf } from '../support/assertion.js';

describe('store', () => {
  const earner = asEarnerKey('k1');
  const contact = { address: 'lou@example.org', name: 'Lou' };
  const vault = createVault(randomBytes(32));

  let redis: TestRedis;
  let prefix: string;
  let store: EarnerStore;
  beforeAll(async () => {
    redis = await testRedis();
  });
  beforeEach(() => {
    prefix = `${redis.prefix}${Math.random()}`;
    store = createEarnerStore(redis.connection, prefix, vault);
  });
  afterAll(() => redis.close());

  /** Mostly as OBF makes them, now and then anything. */
  const id = fc.oneof(fc.stringMatching(/^[0-9a-f]{40}$/), fc.stringMatching(/^[\w-]{1,13}$/), fc.string());
  const instant = fc.oneof(
    fc.integer({ min: 1_500_000_000, max: 1_900_000_000 }),
    fc.integer(),
    fc.constant(0),
  );
  const key = fc.stringMatching(/^[\w-]{22}$/).map(asEarnerKey);
  const badgeId = id.map(asBadgeId);
  const eventId = id.map(asEventId);
  const assertion = fc.record({
    id: id.map(asAssertionId),
    clientId: id.map(asClientId),
    badgeId,
    eventId: fc.option(eventId),
    issuedOnS: instant,
    expiresOnS: fc.option(instant),
    revoked: fc.boolean(),
  });
  const always = { atS: instant, ignoredRevocations: fc.array(eventId, { maxLength: 3 }) };
  const onItsWay = { cause: fc.string(), suppressEmail: fc.constant(true as const) };
  const stateOf = <T extends string>(state: T, rest: object = {}, requiredKeys: readonly string[] = []) =>
    fc.record(
      { ...always, state: fc.constant(state), ...rest },
      { requiredKeys: ['atS', 'ignoredRevocations', 'state', ...requiredKeys] as never },
    );
  const batch = { batch: fc.uuid().map(asBatchId) };
  const award = fc.oneof(
    stateOf('due', onItsWay),
    stateOf('claimed', { ...onItsWay, ...batch }, ['batch']),
    stateOf('unknown', { ...onItsWay, ...batch }, ['batch']),
    stateOf('issued', { event: eventId }, ['event']),
    stateOf('revoking', { event: eventId }, ['event']),
    stateOf('refused', { why: fc.string() }, ['why']),
    stateOf('revoked'),
    stateOf('blocked'),
    stateOf('withdrawn'),
  );
  const entry = fc.record({
    kind: fc.constantFrom(...JOURNAL_KINDS),
    atS: instant,
    earner: fc.constant(earner),
    award: fc.option(id.map(asAwardId)),
    badgeId: fc.option(badgeId),
    assertions: fc.array(id.map(asAssertionId), { maxLength: 4 }),
    cause: fc.option(fc.oneof(fc.constant('webhook.event.P1.E1'), fc.string())),
    version: fc.option(id.map(asSchemeVersion)),
    event: fc.option(eventId),
    detail: fc.option(fc.string()),
  });
  const record = fc.record({
    contact: fc.option(fc.record({ address: fc.string(), name: fc.option(fc.string()) })),
    assertions: fc.array(assertion, { maxLength: 8 }),
    awards: fc.array(fc.tuple(badgeId, award), { maxLength: 4 }).map((all) => new Map(all)),
    journal: fc.array(entry, { maxLength: 5 }),
    flags: fc.array(fc.tuple(badgeId, instant), { maxLength: 2 }).map((all) => new Map(all)),
    linkedTo: fc.option(key),
    linked: fc.array(key, { maxLength: 3 }),
    lastSchemeGeneration: fc.nat(),
    tombstone: fc.option(
      fc.record({
        erasedAtS: instant,
        fingerprints: fc.array(fc.stringMatching(/^[\w-]{8}$/), { maxLength: 4 }),
        entriesToUnindex: fc.array(fc.tuple(fc.nat(), instant), { maxLength: 3 }),
      }),
    ),
  }) as unknown as fc.Arbitrary<EarnerRecord>;

  test('every record comes back from its bytes', () => {
    fc.assert(
      fc.property(record, (one) => {
        expect(decodeRecord(encodeRecord(one), earner)).toEqual(one);
      }),
      { numRuns: 1000 },
    );
  });

  test('what is written is read; what is empty again is no key', async () => {
    expect(await store.read(earner)).toBe(EMPTY_RECORD);
    await store.update(earner, (before) => ({ ...before, contact }));
    expect(await store.read(earner)).toEqual({ ...EMPTY_RECORD, contact });
    expect([...(await store.readMany([earner, asEarnerKey('k2')]))]).toEqual([
      ['k1', { ...EMPTY_RECORD, contact }],
      ['k2', EMPTY_RECORD],
    ]);
    await store.update(earner, () => EMPTY_RECORD);
    expect(await redis.connection.exists(recordKey(prefix, earner))).toBe(0);
  });

  test('of many who write at the same moment, nobody is lost', async () => {
    const keys = Array.from({ length: 40 }, (_, at) => asEarnerKey(`l${at}`));
    await Promise.all(
      keys.map((one) => store.update(earner, (before) => ({ ...before, linked: [...before.linked, one] }))),
    );
    expect((await store.read(earner)).linked.toSorted()).toEqual(keys.toSorted());
  });

  test('every key is listed once, and nothing else of ours', async () => {
    const keys = Array.from({ length: 300 }, (_, at) => asEarnerKey(`k${at}`));
    await Promise.all(keys.map((one) => store.update(one, (before) => ({ ...before, contact }))));
    await redis.connection.hset(`${prefix}:{scheme}:state`, 'a', 'b');
    const listed: string[] = [];
    for await (const some of store.keys()) listed.push(...some);
    expect(listed.toSorted()).toEqual(keys.toSorted());
    expect(await store.count()).toBe(300);
  });

  const sealed = (as = earner, by = vault): Buffer =>
    sealRecord(by, as, { ...EMPTY_RECORD, contact }) ?? Buffer.alloc(0);
  const altered = (at: number): Buffer => {
    const bytes = sealed();
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  const msgpackOfNothing = vault.sealValue(Buffer.of(0xc0), earner);

  test.each([
    ['of another version', altered(0)],
    ['under another PALIER_KEY', sealed(earner, createVault(randomBytes(32)))],
    ['of another earner, copied by a writer of Redis', sealed(asEarnerKey('k2'))],
    ['with an altered byte', altered(40)],
    ['cut short', sealed().subarray(0, 20)],
    ['by hand', Buffer.from('{}')],
    ['of nothing at all', Buffer.alloc(0)],
    ['of another form', msgpackOfNothing],
  ])('unreadable is not empty: a record %s', async (_, bytes) => {
    await redis.connection.set(recordKey(prefix, earner), bytes);
    await store.update(asEarnerKey('k2'), (before) => ({ ...before, contact }));
    await expect(store.read(earner)).rejects.toThrow(RecordUnreadable);
    await expect(store.read(earner)).rejects.toThrow(/earner k1 cannot be read/);
    await expect(store.update(earner, () => EMPTY_RECORD)).rejects.toThrow(RecordUnreadable);
    // It stands aside; the others are served.
    const [broken, good] = (await store.readMany([earner, asEarnerKey('k2')])).values();
    expect([broken instanceof RecordUnreadable, good]).toEqual([true, { ...EMPTY_RECORD, contact }]);
    expect(await redis.connection.getBuffer(recordKey(prefix, earner))).toEqual(bytes);
  });

  test('nothing of a person can be read in Redis', async () => {
    await store.update(earner, (before) => ({
      ...before,
      contact,
      assertions: [
        assertionOf('readable-id', {
          clientId: 'readable-client',
          badgeId: 'readable-badge',
          eventId: null,
          issuedOnS: 1,
        }),
      ],
    }));
    const bytes = await redis.connection.getBuffer(recordKey(prefix, earner));
    expect(bytes?.toString('latin1')).not.toMatch(/lou|example|readable/i);
  });
});

describe('assertions', () => {
  let redis: TestRedis;
  let prefix: string;
  let stores: Stores;
  const earner = asEarnerKey('k1');
  const contact = { address: 'Lou.Martin@example.org', name: 'Lou Martin' };

  beforeAll(async () => {
    redis = await testRedis();
  });
  beforeEach(() => {
    prefix = `${redis.prefix}${Math.random()}`;
    stores = storesIn(redis.connection, prefix, createVault(randomBytes(32)));
  });
  afterAll(() => redis.close());

  const assertion = (part: Partial<Assertion> = {}): Assertion =>
    assertionOf('a1', { badgeId: 'B1', eventId: 'e1', ...part });
  const stored = (one: Assertion, of = contact as { address: string; name: string | null }) =>
    storeAssertions(stores, [{ earner, contact: of, assertion: one }]);
  const read = () => stores.earners.read(earner);
  const marked = (as: 'revoked' | 'vanished') =>
    markAssertion(stores.earners, earner, asAssertionId('a1'), as);

  test('a portfolio comes back as it was written, whatever the order and however often', async () => {
    const [first, second] = [assertion(), assertion({ id: asAssertionId('a2'), expiresOnS: 1_800_000_000 })];
    for (const one of [second, first, second]) await stored(one);
    const found = (await read()).assertions;
    expect(found.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([first, second]);
    expect((await read()).contact).toEqual(contact);
  });

  test('a revocation once seen is not undone by an older reading', async () => {
    await stored(assertion({ revoked: true }));
    await stored(assertion({ revoked: false }));
    expect((await read()).assertions).toEqual([assertion({ revoked: true })]);
  });

  test('a push without a name keeps the name that is known', async () => {
    await stored(assertion());
    await stored(assertion(), { ...contact, name: null });
    expect((await read()).contact).toEqual(contact);
  });

  test('only an assertion that the earner has can be marked revoked', async () => {
    expect(await marked('revoked')).toBe(false);
    expect((await read()).assertions).toEqual([]);
    await stored(assertion());
    expect(await marked('revoked')).toBe(true);
    expect((await read()).assertions).toEqual([assertion({ revoked: true })]);
  });

  test('what OBF shows no longer counts again once OBF shows it again', async () => {
    await stored(assertion());
    expect(await marked('vanished')).toBe(true);
    expect((await read()).assertions).toEqual([{ ...assertion({ revoked: true }), vanished: true }]);
    await stored(assertion());
    expect((await read()).assertions).toEqual([assertion()]);
  });

  test('neither address nor name can be read in Redis', async () => {
    await stored(assertion());
    expect(await redis.connection.get(recordKey(prefix, earner))).not.toMatch(/lou|martin|example/i);
  });

  test('nobody is nobody', async () => {
    expect(await stores.earners.read(asEarnerKey('k2'))).toMatchObject({ contact: null, assertions: [] });
  });
});
