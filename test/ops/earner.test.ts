import { Readable } from 'node:stream';
import { asBadgeId, asEventId, type EarnerKey } from '../../src/ids.js';
import { earnerSchema, maskAddress } from '../../src/ops/shared/personal-data.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { DATA_PREFIX, DEFAULT_PREFIX, linkMailId } from '../../src/queue/jobs.js';
import { publishedSchema } from '../support/published-schema.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { jsonOf, palier as type, type Ran } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';

describe('palier earner and parcours send', () => {
  let palier: RunningPalier;
  let tests = 0;
  /** Whom the worker sent the link to. */
  const sent: EarnerKey[] = [];
  let LOU: string;
  let PRO: string;
  beforeAll(async () => {
    palier = await runningPalier({
      scheme: SMALL_SCHEME,
      partners: SMALL_PARTNERS,
      sendLink: async (earner) => sent.push(earner) > 0,
    });
    palier.work();
  });
  afterAll(() => palier.close());
  beforeEach(() => {
    tests += 1;
    LOU = `lou.${tests}@example.org`;
    PRO = `pro.${tests}@example.org`;
  });

  const keyOf = (address: string) => earnerKeyOf(palier.pipeline.vault, address);
  /** 5 January 2026. */
  const ISSUED_S = Date.UTC(2026, 0, 5) / 1000;
  /** Two addresses of one person, who has half of the badges under each, and was given one award. */
  async function linkedPerson(): Promise<void> {
    const people = [
      { clientId: 'P1', badgeId: 'A', email: LOU },
      { clientId: 'P2', badgeId: 'B', email: PRO },
    ];
    for (const { clientId, badgeId, email } of people)
      palier.sandbox.issueByHand({
        clientId,
        badgeId,
        recipients: [{ email, name: 'Lou Martin' }],
        issuedOnS: ISSUED_S,
      });
    await palier.type(['reconcile']);
    await palier.idle();
    await palier.type(['link', LOU, PRO]);
    await palier.idle();
    expect(palier.awards().filter((award) => award.endsWith(LOU) || award.endsWith(PRO))).toHaveLength(1);
  }
  const onTerminal = (argv: readonly string[], typed: string): Promise<Ran> =>
    type(argv, {
      env: palier.env,
      cwd: palier.cwd,
      clock: Date.now,
      dataPrefix: DATA_PREFIX,
      queuePrefix: DEFAULT_PREFIX,
      streams: { stdin: Readable.from([typed]), isTty: { stdin: true, stderr: false } },
    });

  test('the form of an export is published', () => {
    const { file, made } = publishedSchema('earner', earnerSchema);
    expect(file).toEqual(made);
  });

  test.each([
    ['lou.martin@example.org', 'l…@e….org'],
    ['l@b', 'l…@b…'],
    ['éve@exemple.gouv.fr', 'é…@e….fr'],
    ['"a@b"@c.fr', '"…@c….fr'],
  ])('%s is masked', (address, shown) => {
    expect(maskAddress(address)).toBe(shown);
  });

  describe('earner show', () => {
    test('tells in words what is kept; only the address that was typed can be read', async () => {
      await linkedPerson();
      await palier.pipeline.flags.add({ earner: keyOf(LOU), badgeId: asBadgeId('R1'), atS: ISSUED_S });
      const { exit, out } = await palier.type(['earner', 'show', LOU]);
      expect(exit).toBe(0);
      const text = out.join('\n');
      expect(out.slice(0, 5)).toEqual([
        `Bénéficiaire ${keyOf(LOU)}`,
        '',
        `${LOU} (${keyOf(LOU)}, demandée, nom conservé)`,
        '  Badges des organismes',
        '    Badge A, Organisme un, délivré le 5 janv. 2026',
      ]);
      expect(text).toContain(`\np…@e….org (${keyOf(PRO)}, liée, nom conservé)\n`);
      expect(text).toContain('    Badge B, Organisme deux, délivré le 5 janv. 2026');
      expect(text).toMatch(/ {2}Registre des badges Région\n {4}Communiquer : je pratique : donné, /);
      expect(text).toMatch(/ {2}À examiner\n {4}Communiquer : je pratique, 5 janv\. 2026/);
      expect(text).toMatch(/, adresses liées\n/);
      expect(text).toMatch(/, badge donné par Palier : Communiquer : je pratique/);
      expect(text).not.toMatch(/Martin|pro\.\d/);
    });

    test('by a key no address can be read at all; --json has the form of an export', async () => {
      await linkedPerson();
      const ran = await palier.type(['earner', 'show', keyOf(PRO), '--json']);
      const told = earnerSchema.parse(jsonOf(ran));
      expect(told.earner).toBe(keyOf(LOU));
      expect(told.addresses.map(({ address, name }) => [address, name])).toEqual([
        ['l…@e….org', null],
        ['p…@e….org', null],
      ]);
      expect(ran.out.join('')).not.toMatch(/Martin|(lou|pro)\.\d/);
    });

    test('in English; nobody is nobody', async () => {
      await linkedPerson();
      const { out } = await palier.type(['earner', 'show', LOU, '--lang', 'en']);
      expect(out[3]).toBe('  Badges of partners');
      const nobody = await palier.type(['earner', 'show', `autre.${LOU}`, '--json']);
      expect(nobody.exit).toBe(1);
      expect(jsonOf(nobody)).toMatchObject({ error: { code: 'unknown_earner' } });
      expect((await palier.type(['earner', 'show', 'lou'])).exit).toBe(2);
    });
  });

  describe('parcours send', () => {
    const PAGES = {
      SMTP_URL: 'smtp://127.0.0.1:1',
      MAIL_FROM: 'badges@example.org',
      PUBLIC_URL: 'https://palier.example.org',
    };
    const send = (env: Record<string, string>, ...argv: string[]): Promise<Ran> =>
      palier.type(['parcours', 'send', ...argv], { env: { ...palier.env, ...env } });

    test('has the link sent to the address that was typed, and says who asked', async () => {
      await linkedPerson();
      const { mails } = palier.pipeline.queues;
      await mails.pause();
      const ran = await send(PAGES, PRO.toUpperCase());
      expect(ran).toMatchObject({ exit: 0, err: [], out: [expect.stringMatching(/^L'envoi du lien est/)] });
      expect((await mails.getJob(linkMailId(keyOf(PRO))))?.data).toEqual({
        kind: 'link',
        earner: keyOf(PRO),
        by: 'npx palier parcours send',
      });
      await mails.resume();
      await until(() => sent.includes(keyOf(PRO)), 'the link');
      const byKey = await send(PAGES, keyOf(LOU), '--json');
      expect([byKey.exit, jsonOf(byKey)]).toEqual([0, { earner: keyOf(LOU), asked: true }]);
      await until(() => sent.includes(keyOf(LOU)), 'the link');
      expect([...ran.out, ...byKey.out].join('\n')).not.toContain('example.org');
    });

    test('to nobody unknown, and not where the pages do not exist', async () => {
      const nobody = await send(PAGES, `autre.${LOU}`, '--json');
      expect([nobody.exit, jsonOf(nobody)]).toMatchObject([1, { error: { code: 'unknown_earner' } }]);
      const without = await send({}, LOU, '--lang', 'en');
      expect([without.exit, without.err[0]]).toEqual([
        1,
        expect.stringContaining('SMTP_URL, MAIL_FROM, PUBLIC_URL'),
      ]);
      expect((await send(PAGES, 'lou')).exit).toBe(2);
    });
  });

  describe('earner export', () => {
    test('gives the person everything, readable, whichever address they ask by', async () => {
      await linkedPerson();
      const ran = await palier.type(['earner', 'export', PRO]);
      expect([ran.exit, ran.err]).toEqual([0, []]);
      const told = earnerSchema.parse(jsonOf(ran));
      expect(told.addresses.map(({ address, name, linked_to }) => [address, name, linked_to])).toEqual([
        [LOU, 'Lou Martin', null],
        [PRO, 'Lou Martin', keyOf(LOU)],
      ]);
      const [own, other] = told.addresses;
      expect(own?.assertions[0]).toMatchObject({
        client: 'P1',
        badge: 'A',
        issued_on_iso: '2026-01-05T00:00:00.000Z',
      });
      expect(own?.awards).toMatchObject([{ badge: 'R1', state: 'issued' }]);
      expect(own?.account.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['linked', 'issued']));
      const partners = [...(own?.assertions ?? []), ...(other?.assertions ?? [])].filter(
        ({ client }) => client !== 'REGION',
      );
      expect(partners).toHaveLength(2);
    });

    test('holds what stands in Redis of a push that failed', async () => {
      await linkedPerson();
      const { queues, vault } = palier.pipeline;
      const earner = keyOf(LOU);
      const url = `${palier.sandbox.url}/v1/assertion/of-nobody`;
      const data = {
        kind: 'credential',
        earner,
        recipient: vault.seal(LOU, earner),
        url,
        source: 'passport',
      };
      await queues.notices.add('credential', data, { jobId: `credential.${earner}.x`, attempts: 1 });
      await until(async () => (await queues.notices.getFailedCount()) > 0, 'failed notice');
      const told = earnerSchema.parse(jsonOf(await palier.type(['earner', 'export', LOU])));
      expect(told.addresses[0]?.jobs).toMatchObject([
        { queue: 'notices', name: 'credential', state: 'failed', url },
      ]);
      expect(told.addresses[0]?.jobs[0]?.reason).toMatch(/GET credential/);
      expect((await palier.type(['earner', 'show', LOU])).out.join('\n')).toMatch(
        /Travaux en file\n {4}notices, credential, failed : /,
      );
    });

    test('nobody is nobody', async () => {
      expect((await palier.type(['earner', 'export', LOU])).exit).toBe(1);
      expect((await palier.type(['earner', 'export', keyOf(LOU)])).exit).toBe(2);
    });
  });

  describe('earner erase', () => {
    const isErased = async (address: string): Promise<boolean> =>
      (await palier.pipeline.earners.read(keyOf(address))).tombstone !== null;

    test('asks for the address to be typed again, and then erases the person', async () => {
      await linkedPerson();
      const ran = await onTerminal(['earner', 'erase', PRO], ` ${PRO.toUpperCase()}\n`);
      expect(ran.exit).toBe(0);
      expect(ran.err.join('')).toMatch(/Tapez l'adresse à nouveau pour confirmer : $/);
      expect(ran.out[0]).toMatch(
        /^Effacé : 2 adresses, 3 badges, \d faits du compte rendu, 0 travail en file\.$/,
      );
      expect(ran.out[1]).toMatch(/pour ne pas l'être deux fois : 1\.$/);
      expect(ran.out.join('')).not.toContain('example.org');
      expect([await isErased(LOU), await isErased(PRO)]).toEqual([true, true]);
      const again = await palier.type(['earner', 'erase', PRO, '--yes']);
      expect(again).toMatchObject({
        exit: 0,
        out: ["Cette personne avait déjà été effacée : il n'y a rien à effacer."],
      });
      const shown = (await palier.type(['earner', 'show', LOU])).out.join('\n');
      expect(shown).toMatch(/adresse non conservée \(\S+, demandée, effacée le /);
      expect(shown).toMatch(/Communiquer : je pratique : donné/);
    });

    test('another address, or none, and nothing is changed', async () => {
      await linkedPerson();
      for (const typed of [`${LOU}x\n`, '']) {
        const ran = await onTerminal(['earner', 'erase', LOU, '--json'], typed);
        expect(ran.exit).toBe(1);
        expect(jsonOf(ran)).toMatchObject({ error: { code: 'not_confirmed' } });
      }
      expect(await isErased(LOU)).toBe(false);
    });

    test('with no terminal it wants --yes, and then does not ask', async () => {
      await linkedPerson();
      const refused = await palier.type(['earner', 'erase', LOU]);
      expect(refused).toEqual({ exit: 2, out: [], err: ['Sans terminal pour le confirmer, ajoutez --yes.'] });
      expect(await isErased(LOU)).toBe(false);
      const done = await palier.type(['earner', 'erase', LOU, '--yes', '--json']);
      expect([done.exit, done.err]).toEqual([0, []]);
      expect(jsonOf(done)).toEqual({
        earner: keyOf(LOU),
        erased: true,
        addresses: 2,
        assertions: 3,
        account: expect.any(Number),
        jobs: 0,
        awards_kept: 1,
      });
      expect(await isErased(LOU)).toBe(true);
    });

    test('an award that is on its way is not waited for: it stays known that it was given', async () => {
      await linkedPerson();
      const { ledger, batches, outbox } = palier.pipeline;
      const badgeId = asBadgeId('R2');
      await ledger.apply(keyOf(LOU), badgeId, { type: 'comes-due', endedEvents: [] });
      await outbox.put(badgeId, keyOf(LOU));
      const batch = await outbox.takeBatch(badgeId, 1);
      if (batch === null) throw new Error('nothing waits');
      await ledger.apply(keyOf(LOU), badgeId, { type: 'claim', batch: batch.id });
      const sending = await batches.startSending(batch, batch.earners);
      expect(await palier.type(['earner', 'erase', LOU, '--yes'])).toMatchObject({ exit: 0 });
      await ledger.apply(keyOf(LOU), badgeId, { type: 'record', event: asEventId('E') });
      if (sending !== null) await batches.finish(sending);
      await palier.idle();
      expect(await palier.pipeline.earners.read(keyOf(LOU))).toMatchObject({
        contact: null,
        assertions: [],
        journal: [],
        linked: [],
      });
      expect(await ledger.read(keyOf(LOU), badgeId)).toMatchObject({ state: 'issued', event: 'E' });
    });

    test('nobody is nobody', async () => {
      const ran = await palier.type(['earner', 'erase', LOU, '--yes', '--json']);
      expect(jsonOf(ran)).toMatchObject({ error: { code: 'unknown_earner' } });
      expect(await isErased(LOU)).toBe(false);
    });
  });
});

describe('palier link and unlink', () => {
  let palier: RunningPalier;
  let tests = 0;
  let LOU: string;
  let PRO: string;
  beforeAll(async () => {
    palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
    palier.work();
  });
  afterAll(() => palier.close());
  beforeEach(() => {
    tests += 1;
    LOU = `lou.${tests}@example.org`;
    PRO = `pro.${tests}@example.org`;
  });

  const keyOf = (address: string) => earnerKeyOf(palier.pipeline.vault, address);
  /** Found by polling. @param given `badge address` */
  async function issued(...given: string[]): Promise<void> {
    await listed(...given);
    await palier.idle();
  }
  async function listed(...given: string[]): Promise<void> {
    for (const [badgeId = '', address = ''] of given.map((one) => one.split(' ')))
      palier.sandbox.issueByHand({ clientId: badgeId === 'B' ? 'P2' : 'P1', badgeId, recipients: [address] });
    await palier.type(['reconcile']);
  }
  const awards = () => palier.awards().filter((award) => award.endsWith(LOU) || award.endsWith(PRO));
  async function typed(...argv: string[]): Promise<Ran> {
    const ran = await palier.type(argv);
    await palier.idle();
    expect([...ran.out, ...ran.err].join('\n')).not.toContain('example.org');
    return ran;
  }

  test('two addresses are linked, the award follows; linked again, nothing changes; parted again', async () => {
    await issued(`A ${LOU}`, `B ${PRO}`);
    expect(await typed('link', `\u200b${LOU}\ufeff`, PRO.toUpperCase())).toEqual({
      exit: 0,
      err: [],
      out: [
        `Adresses liées : elles sont une seule personne, ${keyOf(LOU)} (adresses : 2).`,
        "Elle est réévaluée maintenant ; ce qui lui est dû part à l'adresse de son badge le plus récent.",
      ],
    });
    expect(awards()).toHaveLength(1);

    const again = await typed('link', LOU, PRO, '--json');
    const linked = { earner: keyOf(LOU), addresses: 2, changed: false, withdrawn: 0, issuing_paused: false };
    expect([again.exit, jsonOf(again)]).toEqual([0, linked]);
    expect((await typed('link', PRO, LOU)).out[0]).toBe(
      `Ces adresses étaient déjà liées : ${keyOf(LOU)} (adresses : 2).`,
    );

    const parted = await typed('unlink', LOU, PRO, '--lang', 'en');
    expect([parted.exit, parted.out[0]]).toEqual([
      0,
      `Addresses parted: they are two people, ${keyOf(LOU)} and ${keyOf(PRO)}.`,
    ]);
    expect(parted.out.at(-1)).toBe('Both are evaluated now; each is given what is due to them.');
    expect(jsonOf(await typed('unlink', LOU, PRO, '--json'))).toMatchObject({ changed: false, moved: 0 });
    expect(awards()).toHaveLength(1);
  });

  test('while issuing is paused it says so, and what waited for one address alone', async () => {
    await palier.type(['pause']);
    await listed(`A ${LOU}`, `B ${LOU}`, `A ${PRO}`, `B ${PRO}`);
    await until(async () => (await palier.pipeline.outbox.waiting(asBadgeId('R1'))) === 2, 'two that wait');
    const { out } = await palier.type(['link', LOU, PRO]);
    expect(out[1]).toMatch(/^Badges Région qui attendaient pour une seule des adresses.* : 1\.$/);
    expect(out.at(-1)).toMatch(/^Les envois sont suspendus/);
    await palier.type(['resume']);
    await palier.idle();
    expect(awards()).toHaveLength(1);
  });

  describe('nothing is changed', () => {
    const NOTHING = "Rien n'a été changé.";
    const FIRST = "Personne n'est connu à la première adresse : aucun badge n'y a été lu.";
    const SECOND = "Personne n'est connu à la seconde adresse : aucun badge n'y a été lu.";

    test.each(['link', 'unlink'])('%s says which address is not known', async (command) => {
      await issued(`A ${LOU}`);
      expect(await typed(command, LOU, PRO)).toEqual({ exit: 1, out: [], err: [SECOND, NOTHING] });
      expect((await typed(command, PRO, LOU)).err).toEqual([FIRST, NOTHING]);
      const neither = await typed(command, PRO, `autre.${PRO}`, '--json');
      expect(jsonOf(neither)).toMatchObject({
        error: { code: 'unknown_earner', messages: [FIRST, SECOND, NOTHING] },
      });
      expect((await palier.pipeline.earners.read(keyOf(PRO))).linkedTo).toBeNull();
    });

    test.each(['link', 'unlink'])(
      '%s refuses an address and itself, and what is no address',
      async (command) => {
        const same = await typed(command, LOU, ` ${LOU.toUpperCase()}`);
        expect(same).toEqual({ exit: 2, out: [], err: ["C'est deux fois la même adresse."] });
        expect((await typed(command, LOU, 'pro')).exit).toBe(2);
        expect((await typed(command, LOU)).exit).toBe(2);
      },
    );

    test('when the account of the Région cannot be read', async () => {
      await issued(`A ${LOU}`, `B ${PRO}`);
      await typed('link', LOU, PRO);
      palier.sandbox.fault({
        route: 'GET events',
        clientId: 'REGION',
        kind: 'status',
        status: 404,
        times: 50,
      });
      const unread = await palier.type(['unlink', LOU, PRO, '--json']);
      palier.sandbox.clearFaults();
      await palier.idle();
      expect(jsonOf(unread)).toMatchObject({ error: { code: 'region_unreadable' } });
      expect((await palier.pipeline.earners.read(keyOf(PRO))).linkedTo).toBe(keyOf(LOU));
    });
  });
});
