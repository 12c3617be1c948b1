import { earnerKeyOf } from '../../src/earners/person.js';
import type { JournalEntry } from '../../src/earners/journal-entry.js';
import { asAwardId, asBadgeId, asEarnerKey, asEventId, asSchemeVersion, asClientId } from '../../src/ids.js';
import { causeWords } from '../../src/ops/web/journal/view.js';
import { eraseEarner } from '../../src/privacy/erase-people.js';
import { linkAddresses } from '../../src/workers/link-addresses.js';
import { unblockAward } from '../../src/workers/issue/revocation.js';
import { allOf, entryOf } from '../journal/support.js';
import { openHouse, REGION, type House, parse } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { openBrowser, signedIn, type Browser } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS, READER } from './support/people.js';
import { textOf } from './support/text.js';

describe('the page of the journal', () => {
  const LOU = 'lou.martin@example.org';
  const ALI = 'ali@example.org';
  let house: House;
  let browser: Browser;
  let lines: string[];
  let keys: Readonly<Record<'lou' | 'ali', string>>;
  /** The journal knows seconds: what happens one after the other here happens in another one. */
  let aheadMs = 0;
  /** Of a day without a midnight. */
  const clock = (): number => Date.UTC(2026, 10, 30, 11) + Math.floor(performance.now()) + aheadMs;
  /** What became of everybody: awards, a flag, a block that was lifted, a refusal, a link. */
  beforeAll(async () => {
    lines = [];
    house = await openHouse({
      scheme: SCHEME_AT_LARGE,
      partners: SMALL_PARTNERS,
      ops: OPS_SETTINGS,
      clock,
      sandbox: { clock },
      logTo: { write: (line) => void lines.push(line) },
    });
    const [pipeline] = house.pipelines;
    const { vault } = pipeline;
    keys = { lou: earnerKeyOf(vault, LOU), ali: earnerKeyOf(vault, ALI) };
    await give('P1', 'A', [LOU]);
    const b = await give('P2', 'B', [LOU]);
    house.sandbox.revokeByHand(b.id, [LOU]);
    await house.notify(b, 'badge.revoked');
    await house.idle();
    const byHand = await give(REGION, 'R2', [LOU]);
    house.sandbox.revokeByHand(byHand.id, [LOU]);
    await house.notify(byHand, 'badge.revoked');
    await house.idle();
    aheadMs += 1000;
    await unblockAward(pipeline, asEarnerKey(keys.lou), asBadgeId('R2'));
    house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 400, times: 1 });
    await give('P1', 'A', [ALI]);
    await give('P2', 'B', [ALI]);
    browser = await signedIn(house.opsUrl, READER);
  });
  afterAll(() => house.close());

  const SCHEME_AT_LARGE = SMALL_SCHEME.replace('"Communiquer : je pratique"', '"<b>Pratique</b>"');

  async function give(clientId: string, badgeId: string, recipients: readonly string[]) {
    aheadMs += 1000;
    const event = house.issue({ clientId, badgeId, recipients });
    expect(await house.notify(event)).toBe(202);
    await house.idle();
    return event;
  }
  /** Rows of the journal, as words. */
  function rowsOf(html: string): readonly string[] {
    const [, body = ''] = /<tbody>(.*?)<\/tbody>/s.exec(html) ?? [];
    return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) => textOf(row));
  }
  const rowsAt = async (path: string) => rowsOf((await browser.get(path)).html);
  const kindsAt = async (path: string) => (await rowsAt(path)).map((row) => row.split(' | ')[1]);

  test('nobody reads it without a session', async () => {
    for (const path of ['/ops/journal', '/ops/journal/export.csv', '/ops/journal/export.ndjson'])
      expect((await openBrowser(house.opsUrl).get(path)).location).toMatch(/^\/ops\/connexion/);
  });

  test('what happened, in words, the newest first', async () => {
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
    expect(await kindsAt('/ops/journal')).toEqual([
      'badge refusé par OBF',
      'blocage levé',
      'badge bloqué, révoqué à la main',
      'badge à examiner',
      'badge donné par Palier',
      // OBF dates at midnight what is given by hand.
      'badge trouvé dans OBF, donné à la main',
    ]);
    const rows = await rowsAt('/ops/journal');
    expect(rows.at(-2)).toContain(
      `<b>Pratique</b> | ${keys.lou} | un avis d’OBF : Organisme deux, événement `,
    );
    expect(rows[0]).toMatch(/badge refusé par OBF \| <b>Pratique<\/b> \| .* \| .*400/);
  });

  test('everything is escaped, and no address is shown', async () => {
    const { html } = await browser.get('/ops/journal');
    expect(html).toContain('&lt;b>Pratique');
    expect(html).not.toMatch(/<b>|example\.org/);
  });

  test.each<[string, string[]]>([
    ['sorte=flagged', ['badge à examiner']],
    ['badge=communiquer-1&sorte=issued', ['badge donné par Palier']],
    ['du=2000-01-01&au=2000-12-31', []],
  ])('filtered by %s', async (query, kinds) => {
    const found = await kindsAt(`/ops/journal?${query}`);
    expect(found.filter((kind) => kind !== undefined && kind !== '')).toEqual(kinds);
  });

  test('an address that is searched for becomes a key: no page, address or log line has it', async () => {
    await browser.get('/ops/journal');
    const reply = await browser.post('/ops/journal', {
      personne: `  ${ALI.toUpperCase()} `,
      sorte: 'refused',
    });
    expect([reply.status, reply.location]).toEqual([
      303,
      `/ops/journal?sorte=refused&personne=${encodeURIComponent(keys.ali)}`,
    ]);
    const { html } = await browser.follow(reply);
    expect(rowsOf(html)).toHaveLength(1);
    expect(html).toContain(`value="${keys.ali}"`);
    expect(html + JSON.stringify(reply.headers)).not.toMatch(/example/i);
    expect(lines.join('')).toContain('journal-search');
    expect(lines.join('')).not.toMatch(/example\.org|EXAMPLE\.ORG/);
    const byKey = await browser.post('/ops/journal', { personne: keys.lou, du: '', badge: '' });
    expect(rowsOf((await browser.follow(byKey)).html)).toHaveLength(5);
  });

  test('what is no person, date or event is told beside its field, and what was typed is not repeated', async () => {
    const typed = { personne: 'lou martin@x', du: '2026-02-31', evenement: LOU, sorte: 'x', badge: 'a b' };
    const { status, html } = await browser.post('/ops/journal', typed);
    expect(status).toBe(422);
    for (const words of [
      'clé d’une personne',
      'Ce n’est pas une date',
      'Ce n’est pas l’identifiant',
      'Choisissez',
    ])
      expect(html).toContain(words);
    expect(html).not.toMatch(/martin|2026-02-31|example/);
    expect(html.match(/aria-invalid/g)).toHaveLength(5);
  });

  test('an address of the page that makes no sense leads to one that does', async () => {
    for (const query of [`personne=${LOU}`, 'du=demain', 'sorte=%3Cscript%3E', `evenement=${LOU}`]) {
      const reply = await browser.get(`/ops/journal?${query}&badge=communiquer-1`);
      expect([reply.status, reply.location]).toEqual([303, '/ops/journal?badge=communiquer-1']);
      expect((await browser.get(`/ops/journal/export.csv?${query}`)).location).toBe('/ops/journal');
    }
    for (const where of ['avant=x', 'apres=1-2-99', 'page=-1', 'avant=999999999999999-0-0'])
      expect((await browser.get(`/ops/journal?${where}`)).status).toBe(200);
  });

  test('an event: everybody whom it gave the award to, and what became of it', async () => {
    const told = await house.pipelines[0].journal.ofEarner(asEarnerKey(keys.lou));
    const event = told.find(({ kind }) => kind === 'issued')?.event;
    const kinds = await kindsAt(`/ops/journal?evenement=${event ?? ''}`);
    expect(kinds.toSorted()).toEqual(['badge donné par Palier', 'badge à examiner']);
    expect(await kindsAt(`/ops/journal?evenement=${event ?? ''}&sorte=issued`)).toEqual([
      'badge donné par Palier',
    ]);
  });

  describe('exported', () => {
    test('as NDJSON: each entry as the command line tells it', async () => {
      const reply = await browser.get('/ops/journal/export.ndjson');
      expect(reply.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
      expect(reply.headers['content-disposition']).toMatch(
        /^attachment; filename="journal-\d{4}-\d\d-\d\d\.ndjson"$/,
      );
      const told = reply.html
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { kind: string }).kind);
      expect(told).toEqual(['found', 'issued', 'flagged', 'blocked', 'unblocked', 'refused']);
      expect(reply.html).not.toContain('example.org');
      const filtered = await browser.get(`/ops/journal/export.ndjson?sorte=refused&personne=${keys.ali}`);
      expect(filtered.html.trim().split('\n')).toHaveLength(1);
    });

    test('as CSV: in the words of the page, as a French spreadsheet takes it', async () => {
      const { html, headers } = await browser.get('/ops/journal/export.csv?sorte=issued');
      expect(headers['content-type']).toBe('text/csv; charset=utf-8');
      const [head = '', row = '', end] = html.split('\r\n');
      expect(head.startsWith('\uFEFFQuand;Quoi;Badge Région;')).toBe(true);
      expect(row).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d;badge donné par Palier;<b>Pratique<\/b>;R1;/);
      expect(end).toBe('');
    });
  });

  describe('what others wrote', () => {
    const hostile: readonly Partial<JournalEntry>[] = [
      {
        kind: 'applied',
        earner: null,
        award: null,
        badgeId: null,
        event: null,
        cause: 'ops',
        detail: '12 earners',
      },
      {
        earner: asEarnerKey('x'.repeat(22)),
        event: asEventId('H1'),
        cause: '=cmd|"calc"!A1',
        detail: '@SUM(1)',
      },
      {
        earner: asEarnerKey('y'.repeat(22)),
        event: asEventId('H2'),
        award: asAwardId('gone'),
        badgeId: asBadgeId('GONE'),
        cause: '<img src=x onerror=alert(1)>;"\n',
        version: asSchemeVersion('<i>'),
      },
    ];
    beforeAll(() => house.pipelines[0].journal.write(hostile.map((part) => entryOf(part))));

    test('is shown as what it is', async () => {
      const { html } = await browser.get('/ops/journal');
      expect(html).not.toMatch(/<img|<i>/);
      const rows = rowsOf(html);
      expect(rows.find((row) => row.includes('règles mises en vigueur'))).toContain(
        '– | – | une demande d’un opérateur | barème 0123456789abcdef | 12 earners |',
      );
      expect(rows.find((row) => row.includes('gone'))).toContain(
        '<img src=x onerror=alert(1)>;" | événement H2 |',
      );
    });

    test('is no formula in a spreadsheet, and breaks no cell', async () => {
      const { html } = await browser.get('/ops/journal/export.csv');
      expect(html).toContain(`;"'=cmd|""calc""!A1";`);
      expect(html).toContain(";'@SUM(1)\r\n");
      expect(html).toContain(';"<img src=x onerror=alert(1)>;""\n";');
    });
  });

  test('all addresses of a person are one in the journal', async () => {
    const [pipeline] = house.pipelines;
    await linkAddresses(pipeline, asEarnerKey(keys.lou), asEarnerKey(keys.ali));
    await house.idle();
    const [ofLou, ofAli] = [
      await rowsAt(`/ops/journal?personne=${keys.lou}`),
      await rowsAt(`/ops/journal?personne=${keys.ali}`),
    ];
    expect(ofLou.some((row) => row.includes('adresses liées'))).toBe(true);
    expect(ofAli).toEqual(ofLou);
    const exported = await browser.get(`/ops/journal/export.ndjson?personne=${keys.ali}`);
    expect(exported.html.trim().split('\n')).toHaveLength(ofLou.length);
  });

  test('a person who was erased is nobody', async () => {
    const [pipeline] = house.pipelines;
    const { journal } = pipeline;
    expect(await eraseEarner(pipeline, asEarnerKey('x'.repeat(22)))).toMatchObject({ people: 1 });
    const rows = await rowsAt('/ops/journal');
    const told = 'badge donné par Palier | <b>Pratique</b> | effacée depuis | – |';
    expect(rows.filter((row) => row.includes(told))).toHaveLength(1);
    expect((await allOf(journal.read({}))).length).toBeGreaterThan(8);
  });

  test('an operator sees what a reader sees', async () => {
    const operator = await signedIn(house.opsUrl, OPERATOR);
    expect(rowsOf((await operator.get('/ops/journal')).html)).toEqual(await rowsAt('/ops/journal'));
  });
});

describe('a cause', () => {
  const scheme = parse(SMALL_SCHEME, SMALL_PARTNERS);

  test.each([
    ['webhook.event.P1.E1', 'un avis d’OBF : Organisme un, événement E1'],
    ['poll.event.REGION.G1', 'la lecture du compte OBF : la Région, événement G1'],
    ['passport.credential.x', 'un badge envoyé à un Passport'],
    ['apply', 'la mise en vigueur du barème'],
    ['webhook.event.GONE.E1', 'un avis d’OBF : GONE.E1'],
    ['something else', 'something else'],
  ])('%s is told in words', (cause, told) => {
    expect(causeWords(cause, scheme, asClientId('REGION'))).toBe(told);
  });
});
