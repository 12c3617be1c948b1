import fc from 'fast-check';
import { noticeJob } from '../../src/queue/jobs.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { basic, credentialUrl, eventBody, harness, signed, type Harness } from './harness.js';
import { sortedNotices, type SortedNotices } from './sorted-notices.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
let redis: TestRedis;
let queue: SortedNotices;
let web: Harness;
beforeAll(async () => {
  redis = await testRedis();
  queue = sortedNotices(redis.connection, redis.prefix);
  web = await harness(redis.address, redis.prefix);
});
afterEach(async () => {
  web.lines.length = 0;
  await queue.clear();
});
afterAll(async () => {
  await web.close();
  await queue.close();
  await redis.close();
});

const idsInLog = () => web.lines.map((line) => (JSON.parse(line) as { requestId: string }).requestId);
const idsInJobs = async () => (await queue.jobs()).map(({ data }) => noticeJob.parse(data).request);
const health = async (id?: string) => {
  const headers = id === undefined ? {} : { 'x-request-id': id };
  const answer = await web.send({ method: 'GET', path: '/healthz', headers });
  return String(answer.headers['x-request-id']);
};

test('an id of 1 to 128 letters, digits, "_", "." and "-" is taken as it is', async () => {
  const id = fc.stringMatching(/^[\w.-]{1,128}$/);
  await fc.assert(
    fc.asyncProperty(id, async (given) => {
      web.lines.length = 0;
      expect(await health(given)).toBe(given);
      expect(idsInLog()).toEqual([given]);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['none', undefined],
  ['an empty one', ''],
  ['129 characters', 'a'.repeat(129)],
  ['an address', 'jeanne@example.org'],
  ['words', 'one two'],
  ['a quote', '"},"level":60'],
  ['another alphabet', 'é'],
])('in place of %s one is made, and nothing of what was given is kept', async (_, given) => {
  const made = await health(given);
  expect(made).toMatch(UUID);
  expect(idsInLog()).toEqual([made]);
  if (given !== undefined && given !== '') expect(web.lines.join('')).not.toContain(given);
});

test('the id goes on with every notice of the request, and a refusal has one too', async () => {
  const event = eventBody('P1', 'E1');
  await web.send({ body: event, headers: { ...signed(event), 'x-request-id': 'of.the-event_1' } });
  expect(await idsInJobs()).toEqual(['of.the-event_1']);
  await queue.clear();
  const push = JSON.stringify({
    'a@b.fr': [credentialUrl(1), credentialUrl(2)],
    'c@d.fr': [credentialUrl(3)],
  });
  const path = '/obpv1/factory/users_badges';
  const { headers } = await web.send({ path, body: push, headers: basic() });
  expect(await idsInJobs()).toEqual(Array.from({ length: 3 }, () => headers['x-request-id']));
  const refused = await web.send({ body: event, headers: { 'x-request-id': 'refused' } });
  expect([refused.status, refused.headers['x-request-id']]).toEqual([401, 'refused']);
});

test('a notice that is told again keeps the id of the first telling', async () => {
  const event = eventBody('P1', 'E1');
  for (const id of ['first', 'second'])
    await web.send({ body: event, headers: { ...signed(event), 'x-request-id': id } });
  expect(await idsInJobs()).toEqual(['first']);
  expect(idsInLog()).toEqual(['first', 'second']);
});
