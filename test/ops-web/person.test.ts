import { storeAssertions } from '../../src/earners/assertions.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { asBadgeId } from '../../src/ids.js';
import { everythingIn } from '../support/everything.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { until } from '../support/until.js';
import { signedIn, type Browser, type Reply } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS, PARCOURS, type OpsSettings, READER } from './support/people.js';

/** Two badges of « Communiquer » make level 1; holding it and one of level 2 makes level 2. */
const SCHEME = `
scheme: Essai
competencies:
  communiquer: { name: Communiquer }
awards:
  communiquer-1:
    name: "Communiquer : je pratique"
    competency: communiquer
    level: 1
    badge: R1
    rule: { at_least: 2, of: { competency: communiquer, level: 1 } }
  communiquer-2:
    name: "Communiquer : je maîtrise"
    competency: communiquer
    level: 2
    badge: R2
    rule: { all: [ { holds: communiquer-1 }, { at_least: 1, of: { competency: communiquer, level: 2 } } ] }
  general: { name: Tout, badge: R3, rule: { at_least: 3, of: { competency: communiquer } } }
`;
/** One of the badges has a hostile name. */
const PARTNERS = `
partners:
  - client_id: P1
    name: Organisme un
    secret_env: KEY_P1
    badges:
      - { id: A, name: "<script>alert(1)</script>", competency: communiquer, level: 1 }
      - { id: C, name: Badge C, competency: communiquer, level: 2 }
  - client_id: P2
    name: Organisme deux
    secret_env: KEY_P2
    badges:
      - { id: B, name: Badge B, competency: communiquer, level: 1 }
`;
const LOU = 'lou@exemple-personne.org';
const LOU_TOO = 'lou.autre@exemple-travail.org';

let house: House;
let lines: string[];
let operator: Browser;
async function open(ops: OpsSettings): Promise<void> {
  lines = [];
  const logTo = { write: (line: string) => void lines.push(line) };
  house = await openHouse({ scheme: SCHEME, partners: PARTNERS, ops, logTo });
  operator = await signedIn(house.opsUrl, OPERATOR);
}
beforeEach(() => open({ ...OPS_SETTINGS, parcours: PARCOURS }));
afterEach(async () => {
  await house.close();
  // Whatever was done: no log has an address.
  if (lines.some((line) => /exemple-(personne|travail)/i.test(line)))
    throw new Error('an address was logged');
});

const keyOf = (address: string): string => earnerKeyOf(house.pipelines[0].vault, address);
const pathOf = (address: string): string => `/ops/personne/${keyOf(address)}`;

async function give(clientId: string, badgeId: string, address = LOU, day = 1) {
  const issuedOnS = Date.UTC(2026, 0, day) / 1000;
  const event = house.issue({ clientId, badgeId, recipients: [address], issuedOnS });
  await house.notify(event);
  await house.idle();
  return event;
}
const find = (browser: Browser, who: string): Promise<Reply> =>
  browser.get('/ops/personne').then(() => browser.post('/ops/personne', { who }));
/** Sends a form of the person's page, and gives the page that follows. */
async function act(browser: Browser, address: string, what: string, fields = {}): Promise<Reply> {
  await browser.get(pathOf(address));
  return browser.follow(await browser.post(`${pathOf(address)}/${what}`, fields));
}
const textOf = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
const flashOf = ({ html }: Reply): string =>
  /<div class="alert (?:good|bad)"[^>]*>(.*?)<\/div>/.exec(html)?.[1] ?? '';

describe('why somebody has an award or not', () => {
  test('is read on the page of the person looked for; the address is in none of its places', async () => {
    await give('P1', 'A');
    const sent = await find(operator, ` ${LOU.toUpperCase()} `);
    expect([sent.status, sent.location]).toEqual([303, pathOf(LOU)]);
    const page = await operator.follow(sent);
    expect(page.status).toBe(200);
    expect(page.html).toContain('<title>Personne – Palier</title>');
    expect(page.html).not.toContain(LOU);
    const text = textOf(page.html);
    expect(text).toContain('l…@e….org');
    expect(text).toContain('1 badge sur 2');
    expect(text).toContain('Il manque encore 1 badge « Communiquer » de niveau 1');
    expect(text).toMatch(/Aiderait : « Badge B » \(Organisme deux\)/);
    expect(text).toMatch(/compté : « <script>alert\(1\)<\/script> », Organisme un/);
    expect(text).not.toContain('npx');
    // Shown, and harmless.
    expect(page.html).not.toContain('<script');
  });

  test('the grid has a caption and scopes, and says each state in words', async () => {
    await give('P1', 'A');
    await give('P2', 'B');
    const { html } = await operator.get(pathOf(LOU));
    const grid = html.split('id="ou-en-est"')[1]?.split('</table>')[0] ?? '';
    expect(grid).toContain('Badges Région, par compétence et niveau</caption>');
    expect(grid.match(/<th scope="col"/g)).toHaveLength(3);
    expect(grid).toContain('<th scope="row">Communiquer</th>');
    expect(textOf(grid)).toMatch(/je pratique ✓ obtenu .*je maîtrise – pas encore 1 condition sur 2/);
    expect(textOf(html)).toMatch(/Autres badges Région .* Tout – pas encore 2 badges sur 3/);
    const text = textOf(html);
    expect(text).toContain('Délivré par Palier, selon les règles actuelles');
    expect(text).toMatch(/Obtenu grâce à : .*« <script>alert\(1\)<\/script> », Organisme un/);
    expect(text).toContain('badge donné par Palier');
    expect(html).toContain('<a href="/ops/personne" aria-current="true">Personne</a>');
    expect(text).toMatch(/un avis d’OBF : Organisme (un|deux), événement /);
  });

  test('of nobody: it says so plainly, for an address, a key, and what is neither', async () => {
    const none = await operator.follow(await find(operator, 'personne@exemple-personne.org'));
    expect([none.status, none.html.includes('Personne inconnue')]).toEqual([200, true]);
    expect(none.html).not.toContain('Effacer la personne');
    expect((await find(operator, keyOf(LOU))).location).toBe(pathOf(LOU));
    for (const typed of ['lou', '', `${'a'.repeat(10_000)}@b.c`, '<script>@']) {
      const { status, html } = await find(operator, typed);
      expect([status, html.includes('ni une adresse électronique')]).toEqual([422, true]);
      expect(html).not.toContain(typed === '' ? '<script' : typed);
    }
    expect((await operator.get('/ops/personne/trop-court')).status).toBe(404);
  });
});

test('unblocked, the award is given again, once', async () => {
  await give('P1', 'A');
  await give('P2', 'B');
  const [event] = house.sandbox.eventsOf(REGION, 'R1');
  house.sandbox.revokeByHand(event?.id ?? '', [LOU]);
  if (event !== undefined) await house.notify(event, 'badge.revoked');
  await house.idle();
  const blocked = await operator.get(pathOf(LOU));
  expect(textOf(blocked.html)).toContain('Bloqué, car révoqué à la main dans Open Badge Factory');
  expect(house.awards()).toEqual([`R1 ${LOU}`]);

  const reply = await act(operator, LOU, 'debloquer', { badge: 'R1' });
  expect(flashOf(reply)).toContain('Le blocage est levé');
  await until(() => house.awards().length === 2, 'the award again');
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`, `R1 ${LOU}`]);
  expect(flashOf(await act(operator, LOU, 'debloquer', { badge: 'R1' }))).toContain('n’était pas bloqué');
});

test('evaluated again: what is due, and was not given, is given', async () => {
  await give('P1', 'A');
  const { earners, vault } = house.pipelines[0];
  const file = await earners.read(earnerKeyOf(vault, LOU));
  const [a] = file.assertions;
  // A badge that was stored, and no evaluation followed.
  if (a !== undefined)
    await storeAssertions({ earners, vault }, [
      {
        earner: earnerKeyOf(vault, LOU),
        contact: { address: LOU, name: null },
        assertion: {
          ...a,
          id: 'another' as typeof a.id,
          badgeId: asBadgeId('B'),
          clientId: 'P2' as typeof a.clientId,
        },
      },
    ]);
  expect(textOf((await operator.get(pathOf(LOU))).html)).toContain('Dû, car la règle est remplie');
  expect(flashOf(await act(operator, LOU, 'reevaluer'))).toContain('La réévaluation est demandée');
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('the link to their own page is sent to the person, and the log says who asked', async () => {
  await give('P1', 'A');
  await house.stopWorkers();
  const [{ queues, earners, vault }] = house.pipelines;
  expect(textOf((await operator.get(pathOf(LOU))).html)).toContain('Envoyer le lien à la personne');
  expect(flashOf(await act(operator, LOU, 'lien'))).toContain('L’envoi du lien est demandé');
  const jobs = await queues.mails.getWaiting();
  expect(jobs.map(({ data }) => data)).toEqual([{ kind: 'link', earner: keyOf(LOU), by: 'marie' }]);
  expect(lines.join('\n')).toMatch(
    /"user":"marie","earner":"[\w-]{22}","msg":"link to personal page requested"/,
  );
  const nobody = 'personne@exemple-personne.org';
  expect((await earners.read(earnerKeyOf(vault, nobody))).contact).toBeNull();
  expect(flashOf(await act(operator, nobody, 'lien'))).toContain('rien n’a été envoyé');
  expect(await queues.mails.count()).toBe(1);
});

test('without pages of their own there is no link to send', async () => {
  await house.close();
  await open(OPS_SETTINGS);
  await give('P1', 'A');
  const { html } = await operator.get(pathOf(LOU));
  expect([html.includes('Réévaluer'), html.includes('Envoyer le lien')]).toEqual([true, false]);
  expect((await operator.post(`${pathOf(LOU)}/lien`)).status).toBe(404);
  expect(await house.pipelines[0].queues.mails.count()).toBe(0);
});

test('two halves that are linked are one award; parted, they are two people', async () => {
  await give('P1', 'A');
  await give('P2', 'B', LOU_TOO, 2);
  expect(house.awards()).toEqual([]);
  expect(flashOf(await act(operator, LOU, 'lier', { other: 'rien@exemple-personne.org' }))).toContain(
    'Personne n’est connu à cette autre adresse',
  );
  expect(flashOf(await act(operator, LOU, 'lier', { other: LOU }))).toContain('deux fois la même adresse');
  const linked = await act(operator, LOU, 'lier', { other: LOU_TOO });
  expect(flashOf(linked)).toContain('Les adresses sont liées');
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU_TOO}`]);
  // Under either address it is the same person.
  const page = textOf((await operator.get(pathOf(LOU_TOO))).html);
  expect(page).toContain('Badge B');
  expect(page).toContain('obtenu');

  const parted = await act(operator, LOU, 'separer', { other: keyOf(LOU_TOO) });
  expect(flashOf(parted)).toContain('Les adresses sont séparées');
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU_TOO}`]);
  expect(textOf((await operator.get(pathOf(LOU))).html)).toContain('1 badge sur 2');
});

describe('addresses', () => {
  beforeEach(() => give('P1', 'A'));

  test('are shown to an operator who asks, which is logged', async () => {
    await operator.get(pathOf(LOU));
    const shown = await operator.post(`${pathOf(LOU)}/adresse`);
    expect([shown.status, shown.html.includes(LOU)]).toEqual([200, true]);
    expect(shown.html).toContain('<title>Personne – Palier</title>');
    const said = lines.filter((line) => line.includes('address shown'));
    expect(said.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ user: 'marie', earner: keyOf(LOU) }),
    ]);
    expect((await operator.get(pathOf(LOU))).html).not.toContain(LOU);
  });

  test('are whole in an export', async () => {
    await operator.get(pathOf(LOU));
    const reply = await operator.post(`${pathOf(LOU)}/exporter`);
    expect(reply.headers['content-disposition']).toContain(`palier-personne-${keyOf(LOU)}`);
    expect(reply.headers['content-disposition']).not.toContain('@');
    expect(JSON.parse(reply.html)).toMatchObject({ earner: keyOf(LOU), addresses: [{ address: LOU }] });
  });
});

test('erased once the address was typed: nothing is left, and the page says so', async () => {
  await give('P1', 'A');
  await give('P2', 'B');
  const wrong = await act(operator, LOU, 'effacer', { address: LOU_TOO });
  expect(flashOf(wrong)).toContain('rien n’a été effacé');
  expect(
    (await house.pipelines[0].earners.read(earnerKeyOf(house.pipelines[0].vault, LOU))).contact,
  ).not.toBeNull();

  const erased = await act(operator, LOU, 'effacer', { address: ` ${LOU}` });
  expect(erased.url).toMatch(/\/ops\/personne$/);
  expect(flashOf(erased)).toContain('La personne est effacée. Adresses : 1 ; badges : 3');
  const page = await operator.get(pathOf(LOU));
  expect(textOf(page.html)).toContain('Personne inconnue');
  expect(textOf(page.html)).toContain('Tout a été effacé le');
  expect(page.html).not.toContain('Effacer la personne');
  expect(await everythingIn(house.redisUrl, house.redisPrefix)).not.toContain('exemple-personne');
  const again = await act(operator, LOU, 'effacer', { address: LOU });
  expect(flashOf(again)).toContain('Il n’y avait rien à effacer');
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('a reader finds and reads, sees no button, and is refused each action', async () => {
  await give('P1', 'A');
  const reader = await signedIn(house.opsUrl, READER);
  const page = await reader.follow(await find(reader, LOU));
  expect(textOf(page.html)).toContain('1 badge sur 2');
  for (const word of ['Afficher l’adresse', 'Réévaluer', 'Envoyer', 'Lier', 'Exporter', 'Effacer', 'Actions'])
    expect(page.html).not.toContain(word);
  for (const what of [
    'adresse',
    'debloquer',
    'reevaluer',
    'lien',
    'lier',
    'separer',
    'exporter',
    'effacer',
  ]) {
    const { status, html } = await reader.post(`${pathOf(LOU)}/${what}`, { address: LOU, other: LOU_TOO });
    expect([what, status, html.includes(LOU)]).toEqual([what, 403, false]);
  }
  expect(
    (await house.pipelines[0].earners.read(earnerKeyOf(house.pipelines[0].vault, LOU))).contact,
  ).not.toBeNull();
});

test('from another site no form does anything', async () => {
  await give('P1', 'A');
  await operator.get(pathOf(LOU));
  for (const what of ['adresse', 'exporter', 'effacer']) {
    const from = { 'sec-fetch-site': 'cross-site' };
    const forged = await operator.post(`${pathOf(LOU)}/${what}`, { address: LOU }, from);
    expect([what, forged.status, forged.html.includes(LOU)]).toEqual([what, 403, false]);
  }
  expect(textOf((await operator.get(pathOf(LOU))).html)).toContain('1 badge sur 2');
});
