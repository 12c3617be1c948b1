import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import { Redis } from 'ioredis';
import type { Browser, Page } from 'playwright-core';
import { createAccess } from '../../src/parcours/access.js';
import { createParcours } from '../../src/parcours/app.js';
import type { House } from '../support/house.js';
import { OPERATOR } from '../ops-web/support/people.js';
import { until } from '../support/until.js';
import { findAddresses, type Address } from './support/addresses.js';
import { openChromium, openPage } from './support/chromium.js';
import { smallPng } from './support/small-png.js';
import { signInOn } from './support/session.js';
import { CAMILLE, keyOf, openRegion, tellStory } from './support/story.js';

const WINDOW = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };
/** What is below is more of the same. */
const MOST_HEIGHT = 1800;
const TOP_HEIGHT = 420;

/** What the picture of a route is called. A route that is not here has none, and the script says so. */
const NAMES: Readonly<Record<string, string>> = {
  '/': 'accueil',
  '/echecs': 'echecs',
  '/echecs/cause/:group': 'echecs-cause',
  '/echecs/travail/:queue/:id': 'echecs-travail',
  '/personne': 'personne-recherche',
  '/personne/:earner': 'personne',
  '/bareme': 'bareme',
  '/organismes': 'organismes',
  '/organismes/:client': 'organisme',
  '/journal': 'journal',
};
/** Those that are shown by night too. */
const DARK = ['/', '/personne/:earner'];

/**
 * Pictures of every page, as PNG files of 1280 pixels in width (the earner's own: 360), of invented people.
 * @param folder where they go
 * @returns the routes of which there is no picture
 */
export async function takeScreenshots(folder: string): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  const [house, chromium] = await Promise.all([openRegion({ isRedisTakenAway: true }), openChromium()]);
  try {
    await tellStory(house);
    const addresses = await addressesOf(house);
    const page = await openPage(chromium, { viewport: WINDOW });
    await takeAll(page, house, addresses, folder);
    await takeParcours(chromium, house, folder);
    await takeRedisAway(page, house, folder);
    return addresses.map(({ route }) => route).filter((route) => NAMES[route] === undefined);
  } finally {
    await chromium.close();
    await house.close();
  }
}

/** The person and the partner with the most to see. */
async function addressesOf(house: House): Promise<readonly Address[]> {
  const telling: Readonly<Record<string, string>> = {
    '/personne/:earner': `/ops/personne/${keyOf(house, CAMILLE)}`,
    '/organismes/:client': '/ops/organismes/CFA_BOCAGE?competence=organiser&niveau=1',
  };
  const found = await findAddresses(house);
  return found.map(({ route, path }) => ({ route, path: telling[route] ?? path }));
}

async function takeAll(
  page: Page,
  house: House,
  addresses: readonly Address[],
  folder: string,
): Promise<void> {
  await page.goto(`${house.opsUrl}/connexion`);
  await take(page, `${folder}/connexion.png`);
  await signInOn(page, house.opsUrl, OPERATOR);
  for (const { route, path } of addresses) {
    const name = NAMES[route];
    if (name === undefined) continue;
    await page.goto(new URL(path, house.opsUrl).href);
    await take(page, `${folder}/${name}.png`);
    const actions = page.locator('section[aria-labelledby="actions"]');
    if ((await actions.count()) > 0)
      writeFileSync(`${folder}/${name}-actions.png`, smallPng(await actions.screenshot()));
    if (!DARK.includes(route)) continue;
    await page.emulateMedia({ colorScheme: 'dark' });
    await take(page, `${folder}/${name}-sombre.png`);
    await page.emulateMedia({ colorScheme: 'light' });
  }
}

/** The earner's own pages, on a phone: where a link is asked for, and what it leads to. */
async function takeParcours(chromium: Browser, house: House, folder: string): Promise<void> {
  const [reading] = house.pipelines;
  const { redis, prefix } = reading;
  const app = express();
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const publicUrl = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
  const contact = 'contact@example.org';
  const parcours = { publicUrl, smtpUrl: 'smtp://127.0.0.1:1', from: contact, contact, trustProxy: 0 };
  app.use('/parcours', createParcours(reading, parcours));
  const token = await createAccess(redis, prefix, reading.vault, reading.now).issueToken(
    keyOf(house, CAMILLE),
  );
  const page = await openPage(chromium, { viewport: PHONE });
  try {
    await page.goto(`${publicUrl}/parcours`);
    await take(page, `${folder}/parcours.png`);
    await page.goto(`${publicUrl}/parcours/ouvrir?jeton=${token}`);
    await page.getByRole('button', { name: 'Ouvrir ma page' }).click();
    await page.getByRole('heading', { name: 'Mon parcours' }).waitFor();
    await take(page, `${folder}/parcours-moi.png`);
  } finally {
    await page.context().close();
    server.close();
  }
}

/** The states of Redis that an operator meets most, each with how it begins and ends, and what the page then says. */
const STATES: readonly { name: string; says: string; begin: Act; end: Act }[] = [
  {
    name: 'redis-memoire-pleine',
    says: 'mémoire pleine',
    begin: (admin) => admin.config('SET', 'maxmemory', '1'),
    end: (admin) => admin.config('SET', 'maxmemory', '0'),
  },
  {
    name: 'redis-replique',
    says: 'réplique en lecture seule',
    begin: (admin) => admin.replicaof('127.0.0.1', '1'),
    end: (admin) => admin.replicaof('NO', 'ONE'),
  },
  {
    name: 'redis-absent',
    says: 'Redis ne répond pas',
    begin: (_, pid) => Promise.resolve(process.kill(pid, 'SIGSTOP')),
    end: (_, pid) => Promise.resolve(process.kill(pid, 'SIGCONT')),
  },
];
type Act = (admin: Redis, pid: number) => Promise<unknown>;
const pidOf = async (admin: Redis): Promise<number> =>
  Number(/process_id:(\d+)/.exec(await admin.info('server'))?.[1]);

/** The top of the home page: the rest is as always. */
async function takeRedisAway(page: Page, house: House, folder: string): Promise<void> {
  const admin = new Redis(house.redisUrl);
  const pid = await pidOf(admin);
  for (const { name, says, begin, end } of STATES) {
    await begin(admin, pid);
    try {
      const isSaid = async (): Promise<boolean> => {
        await page.goto(house.opsUrl);
        return (await page.content()).includes(says);
      };
      await until(isSaid, `a home page that says: ${says}`);
      await take(page, `${folder}/${name}.png`, TOP_HEIGHT);
    } finally {
      await end(admin, pid);
    }
  }
  admin.disconnect();
}

async function take(page: Page, file: string, mostHeight = MOST_HEIGHT): Promise<void> {
  const height = Math.min(mostHeight, await page.evaluate<number>('document.documentElement.scrollHeight'));
  const width = page.viewportSize()?.width ?? WINDOW.width;
  const clip = { x: 0, y: 0, width, height };
  writeFileSync(file, smallPng(await page.screenshot({ fullPage: true, animations: 'disabled', clip })));
}
