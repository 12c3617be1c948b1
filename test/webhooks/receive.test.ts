import type { Job } from 'bullmq';
import fc from 'fast-check';
import { noticeJob, type NoticeJob } from '../../src/queue/jobs.js';
import { noticesOf } from '../../src/webhooks/notices.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import {
  basic,
  credentialUrl,
  eventBody,
  harness,
  keyOf,
  PAIRS,
  SECRETS,
  signed,
  vault,
  type Harness,
  type Sent,
} from './harness.js';
import { sortedNotices, type SortedNotices } from './sorted-notices.js';

const ACCEPTED = { status: 'accepted' };
const PASSPORT = '/obpv1/factory/users_badges';

let redis: TestRedis;
let queue: SortedNotices;
let web: Harness;

beforeAll(async () => {
  redis = await testRedis();
  queue = sortedNotices(redis.connection, redis.prefix);
  web = await harness(redis.address, redis.prefix);
});
afterEach(() => queue.clear());
afterAll(async () => {
  await web.close();
  await queue.close();
  await redis.close();
});

const jobs = (): Promise<Job[]> => queue.jobs();
const notices = async (): Promise<NoticeJob[]> => (await jobs()).map(({ data }) => noticeJob.parse(data));
const post = (body: string | Buffer, headers = signed(body), rest: Sent = {}) =>
  web.send({ body, headers, ...rest });

test('an event becomes a notice with nothing in it but where to look', async () => {
  const body = JSON.stringify({
    type: 'badge.issued',
    id: 'x',
    data: { client_id: 'P1', event_id: 'E-1_a', email: 'jeanne@example.net', badge: { name: 'n' } },
  });
  const { status, json } = await post(body, { ...signed(body), 'x-request-id': 'r.1' });
  expect([status, json]).toEqual([202, ACCEPTED]);
  expect((await jobs()).map(({ id, data }) => ({ id, data: data as unknown }))).toEqual([
    {
      id: 'issued.P1.E-1_a',
      data: { kind: 'event', clientId: 'P1', eventId: 'E-1_a', source: 'webhook', request: 'r.1' },
    },
  ]);
});

test("the Région's own events are taken too; a revocation and an update stand beside their issue", async () => {
  for (const type of ['badge.issued', 'badge.revoked', 'badge.updated'])
    expect(await post(eventBody('region', 'E1', type))).toMatchObject({ status: 202, json: ACCEPTED });
  expect((await jobs()).map(({ id }) => id).toSorted()).toEqual([
    'issued.region.E1',
    'revoked.region.E1',
    'updated.region.E1',
  ]);
});

test('an update becomes a notice which says that the event is to be asked for by its id', async () => {
  const body = eventBody('P1', 'E1', 'badge.updated');
  const { status, json } = await post(body, { ...signed(body), 'x-request-id': 'r.1' });
  expect([status, json]).toEqual([202, ACCEPTED]);
  expect((await jobs()).map(({ id, data }) => ({ id, data: data as unknown }))).toEqual([
    {
      id: 'updated.P1.E1',
      data: {
        kind: 'event',
        clientId: 'P1',
        eventId: 'E1',
        updated: true,
        source: 'webhook',
        request: 'r.1',
      },
    },
  ]);
  expect((await post(body, signed(body), { method: 'PUT' })).status).toBe(405);
  expect(await notices()).toHaveLength(1);
});

const OTHER = SECRETS[1] ?? '';
const FIRST = eventBody();
test.each([
  ['the first secret', signed(FIRST)],
  ['another secret', signed(FIRST, { secret: OTHER })],
  [
    'several signatures, one of them good',
    {
      ...signed(FIRST),
      'webhook-signature': `v1,AAAA ${String(signed(FIRST)['webhook-signature'])} v1a,BBBB`,
    },
  ],
  ['a clock 240 s slow', signed(FIRST, { atMs: Date.now() - 240_000 })],
  ['a clock 240 s fast', signed(FIRST, { atMs: Date.now() + 240_000 })],
  ['a signature, beside wrong Basic', { ...signed(FIRST), ...basic('no:no') }],
  ['Basic', basic()],
  ['Basic in lower case', { authorization: String(basic()['authorization']).replace('Basic', 'basic') }],
  ['another Basic pair, in UTF-8', basic(`${PAIRS[1]?.key}:${PAIRS[1]?.secret}`)],
  [
    'a content type with its charset',
    { ...signed(FIRST), 'content-type': 'Application/JSON; charset="UTF-8"' },
  ],
  ['an encoding that is none', { ...signed(FIRST), 'content-encoding': 'identity' }],
])('%s will do', async (_, headers) => {
  expect(await post(FIRST, headers)).toMatchObject({ status: 202, json: ACCEPTED });
  expect(await notices()).toHaveLength(1);
});

test('a push becomes a notice for each credential at OBF, its address sealed', async () => {
  const body = JSON.stringify({
    ' Jeanne.Dupont@example.net': [credentialUrl('a'), credentialUrl('b'), 'https://elsewhere.example/c'],
    'jeanne.dupont@EXAMPLE.net': [credentialUrl('a')],
    'zoé@exemple.fr': [credentialUrl('a')],
  });
  for (const [path, status, json] of [
    [PASSPORT, 200, { success: true }],
    ['/webhooks/obf', 202, ACCEPTED],
  ] as const)
    expect(await post(body, basic(), { path })).toMatchObject({ status, json });
  const found = (await notices()).flatMap((job) => (job.kind === 'credential' ? [job] : []));
  const jeanne = keyOf('jeanne.dupont@example.net');
  expect(found.map(({ earner, url, source }) => [earner, url, source].join(' ')).toSorted()).toEqual(
    [
      `${jeanne} ${credentialUrl('a')} passport`,
      `${jeanne} ${credentialUrl('b')} passport`,
      `${keyOf('zoé@exemple.fr')} ${credentialUrl('a')} passport`,
    ].toSorted(),
  );
  const opened = found.map(({ recipient, earner }) => vault.open(recipient, earner));
  expect(new Set(opened.map((address) => address.toLowerCase()))).toEqual(
    new Set(['jeanne.dupont@example.net', 'zoé@exemple.fr']),
  );
  const lines = web.lines.join('');
  expect(lines).toContain('"ignoredHosts":["elsewhere.example"]');
  expect(lines).not.toMatch(/@|obv3/);
});

const DOORS = [
  [PASSPORT, 200, { success: true }],
  ['/webhooks/obf', 202, ACCEPTED],
] as const;

test.each(DOORS)(
  '%s: of a push, what can be used is taken, and the rest is counted',
  async (path, status, json) => {
    const body = JSON.stringify({
      'jeanne@example.net': [credentialUrl('a'), null, 'https://elsewhere.example/c', 'no URL'],
      nobody: [],
      'lou@example.net': [],
      'max@example.net': { 0: credentialUrl('b') },
      'no address': [credentialUrl('c')],
      'sam@example.net': Array.from({ length: 101 }, (_, at) => credentialUrl(at)),
    });
    web.lines.length = 0;
    expect(await post(body, basic(), { path })).toMatchObject({ status, json });
    expect(await notices()).toMatchObject([{ earner: keyOf('jeanne@example.net'), url: credentialUrl('a') }]);
    expect(web.lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { credentials: 1, ignored: 8 },
    ]);
  },
);

/** Entries of a push: what they hold that can be used, told by how they were made. */
const entry = fc.record({
  key: fc.oneof(
    fc.nat({ max: 30 }).map((n) => ({ text: `p${n}@example.net`, good: true })),
    fc
      .constantFrom(
        'nobody',
        '',
        '@',
        'a@',
        '@b',
        'a b@c.fr',
        'a@b@c',
        'a\u0000@b.fr',
        `${'a'.repeat(250)}@c.fr`,
      )
      .map((text) => ({ text, good: false })),
  ),
  list: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.array(
        fc.oneof(
          fc.nat({ max: 50 }).map((n) => ({ value: credentialUrl(n) as unknown, good: true })),
          fc
            .oneof(
              fc.constantFrom('', 'x', 'file:///etc/passwd', credentialUrl(1, 'https://a.b'), 'https://a.b'),
              fc.jsonValue().filter((value) => typeof value !== 'string'),
            )
            .map((value) => ({ value: value as unknown, good: false })),
        ),
        { maxLength: 5 },
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .jsonValue()
        .filter((value) => !Array.isArray(value))
        .map((value) => ({ value: value as unknown })),
    },
  ),
});

test('whatever stands beside it, what can be used is stored; refused is only what has nothing of it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(entry, { selector: ({ key }) => key.text, minLength: 1, maxLength: 8 }),
      fc.constantFrom(...DOORS),
      async (entries, [path, status]) => {
        await queue.clear();
        const value = ({ list }: (typeof entries)[number]): unknown =>
          Array.isArray(list) ? list.map((one) => one.value) : list.value;
        const body = JSON.stringify(Object.fromEntries(entries.map((one) => [one.key.text, value(one)])));
        const usable = entries.flatMap(({ key, list }) =>
          key.good && Array.isArray(list)
            ? list.flatMap((one) => (one.good ? [`${keyOf(key.text)} ${String(one.value)}`] : []))
            : [],
        );
        const answer = await post(body, basic(), { path });
        expect(answer.status).toBe(usable.length === 0 ? 422 : status);
        const stored = (await notices()).flatMap((job) =>
          job.kind === 'credential' ? [`${job.earner} ${job.url}`] : [],
        );
        expect(stored.toSorted()).toEqual([...new Set(usable)].toSorted());
      },
    ),
    { numRuns: 150 },
  );
});

test.each([
  ['type', '"type":["x"]'],
  ['data', '"data":{"client_id":"P1"}'],
  ['__proto__', `"__proto__":["${credentialUrl(2)}"]`],
  ['constructor', `"constructor":["${credentialUrl(2)}"]`],
])('a push with the key %s beside an address is a push of that address', async (_, odd) => {
  const { status } = await post(`{${odd},"jeanne@example.net":["${credentialUrl(1)}"]}`);
  expect(status).toBe(202);
  expect(await notices()).toMatchObject([{ kind: 'credential', url: credentialUrl(1) }]);
});

test('odd entries, however many, do not count towards the 5000 that a push may hold', async () => {
  const odd = Array.from({ length: 20_000 }, (_, at) => `"${at}":0`).join(',');
  const { status } = await post(`{${odd},"jeanne@example.net":["${credentialUrl(1)}"]}`);
  expect(status).toBe(202);
  expect(await notices()).toHaveLength(1);
});

test('while a large push is sealed, others get their turn every ten milliseconds', async () => {
  const message = {
    kind: 'push' as const,
    credentials: Array.from({ length: 100 }, (_, at) => ({
      address: `j${at}@example.net`,
      url: credentialUrl(at),
    })),
    foreignHosts: [],
    unusable: 0,
  };
  let turns = 0;
  const others = setInterval(() => (turns += 1), 0);
  const seal = (text: string): string => {
    for (const until = performance.now() + 2; performance.now() < until;);
    return text;
  };
  const made = await noticesOf(message, { earnerKeyOf: keyOf, seal }, 'r.1');
  clearInterval(others);
  expect(made).toHaveLength(100);
  // 200 ms of work.
  expect(turns).toBeGreaterThanOrEqual(10);
});

test('a push for a class of 5000 is answered within two seconds, and stored once by repeating it', async () => {
  const people = Array.from({ length: 5000 }, (_, at) => [`person.${at}@example.net`, [credentialUrl(at)]]);
  const body = JSON.stringify(Object.fromEntries(people));
  let status = 0;
  // On a busy machine the first may be a 503: the part of it that was stored is found by the next.
  for (let tries = 0; status !== 200 && tries < 5; tries += 1) {
    const answer = await post(body, basic(), { path: PASSPORT });
    status = answer.status;
    expect(answer.json).toMatchObject(status === 200 ? { success: true } : { code: 'try_again' });
  }
  expect(status).toBe(200);
  expect(await queue.jobs()).toHaveLength(5000);
});

test('whatever is told, and however often, the answer is the same and the notice is one', async () => {
  const id = fc.stringMatching(/^[\w-]{1,128}$/);
  const message = fc.oneof(
    fc.record({
      client: fc.constantFrom('P1', 'P2'),
      event: id,
      type: fc.constantFrom('issued', 'revoked', 'updated'),
    }),
    fc.record({
      address: fc.emailAddress(),
      url: id.map((assertion) => credentialUrl(assertion)),
    }),
  );
  await fc.assert(
    fc.asyncProperty(message, fc.integer({ min: 2, max: 4 }), async (told, times) => {
      await queue.clear();
      const body =
        'event' in told
          ? eventBody(told.client, told.event, `badge.${told.type}`)
          : JSON.stringify({ [told.address]: [told.url] });
      const answers = await Promise.all(Array.from({ length: times }, () => post(body)));
      answers.push(await post(body, basic()));
      expect(answers.map(({ status, json }) => [status, json])).toEqual(answers.map(() => [202, ACCEPTED]));
      expect(await notices()).toHaveLength(1);
    }),
    { numRuns: 40 },
  );
});

test('a request has one line in the log, under the id it came with', async () => {
  web.lines.length = 0;
  const body = eventBody('P2', 'E7');
  const own = await post(body, { ...signed(body), 'x-request-id': 'their-id_1' });
  const made = await post(body, { ...signed(body), 'x-request-id': 'no id: jeanne@example.net' });
  expect(own.headers['x-request-id']).toBe('their-id_1');
  expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  const [first, ...more] = web.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(more).toHaveLength(1);
  expect(first).toMatchObject({
    level: 30,
    requestId: 'their-id_1',
    route: 'webhooks',
    status: 202,
    kind: 'event',
    by: 'signature',
    clientId: 'P2',
    eventId: 'E7',
  });
});

test('ready while Redis answers, and HEAD will do', async () => {
  expect(await web.send({ method: 'GET', path: '/readyz' })).toMatchObject({
    status: 200,
    json: { status: 'ready' },
  });
  expect(await web.send({ method: 'HEAD', path: '/readyz' })).toMatchObject({ status: 200, text: '' });
});
