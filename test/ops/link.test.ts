import { asBadgeId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { jsonOf, type Ran } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';

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
  expect(out[1]).toMatch(/^1 badge Région qui attendait pour une seule des adresses/);
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
    palier.sandbox.fault({ route: 'GET events', clientId: 'REGION', kind: 'status', status: 404, times: 50 });
    const unread = await palier.type(['unlink', LOU, PRO, '--json']);
    palier.sandbox.clearFaults();
    await palier.idle();
    expect(jsonOf(unread)).toMatchObject({ error: { code: 'region_unreadable' } });
    expect((await palier.pipeline.earners.read(keyOf(PRO))).linkedTo).toBe(keyOf(LOU));
  });
});
