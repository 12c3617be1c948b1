import { PassThrough } from 'node:stream';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../../src/queue/jobs.js';
import { jsonOf, palier as typed } from './support/cli.js';
import { runningPalier, type PalierOptions, type RunningPalier } from './support/running-palier.js';
import { PARTNERS, peopleWith, scheme } from './support/thresholds.js';

let palier: RunningPalier;
const open = async (options: Partial<PalierOptions> = {}): Promise<void> => {
  palier = await runningPalier({ scheme: scheme(3), partners: PARTNERS, ...options });
  await palier.pipeline.schemes.start(palier.pipeline.scheme);
};
afterEach(() => palier.close());

const people = (prefix: string, count: number, badges: number): Promise<readonly string[]> =>
  peopleWith(palier.pipeline, prefix, count, badges);
const given = (badge: string, addresses: readonly string[]): string[] =>
  addresses.map((address) => `${badge} ${address}`);

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
    expect((await palier.pipeline.schemes.now()).rollout).toBeNull();
  });
});

describe('on a terminal', () => {
  /** The operator sees the question, and then does this. */
  async function asked(answer: (stdin: PassThrough, stop: () => void) => void) {
    await open();
    palier.work();
    const two = await people('deux', 2, 2);
    await palier.configure({ scheme: scheme(2) });
    let stop = (): void => undefined;
    const stdin = new PassThrough();
    const questions: string[] = [];
    const errText = (text: string): void => {
      if (!text.includes('Tapez')) return;
      questions.push(text);
      setImmediate(() => answer(stdin, stop));
    };
    const ran = await typed(['apply', '--json'], {
      env: palier.env,
      cwd: palier.cwd,
      clock: Date.now,
      dataPrefix: DATA_PREFIX,
      queuePrefix: DEFAULT_PREFIX,
      onInterrupt: (act) => {
        stop = act;
        return () => undefined;
      },
      streams: { stdin, errText, isTty: { stdin: true, stderr: true } },
    });
    expect(questions).toEqual(['2 badges seront délivrés. Tapez « oui » pour continuer : ']);
    await palier.idle();
    return { ran, given: palier.awards(), two };
  }

  test('« oui » gives what was told', async () => {
    const { ran, given: now, two } = await asked((stdin) => stdin.write('Oui\n'));
    expect({ exit: ran.exit, now }).toEqual({ exit: 0, now: given('R1', two).toSorted() });
  });

  test.each<[string, (stdin: PassThrough, stop: () => void) => void, string]>([
    ['another answer', (stdin) => stdin.write('non\n'), 'not_confirmed'],
    ['no more input', (stdin) => stdin.end(), 'not_confirmed'],
    ['Ctrl-C', (_stdin, stop) => stop(), 'interrupted'],
  ])('%s changes nothing', async (_, answer, code) => {
    const { ran, given: now } = await asked(answer);
    expect({ exit: ran.exit, now }).toEqual({ exit: 1, now: [] });
    expect(jsonOf(ran)).toMatchObject({ error: { code } });
    expect((await palier.pipeline.schemes.now()).rollout).toBeNull();
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
