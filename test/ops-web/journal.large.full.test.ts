import { get } from 'node:http';
import { Redis } from 'ioredis';
import type { JournalEntry } from '../../src/earners/journal-entry.js';
import { EMPTY_RECORD } from '../../src/earners/record.js';
import { recordKey, sealRecord } from '../../src/earners/store.js';
import { asAwardId, asBadgeId, asEarnerKey, asEventId, asSchemeVersion } from '../../src/ids.js';
import { closeRedis, type RedisConnection } from '../../src/platform/redis.js';
import { createVault } from '../../src/platform/vault.js';
import { classOf, NOON_S } from '../journal/support.js';
import { storesIn } from '../support/stores.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { until } from '../support/until.js';
import { signedIn, type Browser } from './support/browser.js';
import { READER } from './support/people.js';
import { KEY, openWeb, type Web } from './support/web.js';

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
    const atS = Math.floor((firstMs + (Math.floor(at / CLASS) * CLASS * (lastMs - firstMs)) / count) / 1000);
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
          const some = keys.slice(at, at + 1000);
          const records = await earners.readMany(some);
          yield some.map((key, nth) => [key, records[nth] as typeof EMPTY_RECORD] as const);
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
    path = linkIn(html, 'next');
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

test('whoever comes back to the newest sees a whole page of them', async () => {
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
