import { asAssertionId, asBadgeId } from '../../src/ids.js';
import { everythingIn } from '../support/everything.js';
import { type House, openHouse } from '../support/house.js';
import { removeKeys, withRedisAt } from '../support/redis.js';
import { earn, SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

describe('hosted', () => {
  /** What a partner without a key has published is read again before an award that counts on it. */
  const SCHEME = `
scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards:
  communiquer-1: { name: C1, badge: R1, rule: { at_least: 3, of: { competency: communiquer } } }
`;
  const PARTNERS = `
partners:
  - client_id: P3
    name: Organisme sans clé
    badges:
      - { id: D, competency: communiquer, level: 1 }
      - { id: E, competency: communiquer, level: 1 }
      - { id: F, competency: communiquer, level: 1 }
      - { id: G, competency: communiquer, level: 1 }
`;
  const R1 = asBadgeId('R1');
  const LOU = 'lou@example.org';
  const SAM = 'sam@example.org';
  let house: House;
  beforeEach(async () => {
    const pace = { holdFirstMs: 200, holdMaxMs: 400 };
    house = await openHouse({ scheme: SCHEME, partners: PARTNERS, workers: 2, pace });
  });
  afterEach(() => house.close());

  const give = (badgeId: string, address: string = LOU, format: 'url' | 'urlV1' = 'url') => {
    const event = house.issue({ clientId: 'P3', badgeId, recipients: [address] });
    const [assertion] = event.assertions;
    if (assertion === undefined) throw new Error('nothing issued');
    const push = async (): Promise<void> => {
      expect(await house.push({ [address]: [assertion[format]] })).toBe(200);
      await house.idle();
    };
    return { ...assertion, event: event.id, push };
  };
  /** More than a minute passes. */
  const aMinuteLater = (): Promise<void> =>
    withRedisAt(house.redisUrl, (redis) => removeKeys(redis, `${house.dataPrefix}:verified:`));
  const publicReads = () => house.sandbox.calls.filter(({ clientId }) => clientId === null).length;
  const keptOf = async (id: string) => {
    const [{ earners }] = house.pipelines;
    const { assertions } = await earners.read(house.keyOf(LOU));
    return assertions.find((one) => one.id === asAssertionId(id));
  };

  test.each(['url', 'urlV1'] as const)(
    'one of three is revoked without a notice before the third arrives: no issue call (%s)',
    async (format) => {
      const [d, e, f] = ['D', 'E', 'F'].map((badge) => give(badge, LOU, format));
      await d?.push();
      await e?.push();
      house.sandbox.revokeByHand(d?.event ?? '', [LOU]);
      await aMinuteLater();
      await f?.push();
      expect(house.sandbox.issues()).toEqual([]);
      expect((await keptOf(d?.id ?? ''))?.revoked).toBe(true);
      await give('G', LOU, format).push();
      expect(house.awards()).toEqual([`R1 ${LOU}`]);
    },
  );

  test.each(['url', 'urlV1'] as const)(
    'the end of one is set to the past meanwhile: no issue call (%s)',
    async (format) => {
      const [d, e, f] = ['D', 'E', 'F'].map((badge) => give(badge, LOU, format));
      await d?.push();
      await e?.push();
      const overS = Math.floor(Date.now() / 1000) - 10;
      house.sandbox.expire(d?.id ?? '', overS);
      await aMinuteLater();
      await f?.push();
      expect(house.sandbox.issues()).toEqual([]);
      expect((await keptOf(d?.id ?? ''))?.expiresOnS).toBe(overS);
    },
  );

  test('what was read within the minute is not read again', async () => {
    const [d, e, f] = ['D', 'E', 'F'].map((badge) => give(badge));
    await d?.push();
    await e?.push();
    await aMinuteLater();
    const before = publicReads();
    await f?.push();
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
    // Each takes its credential and the list of what is revoked: the new one once, the two older ones once more.
    expect(publicReads() - before).toBe(6);

    const others = ['D', 'E', 'F'].map((badge) => give(badge, SAM));
    const from = publicReads();
    for (const one of others) await one.push();
    expect(house.awards()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`]);
    expect(publicReads() - from).toBe(6);
  });

  test('an address that was typed in other letters since is the same person', async () => {
    await give('D', 'Lou.Martin@Example.org').push();
    await give('E', 'lou.martin@example.org').push();
    await aMinuteLater();
    await give('F', 'lou.martin@example.org').push();
    expect(house.awards()).toEqual(['R1 lou.martin@example.org']);
  });

  test('OBF does not show what it publishes: nobody is decided on; once it does, all get theirs', async () => {
    for (const address of [LOU, SAM]) for (const badge of ['D', 'E']) await give(badge, address).push();
    await aMinuteLater();
    const [{ queues }] = house.pipelines;
    await queues.awards.pause();
    for (const address of [LOU, SAM])
      expect(await house.push({ [address]: [give('F', address).url] })).toBe(200);
    await until(async () => (await house.pipelines[0].outbox.waiting(R1)) === 2, 'two who wait');
    house.sandbox.fault({ route: 'GET credential', kind: 'status', status: 500, times: 3 });
    await queues.awards.resume();
    await house.idle();
    expect(await house.failedReasons()).toEqual([]);
    expect(house.awards().toSorted()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`]);
  });

  test('one credential that OBF no longer shows has its earner wait, and nobody else', async () => {
    const d = give('D');
    for (const one of [d, give('E'), give('D', SAM), give('E', SAM)]) await one.push();
    await aMinuteLater();
    const [{ queues, outbox }] = house.pipelines;
    await queues.awards.pause();
    for (const address of [LOU, SAM])
      expect(await house.push({ [address]: [give('F', address).url] })).toBe(200);
    await until(async () => (await outbox.waiting(R1)) === 2, 'two who wait');
    house.sandbox.removeByHand(d.event);
    await queues.awards.resume();
    await until(() => house.awards().length > 0, 'the award of the other');
    const again = async (): Promise<boolean> =>
      (await queues.awards.getDelayed()).some(({ attemptsMade }) => attemptsMade > 1);
    await until(again, 'another try for the earner');
    expect(house.awards()).toEqual([`R1 ${SAM}`]);
    expect(await house.failedReasons()).toEqual([]);
  });

  test('one credential that OBF no longer shows keeps no award back that the others earn', async () => {
    const [d, e, f, g] = [give('D'), give('E'), give('F'), give('G')];
    await d.push();
    await e.push();
    await aMinuteLater();
    const [{ queues, journal }] = house.pipelines;
    house.sandbox.removeByHand(d.event);
    expect(await house.push({ [LOU]: [f.url] })).toBe(200);
    const again = async (): Promise<boolean> =>
      (await queues.awards.getDelayed()).some(({ attemptsMade }) => attemptsMade > 0);
    await until(again, 'another try');
    expect(house.sandbox.issues()).toEqual([]);
    await g.push();
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
    const told = await journal.ofEarner(house.keyOf(LOU));
    const issued = told.find(({ kind }) => kind === 'issued');
    expect(issued?.assertions.toSorted()).toEqual([e.id, f.id, g.id].toSorted());
    expect(await house.failedReasons()).toEqual([]);
  });

  test.each([
    ['in its own words', {}],
    ['as a page', { body: '<p>Not found</p>' }],
  ])(
    'a credential that is not published yet (404, %s) is looked for again: one issue call',
    async (_, more) => {
      await give('D').push();
      await give('E').push();
      const fault = { route: 'GET credential', kind: 'status', ...more } as const;
      house.sandbox.fault({ ...fault, status: 404, times: 2 });
      house.sandbox.fault({ ...fault, status: 302 });
      await give('F').push();
      expect(house.sandbox.issues()).toHaveLength(1);
      expect([house.awards(), await house.failedReasons()]).toEqual([[`R1 ${LOU}`], []]);
    },
  );
});

describe('strangers', () => {
  let house: House;
  const logs: string[] = [];
  /** A server that is not OBF, and counts who comes. */
  const elsewhere = createServer((_request, response) => {
    visits += 1;
    response.end('{}');
  });
  let visits = 0;
  let elsewhereUrl = '';

  beforeAll(async () => {
    house = await openHouse({
      scheme: SMALL_SCHEME,
      partners: SMALL_PARTNERS,
      workers: 2,
      logTo: { write: (line) => void logs.push(line) },
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    elsewhereUrl = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    elsewhere.closeAllConnections();
    elsewhere.close();
    await house.close();
  });

  const give = (badgeId: string, address: string) =>
    house.issue({ clientId: 'P3', badgeId, recipients: [{ email: address, name: 'Prénom Nomdefamille' }] })
      .assertions[0];

  test('a partner without an API key: pushes of hosted credentials, of both formats, earn the award', async () => {
    const [d, e] = [give('D', 'Lou.Martin@example.org'), give('E', 'lou.martin@example.org')];
    expect(await house.push({ 'Lou.Martin@example.org': [d?.url ?? ''] })).toBe(200);
    await house.idle();
    expect(house.awards()).toEqual([]);
    expect(await house.push({ 'lou.martin@example.org': [e?.urlV1 ?? ''] })).toBe(200);
    await house.idle();
    expect(house.awards()).toEqual(['R1 lou.martin@example.org']);
  });

  test("somebody else's credentials earn nothing", async () => {
    const before = house.awards().length;
    const stolen = [
      give('D', 'sam@example.org')?.url ?? '',
      `${give('E', 'sam@example.org')?.urlV1 ?? ''}?for=sam@example.org#lou.martin`,
    ];
    expect(await house.push({ 'mallory@example.org': stolen })).toBe(200);
    await house.idle();
    expect(house.awards()).toHaveLength(before);
    expect(await house.failedReasons()).toHaveLength(2);
  });

  test('a revoked credential earns nothing', async () => {
    const before = house.awards().length;
    for (const id of ['D', 'E']) {
      const event = house.issue({ clientId: 'P3', badgeId: id, recipients: ['kim@example.org'] });
      const [one] = event.assertions;
      house.sandbox.revokeByHand(event.id, ['kim@example.org']);
      expect(await house.push({ 'kim@example.org': [one?.url ?? '', one?.urlV1 ?? ''] })).toBe(200);
    }
    await house.idle();
    expect(house.awards()).toHaveLength(before);
  });

  test('a pushed credential that is not published yet is asked for again, and counts once it is', async () => {
    const [before, failed] = [house.awards().length, await house.failedReasons()];
    house.sandbox.fault({ route: 'GET credential', kind: 'status', status: 404, times: 3 });
    const [d, e] = [give('D', 'nora@example.org'), give('E', 'nora@example.org')];
    expect(await house.push({ 'nora@example.org': [d?.url ?? '', e?.url ?? ''] })).toBe(200);
    await house.idle();
    expect(house.awards().slice(before)).toEqual(['R1 nora@example.org']);
    expect(await house.failedReasons()).toEqual(failed);
  });

  test.each([301, 302, 307, 404])(
    'a %d of a proxy on a recipients list passes: the award leaves, once, and nothing fails',
    async (status) => {
      const [before, failed] = [house.awards().length, await house.failedReasons()];
      const body = '<html>maintenance</html>';
      house.sandbox.fault({ route: 'GET recipient', kind: 'status', status, times: 2, body });
      const who = `proxy.${status}@example.org`;
      await earn(house, who);
      await house.idle();
      expect(house.awards().slice(before)).toEqual([`R1 ${who}`]);
      expect(await house.failedReasons()).toEqual(failed);
    },
  );

  test('a URL of another host: nobody goes there', async () => {
    const urls = [
      `${elsewhereUrl}/obv3/credentials/x.json`,
      'https://openbadgefactory.example.org/v1/assertion/x',
    ];
    expect(await house.push({ 'lou@example.org': urls })).toBe(422);
    expect(visits).toBe(0);
  });

  test('an organisation that takes no part is ignored, and OBF is not asked', async () => {
    house.sandbox.addClient({ id: 'P9', secret: 'p9', name: 'Ailleurs' });
    house.sandbox.addBadge({ clientId: 'P9', id: 'Z', name: 'Z' });
    const event = house.issue({ clientId: 'P9', badgeId: 'Z', recipients: ['lou@example.org'] });
    await house.given(event);
    expect(house.sandbox.calls.filter(({ clientId }) => clientId === 'P9')).toEqual([]);
  });

  test('of a credential of an organisation that takes no part, nothing about the person is stored', async () => {
    const [{ earners, partnerActivity }] = house.pipelines;
    const stranger = 'personne.dailleurs@example.org';
    const { assertions } = house.issue({ clientId: 'P9', badgeId: 'Z', recipients: [stranger] });
    expect(await house.push({ [stranger]: assertions.map(({ url }) => url) })).toBe(200);
    await house.idle();
    expect(await earners.read(house.keyOf(stranger))).toMatchObject({ contact: null, assertions: [] });
    expect([...(await partnerActivity.ignoredClients()).keys()]).toContain('P9');
  });

  test('a notice of a partner without an API key stands in failed, and says what to do', async () => {
    const event = house.issue({ clientId: 'P3', badgeId: 'D', recipients: ['lou@example.org'] });
    await house.given(event);
    expect((await house.failedReasons()).join('\n')).toContain('secret_env');
  });

  test('no address and no name can be read in any log line at debug, nor anywhere in Redis', async () => {
    const redis = await everythingIn(house.redisUrl, house.redisPrefix);
    expect(logs.length).toBeGreaterThan(10);
    expect(redis.length).toBeGreaterThan(1000);
    for (const text of [logs.join(''), redis]) {
      expect(text).not.toMatch(/@|%40|lou\.martin|mallory|nomdefamille|example\.org/i);
    }
  });
});
