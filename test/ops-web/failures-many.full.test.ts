import { queueKey, testRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { signedIn, type Browser, type Reply } from './support/browser.js';
import { failuresKey, putFailed, standing } from './support/failed-jobs.js';
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
const put = (count: number, reason = NOT_FOUND, of = 'E') =>
  putFailed(
    redis,
    Array.from({ length: count }, (_, at) => ({
      id: `issued.P1.${of}${at}`,
      reason,
      failedMs: Date.now() - 1000 - (count - at),
    })),
  );
const sendingKey = (): string => failuresKey(redis, 'sending');
/** Another process holds the lock, and does nothing. */
const holdUp = () => redis.connection.set(sendingKey(), 'another', 'PX', 60_000);
const letGo = () => redis.connection.del(sendingKey());

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

const counted = (browser: Browser, words: string) =>
  until(async () => (await browser.get(LIST)).html.includes(words), words);

describe('20 000 failed jobs', () => {
  test('pages are soon there, also while they are being counted, and a group has pages', async () => {
    await put(15_000);
    await put(5000, 'OBF POST token: refused a moment ago: check the API key of client P2, its', 'T');
    const browser = await open();
    const first = await timed(browser, LIST);
    expect(first.status).toBe(200);
    await counted(browser, '(20\u202f000 travaux)');
    const pages = [first];
    for (const path of [LIST, `${LIST}/cause/evenement`, `${SEND}?cause=evenement`, `${SEND}?tout=1`, LIST])
      pages.push(await timed(browser, path));
    expect(pages.map(({ status }) => status)).toEqual(pages.map(() => 200));
    expect(Math.max(...pages.map(({ tookMs }) => tookMs))).toBeLessThan(SOON_MS);
    expect(pages.at(-1)?.html).toContain('OBF refuse la clé d’API de « Organisme deux »');

    const [one, last, beyond] = await Promise.all(
      [1, 20, 21].map((page) => browser.get(`${LIST}/cause/evenement?page=${page}`)),
    );
    expect(one?.html).toContain('1 à 50 sur 1\u202f000');
    expect(one?.html).toContain('Les 1\u202f000 travaux les plus récents sont listés');
    // The newest stands first.
    expect(/travail\/notices\/([\w.]+)/.exec(one?.html ?? '')?.[1]).toBe('issued.P1.E14999');
    expect(last?.html).toContain('951 à 1\u202f000 sur 1\u202f000');
    expect(last?.html).not.toContain('rel="next"');
    expect(last?.html.match(/travail\/notices\//g)).toHaveLength(50);
    expect(beyond?.status).toBe(200);
  });

  test('one that is sent again is gone from the count at once, in every process', async () => {
    await put(20_000);
    const [one, other] = [await open(), await open()];
    await counted(one, '(20\u202f000 travaux)');
    const reply = await one.follow(await one.post(SEND, { file: 'notices', travail: 'issued.P1.E7' }));
    expect(reply.html).toContain('(19\u202f999 travaux)');
    expect((await other.get(LIST)).html).toContain('(19\u202f999 travaux)');
    await until(
      async () => !(await other.get(LIST)).html.includes('sont en train d’être comptés'),
      'a new count',
    );
    expect((await other.get(LIST)).html).toContain('(19\u202f999 travaux)');
  });
});

test('while they are being counted for the first time, the page says so, and comes again by itself', async () => {
  await put(10);
  const browser = await open();
  await redis.connection.set(failuresKey(redis, 'reading'), 'another', 'PX', 60_000);
  for (const path of [LIST, `${LIST}/cause/evenement`]) {
    const { status, html, headers } = await browser.get(path);
    expect([status, headers['refresh']]).toEqual([200, '3']);
    expect(html).toContain('sont en train d’être comptés');
    expect(html).not.toContain('Rien n’est en échec');
    const still = await browser.get(`${path}?fige`);
    expect(still.headers['refresh']).toBeUndefined();
  }
  await redis.connection.del(failuresKey(redis, 'reading'));
  await counted(browser, '(10 travaux)');
  expect((await browser.get(LIST)).headers['refresh']).toBeUndefined();
});

describe('5 000 sent again', () => {
  const each = async (): Promise<number> =>
    new Set(await redis.connection.lrange(queueKey(redis, 'notices', 'wait'), 0, -1)).size;

  test('go back one by one, each once, while the pages are asked', async () => {
    await put(5000);
    const [one, other] = [await open(), await open()];
    await counted(one, '(5\u202f000 travaux)');
    await holdUp();
    const asked = await one.post(SEND, { cause: 'evenement' });
    expect([asked.status, asked.location]).toEqual([303, expect.stringMatching(/^\/ops\/echecs\/renvois\//)]);
    const before = await one.get(asked.location);
    expect([before.headers['refresh'], before.html.includes('en cours')]).toEqual(['3', true]);
    expect(before.html).toContain('0 sur 5\u202f000 travaux');
    expect((await one.get(`${asked.location}?fige`)).headers['refresh']).toBeUndefined();
    expect((await one.get(LIST)).html).toContain('Derniers renvois');
    expect(await standing(redis)).toEqual({ waiting: 0, failed: 5000 });

    await letGo();
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

  test('are gone on with by another process, when the one that began is gone', async () => {
    await put(5000);
    const [one, other] = [await open(), await open()];
    await counted(one, '(5\u202f000 travaux)');
    await holdUp();
    const { location } = await one.post(SEND, { cause: 'evenement' });
    await letGo();
    await one.get(location);
    await until(async () => (await standing(redis)).waiting > 200, 'some sent');
    await webs.shift()?.close();
    const { waiting, failed } = await standing(redis);
    expect([waiting + failed, failed > 0]).toEqual([5000, true]);
    // Its time is over.
    await letGo();
    await until(async () => (await other.get(location)).html.includes('terminé'), 'the end', 25_000);
    expect([await standing(redis), await each()]).toEqual([{ waiting: 5000, failed: 0 }, 5000]);
  });

  test('do not take along what failed after, nor what fails for another reason', async () => {
    await put(500);
    await put(3, 'ZodError: x', 'Z');
    const browser = await open();
    await counted(browser, '(503 travaux)');
    await holdUp();
    const { location } = await browser.post(SEND, { cause: 'evenement' });
    const nowMs = Date.now();
    await putFailed(redis, [{ id: 'issued.P1.late', reason: NOT_FOUND, failedMs: nowMs + 60_000 }]);
    await letGo();
    await until(async () => (await browser.get(location)).html.includes('terminé'), 'the end');
    expect(await standing(redis)).toEqual({ waiting: 500, failed: 4 });
  });

  test('two that are asked for at once are both done', async () => {
    await put(300);
    await put(200, 'ZodError: x', 'Z');
    const [one, other] = [await open(), await open()];
    await counted(one, '(500 travaux)');
    const [first, second] = await Promise.all([
      one.post(SEND, { cause: 'evenement' }),
      other.post(SEND, { cause: 'forme' }),
    ]);
    await until(async () => {
      await Promise.all([one.get(LIST), other.get(LIST)]);
      return (await standing(redis)).waiting === 500;
    }, 'both');
    expect([first.status, second.status]).toEqual([303, 303]);
    expect(await each()).toBe(500);
  });
});
