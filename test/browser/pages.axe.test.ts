import type { Browser, Page } from 'playwright-core';
import { OPERATOR } from '../ops-web/support/people.js';
import type { House } from '../support/house.js';
import { findAddresses, PAGE_PATHS, type Address } from './support/addresses.js';
import { openChromium, openPage } from './support/chromium.js';
import { stickingOut, violationsOn } from './support/look.js';
import { signInOn } from './support/session.js';
import { openRegion, tellStory } from './support/story.js';

/** A window of 1280 pixels at 200 % is one of 640. */
const WINDOWS = [
  { width: 1280, colorScheme: 'light' },
  { width: 640, colorScheme: 'dark' },
  { width: 320, colorScheme: 'light' },
] as const;
type Windows = readonly (typeof WINDOWS)[number][];

let chromium: Browser;
beforeAll(async () => {
  chromium = await openChromium();
});
afterAll(() => chromium.close());

/** What is wrong with a page in each of the windows, once all of it is unfolded. */
async function faultsOf(page: Page, windows: Windows = WINDOWS): Promise<readonly string[]> {
  const faults: string[] = [];
  await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
  for (const { width, colorScheme } of windows) {
    await page.setViewportSize({ width, height: 720 });
    await page.emulateMedia({ colorScheme });
    const found = [...(await violationsOn(page)), ...(await stickingOut(page))];
    faults.push(...found.map((fault) => `${page.url()} (${width}, ${colorScheme}): ${fault}`));
  }
  return faults;
}

async function faultsOfAll(
  house: House,
  addresses: readonly Address[],
  windows: Windows = WINDOWS,
): Promise<readonly string[]> {
  const page = await openPage(chromium);
  const faults: string[] = [];
  await page.goto(`${house.opsUrl}/connexion`);
  faults.push(...(await faultsOf(page)));
  await signInOn(page, house.opsUrl, OPERATOR);
  for (const { path } of addresses) {
    const reply = await page.goto(new URL(path, house.opsUrl).href);
    expect([path, reply?.status()]).toEqual([path, 200]);
    faults.push(...(await faultsOf(page, windows)));
  }
  faults.push(...(await faultsOfRefusals(page, house)));
  await page.context().close();
  return faults;
}

/** A page that is not there, and a form that was filled in wrongly. */
async function faultsOfRefusals(page: Page, house: House): Promise<readonly string[]> {
  const nowhere = await page.goto(`${house.opsUrl}/nulle-part`);
  expect(nowhere?.status()).toBe(404);
  const faults = [...(await faultsOf(page))];
  await page.goto(`${house.opsUrl}/personne`);
  await page.getByLabel('Adresse de la personne').fill('ni l’une ni l’autre');
  await page.getByRole('button', { name: 'Chercher' }).click();
  await page.getByText('Ce n’est ni une adresse').waitFor();
  return [...faults, ...(await faultsOf(page))];
}

test('pages with much on them can be read by everybody', async () => {
  const house = await openRegion();
  try {
    await tellStory(house);
    const addresses = await findAddresses(house);
    expect(addresses.map(({ route }) => route)).toEqual(PAGE_PATHS);
    expect(await faultsOfAll(house, addresses)).toEqual([]);
  } finally {
    await house.close();
  }
}, 120_000);

test('and so can those with nothing on them', async () => {
  const house = await openRegion();
  try {
    expect(await faultsOfAll(house, await findAddresses(house), WINDOWS.slice(2))).toEqual([]);
  } finally {
    await house.close();
  }
}, 120_000);

test('what is wrong is seen: pale text, a field without a label, a page that is too wide', async () => {
  const page = await openPage(chromium);
  await page.setContent(`<html lang="fr"><head><title>Essai</title></head><body><main><h1>Essai</h1>
    <p style="color: #ccc">pâle</p><input type="text" name="a">
    <p style="width: 700px">large</p></main></body></html>`);
  const faults = (await faultsOf(page)).join('\n');
  expect(faults).toMatch(/1280, light\): color-contrast: p/);
  expect(faults).toMatch(/1280, light\): label: input/);
  expect(faults).toMatch(/320, light\): width 7\d\d/);
  expect(faults).not.toMatch(/1280, light\): width/);
  await page.context().close();
});
