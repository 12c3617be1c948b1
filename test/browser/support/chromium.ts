import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** Where Debian and others put it. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** It speaks to nobody but us; as root, as in a container, it cannot have its sandbox. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--lang=fr-FR',
];

/**
 * Starts the Chromium of this machine, without a window; its opener closes it.
 * @throws where there is none, with what to do
 */
export async function openChromium(): Promise<Browser> {
  const executablePath = PLACES.find((place) => existsSync(place));
  if (executablePath === undefined)
    throw new Error('There is no Chromium on this machine: run "node scripts/ensure-chromium.mjs".');
  // Its own words, as in a field for a date, are of the language of the machine.
  const env = { ...definedOf(process.env), LANGUAGE: 'fr', LANG: 'fr_FR.UTF-8' };
  return chromium.launch({ executablePath, headless: true, args: ARGUMENTS, env });
}

const definedOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );

/** How long is waited for what a page should show, milliseconds: below jest's own limit, to say what it was. */
const PATIENCE_MS = 40_000;

/** A page in a window of its own, of somebody who reads French and whom nothing is known of yet. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'fr-FR', timezoneId: 'Europe/Paris', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  return context.newPage();
}
