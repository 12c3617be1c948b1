import { h } from 'preact';
import { UnrecoverableError } from 'bullmq';
import { MailError } from '../../src/platform/mailer.js';
import { ParcoursView, renderParcoursPage } from '../../src/parcours/view.js';
import { linkIn, openMailbox, type Mailbox } from '../../src/sandbox/mailbox.js';
import { openBrowser } from '../ops-web/support/browser.js';
import { openParcours, type OpenedParcours } from './support/open-parcours.js';

const KNOWN = 'farid@example.org';

let mailbox: Mailbox;
let world: OpenedParcours;
let url: string;

beforeAll(async () => {
  mailbox = await openMailbox();
});
beforeEach(async () => {
  mailbox.mails.length = 0;
  world = await openParcours(mailbox.url);
  url = world.url;
  await world.know(KNOWN);
});
afterEach(() => world.close());
afterAll(() => mailbox.close());

/** For whom a link was asked since the last time. */
async function asked(): Promise<readonly unknown[]> {
  const { mails } = world.pipeline.queues;
  const jobs = await mails.getJobs(['waiting']);
  await mails.drain();
  return jobs.map(({ data }: { readonly data: { readonly earner: unknown } }) => data.earner);
}

async function mailed(address: string): Promise<string> {
  await world.sendLink(address);
  const mail = mailbox.mails.at(-1);
  if (mail === undefined) throw new Error('no mail came');
  return linkIn(mail);
}

const tokenOf = (link: string): string => new URL(link).searchParams.get('jeton') ?? '';

test('a person asks, reads the mail, opens, sees themselves, and leaves', async () => {
  const browser = openBrowser(url);
  expect((await browser.post('/parcours/lien', { adresse: KNOWN })).status).toBe(200);
  expect(await asked()).toEqual([world.keyOf(KNOWN)]);
  const link = await mailed(KNOWN);
  expect(mailbox.mails[0]?.source).toContain('Auto-Submitted: auto-generated');
  const button = await browser.get(link);
  expect(button.html).toContain('Ouvrir ma page');
  const opened = await browser.post('/parcours/ouvrir', { jeton: tokenOf(link) });
  expect(opened).toMatchObject({ status: 303, location: '/parcours/moi' });
  expect(opened.headers['set-cookie']?.[0]).toMatch(/HttpOnly; SameSite=Strict$/);
  expect((await browser.get('/parcours/moi')).html).toContain(KNOWN);
  const all = await browser.get('/parcours/moi.json');
  expect(all.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(JSON.parse(all.html)).toMatchObject({ addresses: [{ address: KNOWN, name: 'Personne' }] });
  const cookie = [...browser.cookies];
  await browser.post('/parcours/fermer');
  for (const [name, value] of cookie) browser.cookies.set(name, value);
  expect((await browser.get('/parcours/moi')).status).toBe(401);
});

test('looking at a link does not use it up; opening does, and a newer one replaces it', async () => {
  const browser = openBrowser(url);
  const open = async (link: string): Promise<number> =>
    (await browser.post('/parcours/ouvrir', { jeton: tokenOf(link) })).status;
  const first = await mailed(KNOWN);
  for (let looked = 0; looked < 10; looked += 1) await browser.get(first);
  expect(await open(first)).toBe(303);
  expect(await open(first)).toBe(410);
  const [second, third] = [await mailed(KNOWN), await mailed(KNOWN)];
  expect(await open(second)).toBe(410);
  expect(await open(third)).toBe(303);
  expect(await open(`${url}/parcours/ouvrir?jeton=${'A'.repeat(43)}`)).toBe(410);
});

test('an erasure ends links and sessions that are older', async () => {
  const browser = openBrowser(url);
  await browser.post('/parcours/ouvrir', { jeton: tokenOf(await mailed(KNOWN)) });
  expect((await browser.get('/parcours/moi')).status).toBe(200);
  const link = await mailed(KNOWN);
  const erasedAtS = Math.floor((await world.pipeline.now()) / 1000);
  // A badge that came afterwards makes somebody of them again, whom the old link does not open.
  await world.know(KNOWN, { tombstone: { erasedAtS, fingerprints: [], entriesToUnindex: [] } });
  expect((await browser.get('/parcours/moi')).status).toBe(401);
  expect((await browser.post('/parcours/ouvrir', { jeton: tokenOf(link) })).status).toBe(410);
});

test('a known and an unknown address are answered alike, at the same cost', async () => {
  const browser = openBrowser(url);
  const cost = async (adresse: string) => {
    const sending = jest.spyOn(world.connection, 'sendCommand');
    const { status, html, headers } = await browser.post('/parcours/lien', { adresse });
    const commands = sending.mock.calls.length;
    sending.mockRestore();
    return { status, html, length: headers['content-length'], commands };
  };
  // The first of all also loads scripts.
  await cost('premiere@example.org');
  const unknown = await cost('personne@example.org');
  expect(await cost(KNOWN)).toEqual(unknown);
  expect(unknown.commands).toBeGreaterThan(0);
  expect(await asked()).toHaveLength(3);
});

test('three an hour and address, twenty an hour and network; the answer stays the same', async () => {
  const browser = openBrowser(url);
  const ask = (adresse: string, ip: string) =>
    browser.post('/parcours/lien', { adresse }, { 'x-forwarded-for': ip });
  let links = 0;
  for (let at = 0; at < 5; at += 1) {
    expect((await ask(KNOWN, `192.0.2.${at}`)).status).toBe(200);
    links += (await asked()).length;
  }
  expect(links).toBe(3);
  // Addresses of one IPv6 household are one network.
  for (let at = 0; at < 25; at += 1)
    expect((await ask(`p${at}@example.org`, `2001:db8:1:1::${at + 1}`)).status).toBe(200);
  expect(await asked()).toHaveLength(20);
});

test('what is no address is said so, and a form of another site is refused', async () => {
  const browser = openBrowser(url);
  const wrong = await browser.post('/parcours/lien', { adresse: 'farid' });
  expect([wrong.status, await asked()]).toEqual([422, []]);
  expect(wrong.html).toContain('aria-invalid');
  const forged = await browser.post('/parcours/lien', { adresse: KNOWN }, { 'sec-fetch-site': 'cross-site' });
  expect([forged.status, await asked()]).toEqual([403, []]);
});

test('a refused recipient is final, a busy server is not; neither error holds the address', async () => {
  mailbox.refused.add(KNOWN);
  const refused: unknown = await mailed(KNOWN).catch((error: unknown) => error);
  mailbox.refused.delete(KNOWN);
  expect(refused).toBeInstanceOf(UnrecoverableError);
  mailbox.busy = 1;
  const busy: unknown = await mailed(KNOWN).catch((error: unknown) => error);
  expect(busy).toBeInstanceOf(MailError);
  for (const error of [refused, busy]) expect(String(error)).not.toContain('farid');
  expect(tokenOf(await mailed(KNOWN))).toHaveLength(43);
});

test('every page is kept from caches, search engines, frames and other sites', async () => {
  const { headers } = await openBrowser(url).get('/parcours');
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-robots-tag': 'noindex',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'permissions-policy': expect.stringContaining('camera=()'),
  });
  expect(headers['content-security-policy']).toContain("default-src 'none'");
});

test('the overview has each competency by level, and every other award', () => {
  const { scheme } = world.pipeline;
  const [first] = scheme.awards;
  if (first === undefined) throw new Error('no award');
  const award = (name: string, level: number | null, status: 'held' | 'not_met') => ({
    award: { ...first, name, level, competency: level === null ? null : 'communiquer' },
    status,
    waiting: false,
    state: status === 'held' ? 'Obtenu' : 'Pas encore',
    progress: { have: 0, need: 1 },
    since: null,
    thanksTo: [],
    missing: [],
    help: [],
    isBeyond: false,
  });
  const parcours = {
    today: '29 novembre 2026',
    addresses: [KNOWN],
    scheme,
    awards: [award('Un', 1, 'held'), award('Deux', 2, 'not_met'), award('Tout', null, 'not_met')],
    excluded: [],
  };
  const html = renderParcoursPage(
    { scheme: scheme.name, contact: null },
    'Mon parcours',
    h(ParcoursView, { parcours, contact: null }),
  );
  const [table = ''] = /<table>.*<\/table>/s.exec(html) ?? [];
  const rows = [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    row
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
  expect(rows).toEqual([
    'Compétence Niveau 1 Niveau 2',
    'Communiquer Obtenu Pas encore : 0 sur 1',
    'Tout Pas encore : 0 sur 1',
  ]);
  expect(table.match(/<svg/g)).toHaveLength(3);
});
