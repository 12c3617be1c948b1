import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { everythingIn } from '../support/everything.js';
import { openHouse, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';

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
}, 60_000);

test.each([301, 302, 307, 404])(
  'a %d of a proxy on a recipients list passes: the award leaves, once, and nothing fails',
  async (status) => {
    const [before, failed] = [house.awards().length, await house.failedReasons()];
    const body = '<html>maintenance</html>';
    house.sandbox.fault({ route: 'GET recipient', kind: 'status', status, times: 2, body });
    const who = `proxy.${status}@example.org`;
    for (const [clientId, badgeId] of [
      ['P1', 'A'],
      ['P2', 'B'],
    ] as const)
      expect(await house.notify(house.issue({ clientId, badgeId, recipients: [who] }))).toBe(202);
    await house.idle();
    expect(house.awards().slice(before)).toEqual([`R1 ${who}`]);
    expect(await house.failedReasons()).toEqual(failed);
  },
  60_000,
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
  expect(await house.notify(event)).toBe(202);
  await house.idle();
  expect(house.sandbox.calls.filter(({ clientId }) => clientId === 'P9')).toEqual([]);
});

test('a notice of a partner without an API key stands in failed, and says what to do', async () => {
  const event = house.issue({ clientId: 'P3', badgeId: 'D', recipients: ['lou@example.org'] });
  expect(await house.notify(event)).toBe(202);
  await house.idle();
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
