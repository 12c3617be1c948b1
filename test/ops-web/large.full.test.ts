import { Redis } from 'ioredis';
import { get } from 'node:http';
import type { JournalEntry } from '../../src/earners/journal-entry.js';
import { EMPTY_RECORD, type EarnerRecord } from '../../src/earners/record.js';
import { recordKey, sealRecord } from '../../src/earners/store.js';
import {
  asAwardId,
  asBadgeId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
  type EarnerKey,
} from '../../src/ids.js';
import { closeRedis, type RedisConnection } from '../../src/platform/redis.js';
import { createVault } from '../../src/platform/vault.js';
import { classOf, NOON_S } from '../journal/support.js';
import { scaleWorld } from '../scale/world.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { queueKey, testRedis, type TestRedis } from '../support/redis.js';
import { storesIn } from '../support/stores.js';
import { until } from '../support/until.js';
import { signedIn, type Browser, type Reply } from './support/browser.js';
import { asksOf, failuresCounted, fillMore, ownAsks, withWeb } from './support/crowd.js';
import { putFailed, standing } from './support/failed-jobs.js';
import { READER, OPERATOR } from './support/people.js';
import { KEY, openWeb, type Web } from './support/web.js';

describe('a large journal', () => {
  const VAULT = createVault(KEY);

  const ENTRIES = 20_000;
  /** Of one event, and written as Palier writes them. */
  const PEOPLE = 400;
  const FIRST_MS = (NOON_S - 5 * 365 * 86_400) * 1000;

  /** How many were given their award by one event. */
  const CLASS = 20;

  /** Five years of journals, as Redis would hold them: one entry a person, in classes. */
  async function fillJournals(count: number, firstMs: number, lastMs: number): Promise<void> {
    const common = {
      award: asAwardId('communiquer-1'),
      badgeId: asBadgeId('R1'),
      version: asSchemeVersion('v'),
    };
    const entries: JournalEntry[] = [];
    for (let at = 0; at < count; at += 1) {
      const atS = Math.floor(
        (firstMs + (Math.floor(at / CLASS) * CLASS * (lastMs - firstMs)) / count) / 1000,
      );
      const earner = asEarnerKey(`earner-${String(at).padStart(15, '0')}`);
      const event = asEventId(`F${Math.floor(at / CLASS)}`);
      const kind = at % 2 === 0 ? 'found' : 'issued';
      entries.push({ ...common, kind, atS, earner, event, assertions: [], cause: null, detail: null });
    }
    for (let from = 0; from < count; from += 1000) {
      const writing = redis.pipeline();
      for (const entry of entries.slice(from, from + 1000)) {
        const earner = entry.earner ?? asEarnerKey('');
        const record = sealRecord(VAULT, earner, { ...EMPTY_RECORD, journal: [entry] });
        writing.set(recordKey('{t}data', earner), record ?? '');
      }
      await writing.exec();
    }
    const { journal, earners } = storesIn(redis, '{t}data', VAULT);
    await journal.rebuild(
      (async function* () {
        for await (const keys of earners.keys())
          for (let at = 0; at < keys.length; at += 1000) {
            const records = await earners.readMany(keys.slice(at, at + 1000));
            yield [...records] as [EarnerKey, EarnerRecord][];
          }
      })(),
    );
  }

  let server: OwnRedis;
  let redis: RedisConnection;
  let web: Web;
  let browser: Browser;
  beforeAll(async () => {
    server = await ownRedis();
    redis = new Redis(server.url);
    await fillJournals(ENTRIES - PEOPLE, FIRST_MS, (NOON_S - 86_400) * 1000);
    const { journal } = storesIn(redis, '{t}data', VAULT);
    await journal.write(classOf(PEOPLE).map((entry, at) => ({ ...entry, earner: keyOf(at) })));
    for (let at = 0; at < 100_000; at += 1000) {
      const failed = Array.from({ length: 1000 }, (_, nth) => [at, `f${at + nth}`]).flat();
      await redis.zadd('{t}:notices:failed', ...failed);
    }
    web = await openWeb({ redis: server.address, prefix: '{t}' });
    browser = await signedIn(web.origin, READER);
  }, 300_000);
  afterAll(async () => {
    await web.close();
    closeRedis(redis);
    await server.stop();
  });

  const keyOf = (at: number) => asEarnerKey(`person-${String(at).padStart(15, '0')}`);

  /** How many commands of Redis a page takes, and how many entries it reads. */
  async function costOf(path: string) {
    await redis.config('RESETSTAT');
    const reply = await browser.get(path);
    const stats = await redis.info('commandstats');
    const calls = [...stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)].map(
      ([, name, n]) => [name, Number(n)] as const,
    );
    const commands = calls.filter(([name]) => name !== 'info' && name !== 'config|resetstat');
    return { reply, commands: commands.reduce((sum, [, n]) => sum + n, 0), calls: new Map(calls) };
  }
  const earnersOf = (html: string) =>
    [...html.matchAll(/<code>((?:earner|person)-\d+)<\/code>/g)].map(([, key]) => key);
  const linkIn = (html: string, rel: string) =>
    (new RegExp(`<a href="([^"]+)"[^>]*rel="${rel}"`).exec(html)?.[1] ?? '').replaceAll('&amp;', '&');

  test('the first page, the last, and any between take a few commands each', async () => {
    const first = await costOf('/ops/journal');
    expect(earnersOf(first.reply.html)).toHaveLength(50);
    expect(first.commands).toBeLessThan(40);
    const next = await costOf(linkIn(first.reply.html, 'next'));
    expect(earnersOf(next.reply.html)).toHaveLength(50);
    expect(next.commands).toBeLessThan(40);
    const last = await costOf('/ops/journal?fin=');
    expect(earnersOf(last.reply.html)).toHaveLength(50);
    expect(last.commands).toBeLessThan(40);
    expect(earnersOf(last.reply.html).at(-1)).toBe(`earner-${'0'.repeat(15)}`);
    expect(linkIn(last.reply.html, 'next')).toBe('');
    const before = await browser.get(linkIn(last.reply.html, 'prev'));
    expect(earnersOf((await browser.get(linkIn(before.html, 'next'))).html)).toEqual(
      earnersOf(last.reply.html),
    );
    expect(earnersOf((await browser.get(linkIn(next.reply.html, 'prev'))).html)).toEqual(
      earnersOf(first.reply.html),
    );
  });

  test('what is seldom is searched for some at a time', async () => {
    const page = await costOf('/ops/journal?badge=gone');
    expect(page.reply.html).toContain('la recherche continue à la page suivante');
    expect(page.commands).toBeLessThan(400);
    let [html, pages] = [page.reply.html, 1];
    for (let next = linkIn(html, 'next'); next !== ''; next = linkIn(html, 'next')) {
      ({ html } = await browser.get(next));
      pages += 1;
    }
    expect(pages).toBeLessThan(15);
    expect(html).not.toContain('la recherche continue');
  });

  test('one person, and one event with hundreds of people', async () => {
    const person = await costOf(`/ops/journal?personne=${keyOf(7)}`);
    expect(earnersOf(person.reply.html)).toEqual([keyOf(7)]);
    expect(person.commands).toBeLessThan(30);
    const seen: (string | undefined)[] = [];
    for (let path = '/ops/journal?evenement=G1'; path !== '';) {
      const { html } = await browser.get(path);
      seen.push(...earnersOf(html));
      const next = linkIn(html, 'next');
      // Relative to the page, as a browser reads it.
      path = next === '' ? '' : `/ops/journal${next}`;
    }
    expect([seen.length, new Set(seen).size]).toEqual([PEOPLE, PEOPLE]);
  });

  test('a period long ago is read where it was written', async () => {
    const page = await costOf('/ops/journal?du=2022-03-01&au=2022-03-31&sorte=found');
    expect(earnersOf(page.reply.html)).toHaveLength(50);
    expect(page.reply.html).toContain('31 mars 2022');
    expect(page.commands).toBeLessThan(100);
  });

  test('the export is whole, and its memory is that of a page', async () => {
    const path = '/ops/journal/export.ndjson';
    let [most, lineCount] = [0, 0];
    const before = process.memoryUsage().heapUsed;
    await stream(path, (chunk) => {
      lineCount += chunk.toString().split('\n').length - 1;
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    });
    expect(lineCount).toBe(ENTRIES);
    expect(most).toBeLessThan(150 * 1024 * 1024);
    expect(await costOf(`${path}?sorte=applied`)).toMatchObject({ reply: { status: 200, html: '' } });
  });

  test('a reader who goes away in the middle ends the reading', async () => {
    const seen: number[] = [];
    await stream('/ops/journal/export.csv', (chunk, leave) => {
      seen.push(chunk.length);
      leave();
    });
    const read = async () =>
      Number(/cmdstat_mget:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
    let last = -1;
    await until(async () => {
      const now = await read();
      const isStill = now === last;
      last = now;
      return isStill;
    }, 'the end of the reading');
    // All of it would be above a hundred pages.
    expect(last).toBeLessThan(100);
    expect((await browser.get('/ops/journal')).status).toBe(200);
  });

  /** Reads an answer as it comes; resolves at its end, or once it was left. */
  function stream(path: string, onChunk: (chunk: Buffer, leave: () => void) => void): Promise<void> {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return redis.config('RESETSTAT').then(
      () =>
        new Promise((resolve, reject) => {
          const req = get(new URL(path, web.origin), { headers: { cookie }, agent: false }, (res) => {
            res.on('data', (chunk: Buffer) => onChunk(chunk, () => res.destroy()));
            res.on('close', () => resolve());
            res.on('error', () => resolve());
          });
          req.on('error', reject);
        }),
    );
  }

  test('with 100 000 failed jobs besides, the first page and the organisations take as little', async () => {
    await browser.get('/ops');
    const home = await costOf('/ops');
    expect(home.reply.html).toMatch(/100\s000 travaux ont échoué/);
    expect(home.commands).toBeLessThan(250);
    expect((await costOf('/ops/organismes')).commands).toBeLessThan(40);
    expect((await costOf('/ops/organismes/P1')).commands).toBeLessThan(40);
  });

  test('back at the newest, a whole page of them is shown', async () => {
    const first = await browser.get('/ops/journal');
    const second = await browser.get(linkIn(first.html, 'next'));
    const { journal } = storesIn(redis, '{t}data', VAULT);
    await journal.write(classOf(5).map((entry, at) => ({ ...entry, earner: keyOf(PEOPLE + at) })));
    const back = await browser.get(linkIn(second.html, 'prev'));
    expect(earnersOf(back.html)).toEqual(earnersOf(first.html));
    const newest = await browser.get(linkIn(back.html, 'prev'));
    expect(earnersOf(newest.html)).toHaveLength(50);
    expect(earnersOf(newest.html).slice(0, 5).toSorted()).toEqual(
      Array.from({ length: 5 }, (_, at) => keyOf(PEOPLE + at)),
    );
    expect(linkIn(newest.html, 'prev')).toBe('');
  });
});

describe('many failures', () => {
  const LIST = '/ops/echecs';
  const SEND = '/ops/echecs/renvoyer';
  /** On a machine that runs other tests at the same time; alone, a tenth of it. */
  const SOON_MS = 1500;
  const NOT_FOUND = 'OBF GET event: 404 Not Found';

  let redis: TestRedis;
  let webs: Web[];
  const open = async (): Promise<Browser> => {
    // No worker runs yet: no page is to wait for one.
    const web = await openWeb({ redis: redis.address, prefix: redis.prefix, replayWaitMs: 0 });
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
      const paths = [LIST, `${LIST}/cause/evenement`, LIST];
      const pages = [];
      for (const path of paths) pages.push(await timed(browser, path));
      expect(pages.map(({ status }) => status)).toEqual(pages.map(() => 200));
      expect(Math.max(...pages.map(({ tookMs }) => tookMs))).toBeLessThan(SOON_MS);
      const [list, one] = pages;
      expect(list?.html).toContain('(20\u202f000 travaux)');
      expect(list?.html).toContain('OBF refuse la clé d’API de « Organisme deux »');
      expect(list?.html).toContain('ne sont pas rangés par cause ici : 18\u202f000.');
      expect(one?.html).toContain('certains ont peut-être la même cause');
    });

    test('a group has pages, the newest first', async () => {
      await put(15_000);
      const browser = await open();
      const [one, last, beyond] = await Promise.all(
        [1, 40, 41].map((page) => browser.get(`${LIST}/cause/evenement?page=${page}`)),
      );
      expect(one?.html).toContain('1 à 50 sur 2\u202f000');
      expect(one?.html).toContain('Parmi les travaux plus anciens (13\u202f000)');
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
      expect([asked.status, asked.location]).toEqual([303, LIST]);
      const before = await one.get(LIST);
      expect([before.headers['refresh'], before.html.includes('attend un worker')]).toEqual(['3', true]);
      expect((await one.get(`${LIST}?fige`)).headers['refresh']).toBeUndefined();
      expect(await standing(redis)).toEqual({ waiting: 0, failed: 5000 });

      await work();
      const took: number[] = [];
      await until(
        async () => {
          const pages = [timed(one, LIST), timed(other, LIST)];
          const [progress, ...rest] = await Promise.all(pages);
          for (const { status, tookMs } of [...rest, ...(progress === undefined ? [] : [progress])]) {
            expect(status).toBe(200);
            took.push(tookMs);
          }
          return progress?.html.includes('5\u202f000 travaux renvoyés, avec toutes leurs tentatives.');
        },
        'the end',
        100_000,
      );
      expect(Math.max(...took)).toBeLessThan(SOON_MS);
      expect([await standing(redis), await each()]).toEqual([{ waiting: 5000, failed: 0 }, 5000]);
      const after = await other.get(LIST);
      expect([after.html.includes('Rien n’est en échec'), after.headers['refresh']]).toEqual([
        true,
        undefined,
      ]);
    });

    test('are gone on with by another worker, when the one that began is stopped', async () => {
      await put(5000);
      const browser = await open();
      await browser.post(SEND, { cause: 'evenement' });
      const first = await work();
      await until(async () => (await standing(redis)).waiting > 200, 'some sent');
      webs.splice(webs.indexOf(first), 1);
      await first.close();
      await work();
      await until(async () => (await browser.get(LIST)).html.includes('terminé'), 'the end', 100_000);
      expect([await standing(redis), await each()]).toEqual([{ waiting: 5000, failed: 0 }, 5000]);
      expect((await browser.get(LIST)).html).toContain('5\u202f000 travaux renvoyés');
    });

    test('do not take along what failed after, nor what fails for another reason', async () => {
      await put(500);
      await put(3, 'ZodError: x', 'Z');
      const browser = await open();
      await browser.post(SEND, { cause: 'evenement' });
      await putFailed(redis, [{ id: 'issued.P1.late', reason: NOT_FOUND, failedMs: Date.now() + 60_000 }]);
      await work();
      await until(async () => (await browser.get(LIST)).html.includes('terminé'), 'the end');
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
});

describe('many people', () => {
  let redis: OwnRedis;
  let admin: Redis;
  beforeAll(async () => {
    redis = await ownRedis();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  /** How many commands Redis is sent for each page; what a script does within counts as well. */
  async function costs(earners: number, failed: number): Promise<ReadonlyMap<string, number>> {
    await admin.flushall();
    const world = await scaleWorld(redis.url, earners);
    try {
      await fillMore(redis.url, world, earners, failed);
      return await withWeb(world, async (origin) => {
        const browser = await signedIn(origin, OPERATOR);
        await failuresCounted(browser, failed);
        const found = new Map<string, number>();
        const asks = await asksOf(browser, origin, world);
        for (const { name, once } of [...asks, ...(await ownAsks(redis.url, origin, world, earners))]) {
          // What is kept for a while is fresh now.
          await once();
          await admin.config('RESETSTAT');
          await once();
          found.set(name, await commandsSent());
        }
        return found;
      });
    } finally {
      await world.close();
    }
  }

  async function commandsSent(): Promise<number> {
    const stats = await admin.info('commandstats');
    return [...stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)]
      .filter(([, name]) => name !== 'info' && name !== 'config|resetstat')
      .reduce((sum, [, , calls]) => sum + Number(calls), 0);
  }

  test('no page takes more for more people, more failures, or a longer account', async () => {
    const [few, many] = [await costs(600, 3000), await costs(2400, 9000)];
    expect([...many.keys()]).toEqual([...few.keys()]);
    expect(many.size).toBeGreaterThan(14);
    const dearer = [...many].filter(([name, sent]) => sent > 1.2 * (few.get(name) ?? 0) + 10);
    expect(dearer).toEqual([]);
  }, 120_000);
});
