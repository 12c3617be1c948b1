import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { randomBytes } from 'node:crypto';
import express from 'express';
import { h } from 'preact';
import { UnrecoverableError } from 'bullmq';
import { earnerKeyOf } from '../../src/earners/person.js';
import type { Contact, Tombstone } from '../../src/earners/record.js';
import type { EarnerKey } from '../../src/ids.js';
import { createAccess, isErasedSince, type ParcoursAccess } from '../../src/parcours/access.js';
import { createParcours } from '../../src/parcours/app.js';
import { createMailer, MailError, type Mailer } from '../../src/platform/mailer.js';
import { namesOf, type AwardJson } from '../../src/parcours/progress.js';
import { ParcoursView, renderParcoursPage } from '../../src/parcours/view.js';
import { sendLink } from '../../src/parcours/send-link.js';
import { createLogger } from '../../src/platform/logger.js';
import { createVault } from '../../src/platform/vault.js';
import { schemeOrThrow } from '../../src/rules/parse/parse-scheme.js';
import { openBrowser } from '../ops-web/support/browser.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { linkIn, openMailbox, type Mailbox } from '../../src/sandbox/mailbox.js';

const KNOWN = 'farid@example.org';
const vault = createVault(randomBytes(32));
const keyOf = (address: string): EarnerKey => earnerKeyOf(vault, address);
const scheme = schemeOrThrow(
  {
    scheme: { name: 'scheme.yaml', text: SMALL_SCHEME },
    partners: { name: 'partners.yaml', text: SMALL_PARTNERS },
  },
  'Europe/Paris',
);

let redis: TestRedis;
let mailbox: Mailbox;
let mailer: Mailer;
let access: ParcoursAccess;
let server: Server;
let url: string;
let nowMs: number;
let people: Map<EarnerKey, { readonly contact: Contact | null; readonly tombstone: Tombstone | null }>;
const asked: EarnerKey[] = [];

beforeAll(async () => {
  [redis, mailbox] = await Promise.all([testRedis(), openMailbox()]);
  mailer = createMailer({ smtpUrl: mailbox.url, from: 'badges@example.org' });
});
beforeEach(async () => {
  nowMs = Date.now();
  asked.length = 0;
  mailbox.mails.length = 0;
  people = new Map([[keyOf(KNOWN), { contact: { address: KNOWN, name: 'Farid' }, tombstone: null }]]);
  const prefix = `${redis.dataPrefix}${randomBytes(4).toString('hex')}`;
  access = createAccess(redis.connection, prefix, vault, async () => nowMs);
  const app = express().set('trust proxy', 1);
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  app.use('/parcours', createParcours(depsAt(url)));
});
afterEach(() => new Promise((resolve) => void server.close(resolve)));
afterAll(async () => {
  mailer.close();
  await mailbox.close();
  await redis.close();
});

const depsAt = (publicUrl: string): Parameters<typeof createParcours>[0] => ({
  frame: { scheme: scheme.name, contact: 'badges@normandie.example' },
  publicUrl,
  trustProxy: 1,
  access,
  earnerKeyOf: (text) => (text.includes('@') ? keyOf(text) : null),
  enqueueLink: async (earner) => void asked.push(earner),
  read: async (opened) => {
    const record = people.get(opened.earner);
    if (record?.contact == null || isErasedSince(opened, record.tombstone)) return null;
    return {
      today: '29 novembre 2026',
      addresses: [record.contact.address],
      competencies: [],
      awards: [],
      excluded: [],
      names: namesOf(scheme),
      badgeOf: new Map(),
    };
  },
  exportAll: async () => ({ addresses: [KNOWN] }),
  count: () => undefined,
  log: createLogger('silent', 'test'),
});

/** What the worker does with a request. */
async function mailed(address: string): Promise<string> {
  await sendLink(
    {
      earners: { read: async (earner) => people.get(earner) ?? { contact: null, tombstone: null } },
      access,
      mailer,
      publicUrl: url,
      scheme: scheme.name,
    },
    keyOf(address),
  );
  const mail = mailbox.mails.at(-1);
  if (mail === undefined) throw new Error('no mail came');
  return linkIn(mail);
}

const tokenOf = (link: string): string => new URL(link).searchParams.get('jeton') ?? '';

test('a person asks, reads the mail, opens, sees themselves, and leaves', async () => {
  const browser = openBrowser(url);
  expect((await browser.post('/parcours/lien', { adresse: KNOWN })).status).toBe(200);
  expect(asked).toEqual([keyOf(KNOWN)]);
  const link = await mailed(KNOWN);
  expect(mailbox.mails[0]?.source).toContain('Auto-Submitted: auto-generated');
  const button = await browser.get(link);
  expect(button.html).toContain('Ouvrir ma page');
  const opened = await browser.post('/parcours/ouvrir', { jeton: tokenOf(link) });
  expect(opened).toMatchObject({ status: 303, location: '/parcours/moi' });
  expect(opened.headers['set-cookie']?.[0]).toMatch(/HttpOnly; SameSite=Strict$/);
  expect((await browser.get('/parcours/moi')).html).toContain(KNOWN);
  const all = await browser.get('/parcours/moi.json');
  expect([all.headers['content-type'], all.html]).toEqual([
    'application/json; charset=utf-8',
    JSON.stringify({ addresses: [KNOWN] }),
  ]);
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
  const tombstone = { erasedAtS: Math.floor(nowMs / 1000), fingerprints: [], entriesToUnindex: [] };
  // A badge that came afterwards makes somebody of them again, whom the old link does not open.
  people.set(keyOf(KNOWN), { contact: { address: KNOWN, name: null }, tombstone });
  expect((await browser.get('/parcours/moi')).status).toBe(401);
  expect((await browser.post('/parcours/ouvrir', { jeton: tokenOf(link) })).status).toBe(410);
});

test('a known and an unknown address are answered alike, at the same cost', async () => {
  const browser = openBrowser(url);
  const cost = async (adresse: string) => {
    const sending = jest.spyOn(redis.connection, 'sendCommand');
    const { status, html, headers } = await browser.post('/parcours/lien', { adresse });
    const commands = sending.mock.calls.length;
    sending.mockRestore();
    return { status, html, length: headers['content-length'], commands };
  };
  const unknown = await cost('personne@example.org');
  expect(await cost(KNOWN)).toEqual(unknown);
  expect(unknown.commands).toBeGreaterThan(0);
  expect(asked).toHaveLength(2);
});

test('three an hour and address, twenty an hour and network; the answer stays the same', async () => {
  const browser = openBrowser(url);
  const ask = (adresse: string, ip: string) =>
    browser.post('/parcours/lien', { adresse }, { 'x-forwarded-for': ip });
  for (let at = 0; at < 5; at += 1) expect((await ask(KNOWN, `192.0.2.${at}`)).status).toBe(200);
  expect(asked).toHaveLength(3);
  // Addresses of one IPv6 household are one network.
  for (let at = 0; at < 25; at += 1)
    expect((await ask(`p${at}@example.org`, `2001:db8:1:1::${at + 1}`)).status).toBe(200);
  expect(asked).toHaveLength(23);
});

test('what is no address is said so, and a form of another site is refused', async () => {
  const browser = openBrowser(url);
  const wrong = await browser.post('/parcours/lien', { adresse: 'farid' });
  expect([wrong.status, asked]).toEqual([422, []]);
  expect(wrong.html).toContain('aria-invalid');
  const forged = await browser.post('/parcours/lien', { adresse: KNOWN }, { 'sec-fetch-site': 'cross-site' });
  expect([forged.status, asked]).toEqual([403, []]);
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
  const award = (name: string, level: number | null, status: 'held' | 'not_met'): AwardJson => ({
    award: name,
    name,
    competency: level === null ? null : 'communiquer',
    level,
    badge: name,
    active: true,
    on_loss: 'keep',
    met: status === 'held',
    status,
    waiting: false,
    flagged_since_s: null,
    flagged_since_iso: null,
    held_by: null,
    history: null,
    rule: { kind: 'holds', award: 'communiquer-1', met: status === 'held', through: null },
    earned_by: [],
    lacking: null,
    would_help: null,
  });
  const parcours = {
    today: '29 novembre 2026',
    addresses: [KNOWN],
    competencies: [...scheme.competencies.values()],
    awards: [award('Un', 1, 'held'), award('Deux', 2, 'not_met'), award('Tout', null, 'not_met')],
    excluded: [],
    names: namesOf(scheme),
    badgeOf: new Map(),
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
