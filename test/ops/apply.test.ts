import { asAssertionId, asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/portfolio/earner-key.js';
import { until } from '../support/until.js';
import { jsonOf } from './support/cli.js';
import { runningPalier, type PalierOptions, type RunningPalier } from './support/running-palier.js';

const scheme = (threshold: number, second = 9): string => `
scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards:
  un: { name: Un, badge: R1, rule: { at_least: ${threshold}, of: { competency: communiquer } } }
  deux: { name: Deux, badge: R2, rule: { at_least: ${second}, of: { competency: communiquer } } }
`;
const PARTNERS = `
partners:
  - client_id: P1
    secret_env: KEY_P1
    badges:
${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `      - { id: B${n}, competency: communiquer, level: 1 }`).join('\n')}
`;

let palier: RunningPalier;
const open = async (options: Partial<PalierOptions> = {}): Promise<void> => {
  palier = await runningPalier({ scheme: scheme(3), partners: PARTNERS, ...options });
  await palier.pipeline.schemes.start(palier.pipeline.scheme);
};
afterEach(() => palier.close());

/** People who have so many badges each, as they stand after their notices were worked on. */
async function people(prefix: string, count: number, badges: number): Promise<readonly string[]> {
  const { portfolios, vault } = palier.pipeline;
  const addresses = Array.from({ length: count }, (_, at) => `${prefix}${at}@example.org`);
  await portfolios.upsert(
    addresses.flatMap((address) =>
      Array.from({ length: badges }, (_, at) => ({
        earner: earnerKeyOf(vault, address),
        contact: { address, name: null },
        assertion: {
          id: asAssertionId(`${address}-${at}`.replaceAll(/[@.]/g, '-')),
          clientId: asClientId('P1'),
          badgeId: asBadgeId(`B${at + 1}`),
          eventId: asEventId(`E${at}`),
          issuedOnS: 1_700_000_000,
          expiresOnS: null,
          revoked: false,
        },
      })),
    ),
  );
  return addresses;
}
const given = (badge: string, addresses: readonly string[]): string[] =>
  addresses.map((address) => `${badge} ${address}`);
const plannedIssues = async (): Promise<unknown> =>
  (jsonOf(await palier.type(['plan', '--json'])) as { issues: number }).issues;

test('a threshold falls from 3 to 2, with 10 000 people: the plan says exactly who, and each is given one', async () => {
  await open({ pace: { gatherMs: 20, mirrorMaxAgeMs: 60_000 } });
  await people('une', 7500, 1);
  const gaining = await people('deux', 1500, 2);
  // They have it already: Palier gave it under the rules of before.
  const holders = await people('trois', 1000, 3);
  const { ledger, vault } = palier.pipeline;
  for (const address of holders)
    await ledger.apply(earnerKeyOf(vault, address), asBadgeId('R1'), {
      type: 'record',
      event: asEventId('OLD'),
    });
  await palier.configure({ scheme: scheme(2) });

  const plan = await palier.type(['plan', '--csv']);
  const keys = plan.out
    .filter((line) => /^"?un"?,/.test(line))
    .map((line) => line.split(',')[1]?.replaceAll('"', ''));
  expect(keys.toSorted()).toEqual(gaining.map((address) => earnerKeyOf(vault, address)).toSorted());

  const refused = await palier.type(['apply', '--auto-upto', '100']);
  expect(refused).toMatchObject({ exit: 1, out: [] });
  expect(refused.err.join(' ')).toContain('1500 badges seraient délivrés');
  expect(await plannedIssues()).toBe(1500);

  const applied = await palier.type(['apply', '--json']);
  expect(jsonOf(applied)).toMatchObject({ issues: 1500, awards: [{ award: 'un', issues: 1500 }] });
  expect(await plannedIssues()).toBe(0);
  palier.work();
  await until(() => palier.awards().length >= 1500, 'awards', 60_000);
  await palier.idle();
  expect(palier.awards()).toEqual(given('R1', gaining).toSorted());
  expect(await plannedIssues()).toBe(0);
}, 120_000);

describe('a few people', () => {
  let two: readonly string[];
  beforeEach(async () => {
    await open();
    palier.work();
    two = await people('deux', 2, 2);
  });

  test('one award, without an e-mail; the rest waits for the next time', async () => {
    await palier.configure({ scheme: scheme(2, 1) });
    const ran = await palier.type(['apply', '--only', 'deux', '--no-email']);
    expect(ran.out.slice(0, 2)).toEqual([
      expect.stringMatching(/^« deux » en vigueur d'après la version [0-9a-f]{16} ; le reste attend\.$/),
      expect.stringMatching(
        /^2 badges mis en route, sans e-mail ; les workers les délivrent, en \d+ s au moins :$/,
      ),
    ]);
    await palier.idle();
    expect(palier.awards()).toEqual(given('R2', two).toSorted());
    await palier.type(['apply']);
    await palier.idle();
    const mails = palier.sandbox.issues().map(({ badgeId, body }) => [badgeId, body.send_email]);
    expect(mails).toEqual([
      ['R2', false],
      ['R1', true],
    ]);
  });

  test('nothing changed: nothing to give, and no harm done', async () => {
    const ran = await palier.type(['apply']);
    expect(ran).toMatchObject({ exit: 0, err: [] });
    expect(ran.out[1]).toBe('Personne ne gagne de badge.');
    await palier.idle();
    expect(palier.awards()).toEqual([]);
  });

  test('the account says what was applied, and what set each award off', async () => {
    await palier.configure({ scheme: scheme(2) });
    await palier.type(['apply']);
    await palier.idle();
    const entries = [];
    for await (const entry of palier.pipeline.journal.read({})) entries.push(entry);
    const { current } = { current: await palier.pipeline.schemes.inForce() };
    expect(entries.filter(({ kind }) => kind === 'applied')).toMatchObject([
      { version: current, cause: 'ops', detail: '2 earners' },
    ]);
    expect(
      entries.filter(({ kind }) => kind === 'issued').map(({ cause, version }) => [cause, version]),
    ).toEqual([
      ['apply', current],
      ['apply', current],
    ]);
  });

  test.each([
    [['--auto-upto', 'beaucoup'], '--auto-upto : un nombre entier est attendu'],
    [['--only', 'deus'], 'vouliez-vous dire « deux »'],
  ])('%j is refused, and changes nothing', async (flags, words) => {
    await palier.configure({ scheme: scheme(2, 1) });
    const ran = await palier.type(['apply', ...flags]);
    expect(ran.exit).toBe(2);
    expect(ran.err.join(' ')).toContain(words);
    expect((await palier.pipeline.schemes.now()).change).toBeNull();
  });
});

test('a quota that is too small: refused, unless ops means it', async () => {
  await open({ sandbox: { issuingLimit: 60 } });
  await people('deux', 20, 2);
  await palier.configure({ scheme: scheme(2) });
  await palier.pipeline.quota.read(AbortSignal.timeout(5000));
  const refused = await palier.type(['apply']);
  expect(refused.exit).toBe(1);
  expect(refused.err.join(' ')).toContain(
    "Le quota d'OBF ne suffit pas : il en manque 10 pour délivrer 20 badges.",
  );
  expect((await palier.type(['apply', '--over-quota'])).exit).toBe(0);
});

test('a badge is enrolled by command: the plan is shown, and nobody is given anything before apply', async () => {
  const partners = PARTNERS.replace(/ +- \{ id: B2,.*\n/, '');
  await open({ scheme: scheme(2), partners });
  palier.work();
  palier.sandbox.addBadge({ clientId: 'P1', id: 'B2', name: 'Deuxième' });
  const two = await people('deux', 2, 2);
  const enrol = ['partner', 'enrol', 'P1', 'B2', '--competency', 'communiquer', '--level', '1'];
  const ran = await palier.type(enrol);
  expect(ran).toMatchObject({ exit: 0, err: [] });
  expect(ran.out.join('\n')).toMatch(/B2.*^Un \(un\) +2 /ms);
  await palier.idle();
  expect(palier.awards()).toEqual([]);
  await palier.type(['apply', '--auto-upto', '2']);
  await palier.idle();
  expect(palier.awards()).toEqual(given('R1', two).toSorted());
});
