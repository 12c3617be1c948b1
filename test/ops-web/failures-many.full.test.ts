import { queueKey, testRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { signedIn, type Browser, type Reply } from './support/browser.js';
import { putFailed, standing } from './support/failed-jobs.js';
import { OPERATOR } from './support/people.js';
import { openWeb, type Web } from './support/web.js';

const LIST = '/ops/echecs';
const SEND = '/ops/echecs/renvoyer';
/** On a machine that runs other tests at the same time; alone, a tenth of it. */
const SOON_MS = 1500;
const NOT_FOUND = 'OBF GET event: 404 Not Found';

let redis: TestRedis;
let webs: Web[];
const open = async (): Promise<Browser> => {
  const web = await openWeb({ redis: redis.address, prefix: redis.prefix });
  webs.push(web);
  return signedIn(web.origin, OPERATOR);
};
/** A worker of a process of its own. */
const work = async (): Promise<Web> => {
  const web = await openWeb({ redis: redis.address, prefix: redis.prefix });
  webs.push(web);
  web.work();
  return web;
};
const put = (count: number, reason = NOT_FOUND, of = 'E') =>
  putFailed(
    redis,
    Array.from({ length: count }, (_, at) => ({
      id: `issued.P1.${of}${at}`,
      reason,
      failedMs: Date.now() - 1000 - (count - at),
    })),
  );

beforeEach(async () => {
  redis = await testRedis();
  webs = [];
});
afterEach(async () => {
  await Promise.all(webs.map((web) => web.close()));
  await redis.close();
});

/** A page, and how long it took. */
async function timed(browser: Browser, path: string): Promise<Reply & { readonly tookMs: number }> {
  const startedMs = performance.now();
  const reply = await browser.get(path);
  return { ...reply, tookMs: performance.now() - startedMs };
}

describe('20 000 failed jobs', () => {
  test('pages are soon there; the newest 2 000 are sorted by reason, the others are told by number', async () => {
    await put(500, 'OBF POST token: refused a moment ago: check the API key of client P2, its', 'T');
    await put(19_500);
    const browser = await open();
    const paths = [LIST, `${LIST}/cause/evenement`, `${SEND}?cause=evenement`, `${SEND}?tout=1`, LIST];
    const pages = [];
    for (const path of paths) pages.push(await timed(browser, path));
    expect(pages.map(({ status }) => status)).toEqual(pages.map(() => 200));
    expect(Math.max(...pages.map(({ tookMs }) => tookMs))).toBeLessThan(SOON_MS);
    const [list, , one, all] = pages;
    expect(list?.html).toContain('(20\u202f000 travaux)');
    expect(list?.html).toContain('OBF refuse la clé d’API de « Organisme deux »');
    expect(list?.html).toContain('et 18\u202f000 de plus, plus anciens');
    expect(one?.html).toContain('et les plus anciens pour la même cause');
    expect(all?.html).toContain('<dd>20\u202f000 travaux</dd>');
  });

  test('a group has pages, the newest first', async () => {
    await put(15_000);
    const browser = await open();
    const [one, last, beyond] = await Promise.all(
      [1, 40, 41].map((page) => browser.get(`${LIST}/cause/evenement?page=${page}`)),
    );
    expect(one?.html).toContain('1 à 50 sur 2\u202f000');
    expect(one?.html).toContain('Parmi 13\u202f000 travaux en échec de plus');
    expect(/travail\/notices\/([\w.]+)/.exec(one?.html ?? '')?.[1]).toBe('issued.P1.E14999');
    expect(last?.html).toContain('1\u202f951 à 2\u202f000 sur 2\u202f000');
    expect(last?.html).not.toContain('rel="next"');
    expect(last?.html.match(/travail\/notices\//g)).toHaveLength(50);
    expect(beyond?.status).toBe(200);
  });

  test('one that is sent again is gone from the count at once, in every process', async () => {
    await put(20_000);
    const [one, other] = [await open(), await open()];
    expect((await one.get(LIST)).html).toContain('(20\u202f000 travaux)');
    const reply = await one.follow(await one.post(SEND, { file: 'notices', travail: 'issued.P1.E7' }));
    expect(reply.html).toContain('(19\u202f999 travaux)');
    expect((await other.get(LIST)).html).toContain('(19\u202f999 travaux)');
  });
});

describe('5 000 sent again', () => {
  const each = async (): Promise<number> =>
    new Set(await redis.connection.lrange(queueKey(redis, 'notices', 'wait'), 0, -1)).size;

  test('go back one by one, each once, while the pages are asked', async () => {
    await put(5000);
    const [one, other] = [await open(), await open()];
    // No worker runs yet.
    const asked = await one.post(SEND, { cause: 'evenement' });
    expect([asked.status, asked.location]).toEqual([303, expect.stringMatching(/^\/ops\/echecs\/renvois\//)]);
    const before = await one.get(asked.location);
    expect([before.headers['refresh'], before.html.includes('demandé')]).toEqual(['3', true]);
    expect(before.html).toContain('dès qu’un processus « worker » est libre');
    expect((await one.get(`${asked.location}?fige`)).headers['refresh']).toBeUndefined();
    const list = await one.get(LIST);
    expect([list.html.includes('Derniers renvois'), list.headers['refresh']]).toEqual([true, '3']);
    expect(await standing(redis)).toEqual({ waiting: 0, failed: 5000 });

    await work();
    const took: number[] = [];
    await until(
      async () => {
        const pages = [timed(one, asked.location), timed(other, asked.location), timed(other, LIST)];
        const [progress, ...rest] = await Promise.all(pages);
        for (const { status, tookMs } of [...rest, ...(progress === undefined ? [] : [progress])]) {
          expect(status).toBe(200);
          took.push(tookMs);
        }
        return progress?.html.includes('5\u202f000 travaux renvoyés, avec toutes leurs tentatives.');
      },
      'the end',
      25_000,
    );
    expect(Math.max(...took)).toBeLessThan(SOON_MS);
    expect([await standing(redis), await each()]).toEqual([{ waiting: 5000, failed: 0 }, 5000]);
    expect((await other.get(LIST)).html).toContain('Rien n’est en échec');
    expect((await one.get(asked.location)).headers['refresh']).toBeUndefined();
  });

  test('are gone on with by another worker, when the one that began is stopped', async () => {
    await put(5000);
    const browser = await open();
    const { location } = await browser.post(SEND, { cause: 'evenement' });
    const first = await work();
    await until(async () => (await standing(redis)).waiting > 200, 'some sent');
    webs.splice(webs.indexOf(first), 1);
    await first.close();
    await work();
    await until(async () => (await browser.get(location)).html.includes('terminé'), 'the end', 25_000);
    expect([await standing(redis), await each()]).toEqual([{ waiting: 5000, failed: 0 }, 5000]);
    expect((await browser.get(location)).html).toContain('5\u202f000 travaux renvoyés');
  });

  test('do not take along what failed after, nor what fails for another reason', async () => {
    await put(500);
    await put(3, 'ZodError: x', 'Z');
    const browser = await open();
    const { location } = await browser.post(SEND, { cause: 'evenement' });
    await putFailed(redis, [{ id: 'issued.P1.late', reason: NOT_FOUND, failedMs: Date.now() + 60_000 }]);
    await work();
    await until(async () => (await browser.get(location)).html.includes('terminé'), 'the end');
    expect(await standing(redis)).toEqual({ waiting: 500, failed: 4 });
  });

  test('two that are asked for at once are both done', async () => {
    await put(300);
    await put(200, 'ZodError: x', 'Z');
    const [one, other] = [await open(), await open()];
    await work();
    const [first, second] = await Promise.all([
      one.post(SEND, { cause: 'evenement' }),
      other.post(SEND, { cause: 'forme' }),
    ]);
    await until(async () => (await standing(redis)).waiting === 500, 'both');
    expect([first.status, second.status]).toEqual([303, 303]);
    expect(await each()).toBe(500);
  });
});
