import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { openSmallFleet, type SmallFleet } from '../support/small-fleet.js';
import type { RunningProcess } from '../support/processes.js';
import { everythingIn } from '../support/everything.js';
import { until } from '../support/until.js';
import { linkIn, openMailbox, type Mailbox } from '../../src/sandbox/mailbox.js';
import { openChromium, openPage } from './support/chromium.js';
import { stickingOut, violationsOn } from './support/look.js';

const FARID = 'farid@example.org';
let chromium: Browser;
let redis: OwnRedis;
let mailbox: Mailbox;
let fleet: SmallFleet;
let url: string;
let running: readonly RunningProcess[];

/** Web and worker as they are deployed; Farid has one badge of two, Lou both and the Région's. */
beforeAll(async () => {
  [chromium, redis, mailbox] = await Promise.all([openChromium(), ownRedis(), openMailbox()]);
  fleet = await openSmallFleet({
    REDIS_URL: redis.url,
    SMTP_URL: mailbox.url,
    MAIL_FROM: 'Badges <badges@example.org>',
    PARCOURS_CONTACT: 'contact@example.org',
    PUBLIC_URL: 'http://127.0.0.1:1',
  });
  const first = fleet.start('web');
  url = await fleet.urlOf(first);
  running = [first, fleet.start('worker', { PUBLIC_URL: url })];
  const tell = async (clientId: string, badgeId: string, recipients: readonly string[]): Promise<void> => {
    await fleet.notify(url, fleet.sandbox.issueByHand({ clientId, badgeId, recipients }));
  };
  await tell('P1', 'A', [FARID, 'lou@example.org']);
  await tell('P2', 'B', ['lou@example.org']);
  await until(() => fleet.sandbox.issues().length > 0, 'the award of Lou', 100_000);
}, 120_000);
afterAll(async () => {
  await fleet.close();
  await Promise.all([chromium.close(), mailbox.close(), redis.stop()]);
});

/** Asks for a link, and waits for its mail. */
async function askFor(page: Page, address: string): Promise<string> {
  const before = mailbox.mails.length;
  await page.goto(`${url}/parcours`);
  await page.getByLabel(/Votre adresse e-mail/).fill(address);
  await page.getByRole('button', { name: 'Recevoir mon lien' }).press('Enter');
  await page.getByRole('heading', { name: 'Regardez vos messages' }).waitFor();
  const mail = await until(() => mailbox.mails[before], `mail to ${address}`);
  expect(mail.to).toEqual([address]);
  return linkIn(mail);
}

test('on a phone, without JavaScript, by the keyboard: ask, open, read, download, leave', async () => {
  const page = await openPage(chromium, { viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
  await page.goto(await askFor(page, FARID));
  await page.getByRole('button', { name: 'Ouvrir ma page' }).press('Enter');
  await page.getByRole('heading', { name: 'Mon parcours' }).waitFor();
  const text = await page.locator('main').innerText();
  expect(text).toContain('Il vous manque 1 badge «\u00a0Communiquer\u00a0» de niveau 1.');
  expect(text).not.toMatch(/assertion|condition|lou@/);
  const waiting = page.waitForEvent('download');
  await page.getByRole('link', { name: /Télécharger/ }).press('Enter');
  const all = await readFile(await (await waiting).path(), 'utf8');
  expect(JSON.parse(all)).toMatchObject({ addresses: [{ address: FARID, assertions: [{ badge: 'A' }] }] });
  await page.getByRole('button', { name: 'Quitter' }).press('Enter');
  await page.getByRole('heading', { name: 'Où en sont mes badges' }).waitFor();
  expect((await page.goto(`${url}/parcours/moi`))?.status()).toBe(401);
  await page.context().close();
});

test('every page passes axe, and nothing sticks out at 360 px, at 200 %, in the dark', async () => {
  const page = await openPage(chromium);
  const faults: string[] = [];
  const look = async (): Promise<void> => {
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [640, 'dark'],
      [360, 'light'],
      [320, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 740 });
      await page.emulateMedia({ colorScheme });
      faults.push(...(await violationsOn(page)), ...(await stickingOut(page)));
    }
    const shots = process.env['SCREENSHOTS'];
    await page.setViewportSize({ width: 360, height: 740 });
    const name = new URL(page.url()).pathname.replaceAll('/', '-').slice(1);
    if (shots !== undefined) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  };
  await page.goto(`${url}/parcours`);
  await look();
  const link = await askFor(page, 'lou@example.org');
  await look();
  await page.goto(link);
  await look();
  await page.getByRole('button', { name: 'Ouvrir ma page' }).click();
  await page.getByText('Vous avez ce badge depuis').waitFor();
  await look();
  expect((await page.goto(link))?.status()).toBe(200);
  await page.getByRole('button', { name: 'Ouvrir ma page' }).click();
  await page.getByRole('heading', { name: 'Lien périmé' }).waitFor();
  await look();
  expect(faults).toEqual([]);
  await page.context().close();
}, 120_000);

test('nothing in Redis, in jobs or in logs holds a readable address', async () => {
  expect(mailbox.mails.length).toBeGreaterThan(1);
  expect(await everythingIn(redis.url, '')).not.toMatch(/farid|lou@|example\.org/i);
  for (const one of running) expect(one.output()).not.toMatch(/farid|lou@|jeton/i);
});
