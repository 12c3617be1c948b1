import { request } from 'node:http';
import { QUEUES, type QueueName } from '../../src/queue/jobs.js';
import { appRoutes } from '@bull-board/api/dist/routes.js';
import { everythingOf } from '../support/everything.js';
import { openHouse, type House } from '../support/house.js';
import { keysLike, queueKey, testRedis, type TestRedis } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { boundedQuery, parseRetryRequest } from '../../src/ops/web/queues/board.js';
import { openBrowser, signedIn, type Browser } from './support/browser.js';
import { putFailed, standing } from './support/failed-jobs.js';
import { OPERATOR, OPS_SETTINGS, READER } from './support/people.js';
import { openWeb, type Web } from './support/web.js';

const BOARD = '/ops/queues';
const NOT_FOUND = 'OBF GET event: 404 Not Found';

/** Every route that the board registers and that writes, with what its parameters may be. */
const WRITES = appRoutes.api.flatMap(({ method, route }) =>
  [method]
    .flat()
    .flatMap((one) =>
      one === 'get'
        ? []
        : [route]
            .flat()
            .map(
              (path) =>
                [
                  one.toUpperCase(),
                  path
                    .replace(':queueName', 'notices')
                    .replace(':jobId', 'issued.P1.E1')
                    .replace(':queueStatus', 'failed')
                    .replace(':schedulerId', 'sweep'),
                ] as const,
            ),
    ),
);
const LET_THROUGH = ['PUT /api/queues/notices/issued.P1.E1/retry', 'PUT /api/queues/notices/retry/failed'];

/** As the board's own script sends it. */
function write(
  origin: string,
  { cookies }: Browser,
  [method, path]: readonly [string, string],
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const all = { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...headers };
    const req = request(new URL(`${BOARD}${path}`, origin), { method, agent: false, headers: all }, (res) => {
      let text = '';
      res.on('data', (part: Buffer) => (text += part.toString()));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
    });
    req.on('error', reject).end('{}');
  });
}

describe('in a house', () => {
  let house: House;
  afterEach(() => house.close());

  test('what OBF refused is awarded after its two ways to try again', async () => {
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, ops: OPS_SETTINGS });
    const operator = await signedIn(house.opsUrl, OPERATOR);
    house.sandbox.fault({ kind: 'status', status: 404, route: 'GET recipient', times: 2 });
    const events = [
      house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['lou@example.org'] }),
      house.issue({ clientId: 'P2', badgeId: 'B', recipients: ['lou@example.org'] }),
    ];
    for (const event of events) await house.notify(event);
    await until(async () => (await house.failedReasons()).length === 2, 'two failed jobs');
    const one = `/api/queues/notices/issued.P1.${events[0]?.id}/retry`;
    expect((await write(house.url, operator, ['PUT', one])).status).toBe(204);
    await until(async () => (await house.failedReasons()).length === 1, 'one failed job');
    const all = await write(house.url, operator, ['PUT', '/api/queues/notices/retry/failed']);
    expect([all.status, JSON.parse(all.text)]).toEqual([200, { retried: 1, skipped: 0 }]);
    await until(() => house.awards().length > 0, 'an award');
    await house.idle();
    expect(house.awards()).toEqual(['R1 lou@example.org']);
  });
});

describe('without an OBF', () => {
  let redis: TestRedis;
  let web: Web;
  beforeEach(async () => {
    redis = await testRedis();
    web = await openWeb({ redis: redis.address, prefix: redis.prefix });
    await putFailed(redis, [{ id: 'issued.P1.E1', reason: NOT_FOUND, failedMs: Date.now() }]);
  });
  afterEach(async () => {
    await web.close();
    await redis.close();
  });

  /** All that the queues hold, once they have been opened. */
  async function held(): Promise<readonly string[]> {
    const isOpen = (name: QueueName) => redis.connection.exists(queueKey(redis, name, 'meta'));
    await until(async () => !(await Promise.all(QUEUES.map(isOpen))).includes(0), 'open queues');
    const keys = await Promise.all(
      QUEUES.map((name) => keysLike(redis.connection, queueKey(redis, name, '*'))),
    );
    return (await everythingOf(redis.connection, keys.flat())).toSorted();
  }

  test('of all the writes that the board knows, two are let through', () => {
    expect(WRITES.length).toBeGreaterThan(20);
    const let_ = WRITES.filter(([method, path]) => parseRetryRequest(method, path) !== null);
    expect(let_.map((one) => one.join(' ')).toSorted()).toEqual(LET_THROUGH);
  });

  test.each(WRITES.filter((one) => !LET_THROUGH.includes(one.join(' '))))(
    '%s %s is refused to everybody, and changes nothing',
    async (method, path) => {
      const before = await held();
      for (const person of [OPERATOR, READER]) {
        const browser = await signedIn(web.origin, person);
        expect((await write(web.origin, browser, [method, path])).status).toBe(403);
      }
      expect(await standing(redis)).toEqual({ waiting: 0, failed: 1 });
      expect(await held()).toEqual(before);
      const refused = web.lines.filter((line) => line.includes('"code":"forbidden"'));
      expect(refused).toHaveLength(2);
      expect(refused[0]).toContain('"user":"marie"');
    },
  );

  test.each([
    ['PUT', '/api/queues/notices/retry/completed'],
    ['PUT', '/api/queues/none/retry/failed'],
    ['PUT', '/API/queues/notices/retry/failed'],
    ['PUT', '/api/queues/notices/retry/failed/'],
    ['PUT', '/api/queues/notices/%E0%A4%A/retry'],
    ['POST', '/api/queues/notices/retry/failed'],
    ['DELETE', '/api/queues/notices/issued.P1.E1/retry'],
    ['PATCH', '/api/queues/notices/issued.P1.E1/retry'],
  ])('%s %s is none of the two', async (method, path) => {
    const operator = await signedIn(web.origin, OPERATOR);
    expect((await write(web.origin, operator, [method, path])).status).toBeGreaterThanOrEqual(400);
    expect(await standing(redis)).toEqual({ waiting: 0, failed: 1 });
  });

  test.each(LET_THROUGH)('%s is an operator’s, from our own pages', async (way) => {
    const [method = '', path = ''] = way.split(' ');
    const [operator, reader] = [await signedIn(web.origin, OPERATOR), await signedIn(web.origin, READER)];
    const refused = [
      write(web.origin, reader, [method, path]),
      write(web.origin, openBrowser(web.origin), [method, path]),
      write(web.origin, operator, [method, path], { 'sec-fetch-site': 'cross-site' }),
      write(web.origin, operator, [method, path], { 'sec-fetch-site': 'same-site' }),
      write(web.origin, operator, [method, path], { 'sec-fetch-site': 'none' }),
    ];
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual(refused.map(() => 403));
    expect(await standing(redis)).toEqual({ waiting: 0, failed: 1 });
    web.work();
    expect((await write(web.origin, operator, [method, path])).status).toBeLessThan(300);
    expect(await standing(redis)).toEqual({ waiting: 1, failed: 0 });
    // BullMQ's own way leaves the attempts that were made, and so one more.
    expect(await redis.connection.hget(queueKey(redis, 'notices', 'issued.P1.E1'), 'atm')).toBeNull();
    expect(web.lines.join('')).toMatch(/"user":"marie","queue":"notices"/);
  });

  test('a job that is failed no more cannot be tried again', async () => {
    const operator = await signedIn(web.origin, OPERATOR);
    const { status, text } = await write(web.origin, operator, ['PUT', '/api/queues/notices/gone/retry']);
    expect([status, text]).toEqual([400, expect.stringContaining('JOB_NOT_RETRIABLE')]);
  });

  test('its pages come in French, under a policy of their own, and fetch nothing elsewhere', async () => {
    const reader = await signedIn(web.origin, READER);
    for (const path of [BOARD, `${BOARD}/queue/notices`, `${BOARD}/queue/notices/issued.P1.E1`]) {
      const { status, html, headers } = await reader.get(path);
      expect(status).toBe(200);
      expect(html).toContain('<html lang="fr"');
      expect(html).toContain('"locale":{"lng":"fr-FR"}');
      expect(html).toContain('{"text":"Accueil","url":"/ops"}');
      expect(html).toContain('<base href="/ops/queues/"');
      expect(html).not.toMatch(/(?:href|src)="(?:https?:)?\/\//);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'");
      expect(policy).not.toMatch(/script-src[^;]*unsafe|\*|https?:/);
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers['cache-control']).toBe('no-store');
      // Scripts are files of its own: the only other one is data.
      for (const [, attributes = ''] of html.matchAll(/<script\b([^>]*)>/g))
        expect(attributes).toMatch(/ src="static\/js\/| type="application\/json"/);
    }
    const { html } = await reader.get(BOARD);
    for (const [, src = ''] of html.matchAll(/(?:src|href)="(static\/(?:js|css)[^"]+)"/g)) {
      const file = await reader.get(`${BOARD}/${src}`);
      expect([file.status, file.headers['cache-control']]).toEqual([
        200,
        expect.stringContaining('immutable'),
      ]);
    }
    const words = await reader.get(`${BOARD}/static/locales/fr-FR/messages.json`);
    expect(words.html).toContain('Tout réessayer');
  });

  test('nobody sees it who is not signed in', async () => {
    const stranger = openBrowser(web.origin);
    for (const path of [BOARD, `${BOARD}/api/queues`, `${BOARD}/static/favicon.ico`])
      expect((await stranger.get(path)).location).toMatch(/^\/ops\/connexion/);
  });

  test('no address, and no sealed one, is in what it answers', async () => {
    const reason = 'TypeError: <script> of jeanne@example.fr';
    await putFailed(redis, [
      {
        id: 'credential.Abc.u',
        reason,
        failedMs: Date.now(),
        trace: `${reason}\n    at jeanne@example.fr`,
        data: {
          kind: 'credential',
          earner: 'Abc',
          recipient: 'c2VhbGVk',
          url: 'https://x/?a=jeanne%40example.fr',
        },
      },
    ]);
    const reader = await signedIn(web.origin, READER);
    const list = await reader.get(
      `${BOARD}/api/queues?activeQueue=notices&status=failed&page=1&jobsPerPage=10`,
    );
    const job = await reader.get(`${BOARD}/api/queues/notices/credential.Abc.u`);
    for (const { status, html, headers } of [list, job]) {
      expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
      expect(html).not.toMatch(/jeanne|c2VhbGVk/);
      expect(html).toContain('TypeError: <script> of [address]');
      expect(html).toContain('"recipient":"[masqué]"');
      expect(html).toContain('"earner":"Abc"');
    }
  });

  test('a reader is shown no buttons, an operator those to try again', async () => {
    const flags = async (browser: Browser) => {
      const { html } = await browser.get(`${BOARD}/api/queues`);
      const { queues } = JSON.parse(html) as { queues: Record<string, unknown>[] };
      return queues.map(({ name, readOnlyMode, allowRetries }) => [name, readOnlyMode, allowRetries]);
    };
    expect(await flags(await signedIn(web.origin, READER))).toEqual([
      ['arrivals', true, false],
      ['notices', true, false],
      ['earners', true, false],
      ['awards', true, false],
      ['maintenance', true, false],
      ['mails', true, false],
    ]);
    expect(await flags(await signedIn(web.origin, OPERATOR))).toEqual([
      ['arrivals', false, true],
      ['notices', false, true],
      ['earners', false, true],
      ['awards', false, true],
      ['maintenance', false, true],
      ['mails', false, true],
    ]);
  });

  const JOBS = '/api/queues?activeQueue=notices&status=failed';
  test.each([
    '/api/redis/stats',
    `${JOBS}&jobsPerPage=100000`,
    `${JOBS}&x=?&jobsPerPage=100000`,
    '/api/queues?x=?&activeQueue=notices&jobsPerPage=100000',
    `${JOBS}&jobsPerPage=10&jobsPerPage=100000`,
    `${JOBS}&jobs%50erPage=100000`,
    `${JOBS}&jobsPerPage=1e5`,
    `${JOBS}&jobsPerPage=0x7fff`,
    `${JOBS}&jobsPerPage=301`,
    `${JOBS}&page=99999999`,
    '/api/queues/notices/issued.P1.E1/flow?depth=1000',
  ])('%s is asked in vain', async (path) => {
    const { status } = await (await signedIn(web.origin, OPERATOR)).get(`${BOARD}${path}`);
    expect([400, 403]).toContain(status);
  });

  test('what the board does not know is left out of what it is asked', async () => {
    const { status, html } = await (
      await signedIn(web.origin, READER)
    ).get(`${BOARD}/api/queues?x=?&activeQueue=notices&status=failed&y=1&page=1&jobsPerPage=300&status[]=z`);
    expect([status, html.includes('issued.P1.E1')]).toEqual([200, true]);
    expect(boundedQuery('/api/queues?x=?&page=2&__proto__=3')).toBe('page=2');
    expect(boundedQuery('/')).toBe('');
  });
});
