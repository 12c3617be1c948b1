import { asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import { createPartnerActivity, type PartnerActivity } from '../../src/earners/partner-activity.js';
import { PARTNERS_A_PAGE } from '../../src/ops/web/partners/read.js';
import { openHouse, type House } from '../support/house.js';
import { until } from '../support/until.js';
import { openBrowser, signedIn, type Browser } from './support/browser.js';
import { OPS_SETTINGS, READER } from './support/people.js';
import { textOf } from './support/text.js';

const SCHEME = `
scheme: Essai
competencies:
  communiquer: { name: Communiquer, abilities: { interagir: "Interagir avec <autrui>" } }
  organiser: { name: Organiser }
awards:
  c1: { name: C1, competency: communiquer, level: 1, badge: R1, rule: { at_least: 2, of: { competency: communiquer } } }
`;
const PARTNERS = `
partners:
  - client_id: P1
    name: Organisme <un>
    secret_env: KEY_P1
    badges:
      - { id: A, name: Prendre la parole, competency: communiquer, level: 1, ability: interagir,
          enrolled_from: 2024-01-01, enrolled_until: 2026-12-31, replaces: [A0] }
      - { id: B, competency: organiser, level: 2, enrolled_from: 2025-02-01 }
      - { id: C, competency: organiser, level: 2 }
  - client_id: P2
    name: Organisme deux
    badges: []
  - client_id: P3
    name: Ancien organisme
    secret_env: KEY_P3
    active: false
`;

let house: House;
let browser: Browser;
let news: PartnerActivity;
beforeAll(async () => {
  house = await openHouse({ scheme: SCHEME, partners: PARTNERS, ops: OPS_SETTINGS });
  const { redis, prefix } = house.pipelines[0];
  news = createPartnerActivity(redis, prefix);
  browser = await signedIn(house.opsUrl, READER);
});
afterAll(() => house.close());

const shown = async (path: string) => textOf((await browser.get(path)).html);

test('nobody sees it without a session', async () => {
  for (const path of ['/ops/organismes', '/ops/organismes/P1'])
    expect((await openBrowser(house.opsUrl).get(path)).location).toMatch(/^\/ops\/connexion/);
});

test('everyone who is in partners.yaml: taking part or not, by key or without, and the last news', async () => {
  const event = house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['lou@example.org'] });
  await house.notify(event);
  await house.idle();
  const text = await shown('/ops/organismes');
  expect(text).toContain('Ancien organisme | P3 | – ne participe plus | clé d’API | 0 | jamais rien reçu');
  expect(text).toContain('Organisme deux | P2 | ✓ actif | badges publiés | 0 | jamais rien reçu');
  expect(text).toMatch(
    /Organisme <un> \| P1 \| ✓ actif \| clé d’API \| 3 \| \d+\S* \S+ \d{4}, \d\d:\d\d \| 0/,
  );
  expect(text).not.toContain('Avis ignorés');
});

test('one of them: its badges as they are enrolled, its last event, when it was read', async () => {
  const pipeline = house.pipelines[0];
  const readS = Date.UTC(2026, 0, 15, 9) / 1000;
  pipeline.meter.mark('palier_poll_last_success_timestamp_seconds', { client: 'P1' }, readS);
  await pipeline.meter.flush();
  const { html } = await browser.get('/ops/organismes/P1');
  const text = textOf(html);
  expect(html).toContain('<title>Organisme &lt;un> – Palier</title>');
  expect(text).toContain('Variable de la clé | KEY_P1 |');
  expect(text).toMatch(/Dernier badge délivré \| \d+\S* \S+ \d{4}, \d\d:\d\d \|/);
  expect(text).toContain('Compte OBF lu pour la dernière fois | 15 janv. 2026, 10:00');
  expect(text).toContain(
    "Prendre la parole A | Communiquer | 1 | Interagir avec <autrui> | à partir du 1er janv. 2024 jusqu'au 31 déc. 2026 | A0 |",
  );
  expect(text).toContain('B | Organiser | 2 | – | à partir du 1er févr. 2025 | – |');
  expect(text).toContain('C | Organiser | 2 | – | à toute date | – |');
  expect(text).toContain('Tous les badges reçus de cet organisme sont inscrits.');
  expect(html).not.toContain('<autrui>');
  expect(html).not.toMatch(/example\.org|key_p1/);
});

test('without a key, nothing is said of reading its account', async () => {
  const text = await shown('/ops/organismes/P2');
  expect(text).toContain('Compte OBF lu pour la dernière fois | sans objet : Palier n’a pas de clé');
  expect(text).not.toContain('Variable de la clé');
});

test('a badge that is not enrolled stands with the command that enrols it, as what was chosen', async () => {
  const [P1, nowS] = [asClientId('P1'), 1_768_467_600];
  await news.ignoreBadge(P1, asBadgeId('NEW'), nowS);
  await news.ignoreBadge(P1, asBadgeId('NEW'), nowS);
  await news.ignoreBadge(P1, asBadgeId('A'), nowS);
  await news.ignoreBadge(P1, asBadgeId('$(rm x);<b>'), nowS);
  await news.ignoreBadge(P1, asBadgeId('--level'), nowS);
  expect(await shown('/ops/organismes')).toMatch(/Organisme <un> \|.*\| 3 \|/);
  const before = await browser.get('/ops/organismes/P1');
  expect(textOf(before.html)).toContain(
    'NEW | 2 | 15 janv. 2026, 10:00 | npx palier partner enrol P1 NEW --competency COMPETENCE --level NIVEAU |',
  );
  expect(textOf(before.html)).toContain(
    '$(rm x);<b> | 1 | 15 janv. 2026, 10:00 | cet identifiant ne peut pas',
  );
  expect(textOf(before.html)).toContain('--level | 1 | 15 janv. 2026, 10:00 | cet identifiant ne peut pas');
  expect(before.html).not.toContain('<b>');
  expect(textOf(before.html)).not.toContain(' A | 1 | 15 ');

  const chosen = await shown('/ops/organismes/P1?competence=communiquer&niveau=1');
  expect(chosen).toContain('npx palier partner enrol P1 NEW --competency communiquer --level 1 |');
  const forged = await shown('/ops/organismes/P1?competence=x%3Brm&niveau=9');
  expect(forged).toContain('npx palier partner enrol P1 NEW --competency COMPETENCE --level NIVEAU |');
});

test('notices of clients that take no part are shown, and why', async () => {
  const nowS = 1_768_467_600;
  await news.ignoreClient(asClientId('STRANGER'), nowS);
  await news.ignoreClient(asClientId('P3'), nowS - 60);
  await news.ignoreClient(asClientId('P2'), nowS - 120);
  await news.ignoreClient(asClientId('a b'), nowS - 180);
  const text = await shown('/ops/organismes');
  expect(text).toContain(
    'STRANGER | compte inconnu de partners.yaml | 1 | 15 janv. 2026, 10:00 | npx palier partner enrol STRANGER BADGE --competency COMPETENCE --level NIVEAU --partner-name "NOM" |',
  );
  expect(text).toContain(
    'P3 Ancien organisme | ne participe plus | 1 | 15 janv. 2026, 09:59 | retirez « active: false »',
  );
  expect(text).toContain(
    'a b | compte inconnu de partners.yaml | 1 | 15 janv. 2026, 09:57 | cet identifiant ne peut',
  );
  expect(text).not.toMatch(/P2 [^|]*\| (compte inconnu|ne participe plus)/);
  expect(await shown('/ops/organismes/P3')).toMatch(
    /Dernier avis ignoré, l’organisme ne participant plus \| 15 /,
  );
});

test('an API key that OBF refuses is told with what to do', async () => {
  const other = await openHouse({ scheme: SCHEME, partners: PARTNERS, ops: OPS_SETTINGS });
  try {
    other.sandbox.fault({ route: 'POST token', clientId: 'P1', kind: 'status', status: 403, times: 100 });
    const there = await signedIn(other.opsUrl, READER);
    const { obf, meter } = other.pipelines[0];
    await obf
      .account(asClientId('P1'))
      ?.event(asEventId('none'), AbortSignal.timeout(60_000))
      .catch(() => undefined);
    await meter.flush();
    const refused = async () =>
      textOf((await there.get('/ops/organismes/P1')).html).includes('OBF refuse la clé');
    await until(refused, 'the refusal');
    expect(textOf((await there.get('/ops/organismes/P2')).html)).not.toContain('OBF refuse la clé');
  } finally {
    await other.close();
  }
});

test('who is not in partners.yaml has no page', async () => {
  for (const id of ['P9', 'STRANGER', '%3Cscript%3E', '__proto__', 'a'.repeat(1900)])
    expect((await browser.get(`/ops/organismes/${id}`)).status).toBe(404);
});

test('hundreds of organisations, page by page', async () => {
  const many = Array.from({ length: 250 }, (_, at) => `  - { client_id: Q${at}, name: Organisme ${at} }`);
  const crowd = await openHouse({
    scheme: SCHEME,
    partners: `${PARTNERS}${many.join('\n')}\n`,
    ops: OPS_SETTINGS,
  });
  try {
    const there = await signedIn(crowd.opsUrl, READER);
    const clientsOf = (html: string) =>
      [...html.matchAll(/href="\/ops\/organismes\/(\w+)"/g)].map(([, id]) => id);
    const seen = [];
    for (const page of ['', '?page=2', '?page=3']) {
      const { html } = await there.get(`/ops/organismes${page}`);
      seen.push(...clientsOf(html));
      expect(html.includes('Suivants')).toBe(page !== '?page=3');
    }
    expect([seen.length, new Set(seen).size]).toEqual([253, 253]);
    for (const page of ['0', '-1', '99999', 'x']) {
      const { status, html } = await there.get(`/ops/organismes?page=${page}`);
      expect([status, clientsOf(html).length]).toEqual([200, page === '99999' ? 53 : PARTNERS_A_PAGE]);
    }
  } finally {
    await crowd.close();
  }
});
