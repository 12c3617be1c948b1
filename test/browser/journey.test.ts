import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { OPERATOR, OPS_SETTINGS } from '../ops-web/support/people.js';
import { openHouse, parse, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { openChromium, openPage } from './support/chromium.js';
import { enter, pressEnter, tabTo } from './support/keyboard.js';
import { signInOn } from './support/session.js';

const LOU = 'lou@example.org';
const ANA = 'ana@example.org';

let chromium: Browser;
let house: House;
beforeAll(async () => {
  chromium = await openChromium();
});
afterAll(() => chromium.close());

/** Lou has both badges, and OBF refused the award; Ana has one badge. */
beforeEach(async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, ops: OPS_SETTINGS });
  house.sandbox.fault({ kind: 'status', status: 400, route: 'POST issue' });
  await give('P1', 'A', LOU, ANA);
  await give('P2', 'B', LOU);
  await until(async () => (await house.failedReasons()).length === 1, 'a failed job');
});
afterEach(async () => {
  await Promise.all(chromium.contexts().map((context) => context.close()));
  await house.close();
});

async function give(clientId: string, badgeId: string, ...recipients: readonly string[]): Promise<void> {
  await house.notify(house.issue({ clientId, badgeId, recipients }));
  await house.idle();
}

const follow = (page: Page, name: string): Promise<void> => page.getByRole('link', { name }).first().click();
const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).click();
const sees = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

describe.each([
  ['with JavaScript', {}],
  ['without JavaScript', { javaScriptEnabled: false }],
  ['in a window of 320 pixels', { viewport: { width: 320, height: 640 } }],
  // 1280 by 800, as a browser zooms it.
  ['at 200 %', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
] satisfies [string, BrowserContextOptions][])('%s', (_, options) => {
  let page: Page;
  beforeEach(async () => {
    page = await openPage(chromium, options);
    await signInOn(page, house.opsUrl, OPERATOR);
  });

  test('somebody is found, and why they have no badge yet is read', async () => {
    await follow(page, 'Personne');
    await page.getByLabel('Adresse de la personne').fill(ANA);
    await press(page, 'Chercher');
    await sees(page, 'Pourquoi, badge par badge');
    await sees(page, /Manque : 1 autre badge|[Mm]anque.*1/);
    await sees(page, /Badge A/);
    expect(page.url()).not.toContain('example');
    await follow(page, 'Chercher une autre personne');
    await page.getByLabel('Adresse de la personne').fill('personne@example.org');
    await press(page, 'Chercher');
    await sees(page, 'Personne inconnue');
  });

  test('a failed job is sent again, and the badge arrives, once', async () => {
    await follow(page, 'Voir les échecs');
    await follow(page, 'OBF refuse un bénéficiaire');
    await follow(page, 'Délivrer « Communiquer : je pratique »');
    await page.getByText('Renvoyer ce travail', { exact: true }).first().click();
    await sees(page, 'Rien n’est délivré deux fois');
    expect([house.awards(), house.sandbox.issues().length]).toEqual([[], 1]);
    await press(page, 'Renvoyer ce travail');
    await sees(page, 'Le travail a été renvoyé');
    await until(() => house.awards().length > 0, 'the award in OBF');
    await house.idle();
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
    expect(house.sandbox.issues()).toHaveLength(2);
  });

  test('changed rules are planned and put into force, and who gains is given the badge', async () => {
    const easier = parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 1'), SMALL_PARTNERS);
    await house.pipelines[0].schemes.start(easier);
    await follow(page, 'Barème');
    await press(page, 'Calculer le plan');
    // The page loads itself again until the plan is there.
    await page.getByText('Mettre en vigueur', { exact: true }).first().click();
    await sees(page, /1 badge sera délivré à 1 personne/);
    expect(house.sandbox.issues()).toHaveLength(1);
    await press(page, 'Mettre en vigueur');
    await until(() => house.awards().includes(`R1 ${ANA}`), 'the award in OBF');
    await house.idle();
    expect(house.awards()).toEqual([`R1 ${ANA}`]);
    await sees(page, 'faite');
  });
});

/** Signs in without touching the mouse. */
async function signInByKeyboard(page: Page): Promise<void> {
  await page.goto(house.opsUrl);
  await tabTo(page, 'Nom');
  await page.keyboard.type(OPERATOR.name);
  await tabTo(page, 'Mot de passe');
  await page.keyboard.type(OPERATOR.password);
  await pressEnter(page);
}

test('by the keyboard alone, somebody signs in and sends a job again', async () => {
  const page = await openPage(chromium);
  await signInByKeyboard(page);

  await tabTo(page, 'Aller au contenu');
  await page.keyboard.press('Enter');
  // Past the navigation: the first link of the content is the next.
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);
  await page.goto(house.opsUrl);

  await enter(page, 'Échecs');
  // The page may come before its jobs are counted; it comes again by itself.
  await page.getByRole('link', { name: 'OBF refuse un bénéficiaire' }).waitFor();
  await enter(page, 'OBF refuse un bénéficiaire');
  await enter(page, 'Délivrer « Communiquer : je pratique »');
  // What is folded opens, and its button is the next.
  await tabTo(page, 'Renvoyer ce travail');
  await page.keyboard.press('Enter');
  expect([house.awards(), house.sandbox.issues().length]).toEqual([[], 1]);
  await enter(page, 'Renvoyer ce travail');
  await sees(page, 'Le travail a été renvoyé');
  await until(() => house.awards().length > 0, 'the award in OBF');
  await house.idle();
  expect([house.awards(), house.sandbox.issues().length]).toEqual([[`R1 ${LOU}`], 2]);
});

test('by the keyboard alone, somebody is found, and changed rules are put into force', async () => {
  const easier = parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 1'), SMALL_PARTNERS);
  await house.pipelines[0].schemes.start(easier);
  const page = await openPage(chromium);
  await signInByKeyboard(page);
  await enter(page, 'Personne');
  await tabTo(page, 'Adresse de la personne');
  await page.keyboard.type(ANA);
  await pressEnter(page);
  await sees(page, 'Pourquoi, badge par badge');

  await enter(page, 'Barème');
  await enter(page, 'Calculer le plan');
  await page.getByText('Mettre en vigueur', { exact: true }).first().waitFor();
  // What is folded opens, and its button is the next but the fields.
  await tabTo(page, 'Mettre en vigueur');
  await page.keyboard.press('Enter');
  await sees(page, /1 badge sera délivré à 1 personne/);
  expect(house.sandbox.issues()).toHaveLength(1);
  await enter(page, 'Mettre en vigueur');
  await until(() => house.awards().includes(`R1 ${ANA}`), 'the award in OBF');
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${ANA}`]);
});
