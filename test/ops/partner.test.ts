import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfThrottled,
  ObfTooLarge,
  ObfUnreadable,
} from '../../src/obf/errors.js';
import { obfWords } from '../../src/ops/cli/session.js';
import { replaceFile } from '../../src/ops/cli/scheme/partner-enrol.js';
import { startSandbox, type Sandbox } from '../../src/sandbox/server.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { SMALL_SCHEME } from '../support/small-scheme.js';
import { jsonOf, palier, type Ran } from './support/cli.js';

const SCHEME = SMALL_SCHEME.replace(
  '{ name: Communiquer }',
  '{ name: Communiquer, abilities: { interagir: Interagir } }',
);
const PARTNERS = `# Qui participe.
partners:
  - client_id: P1
    name: Organisme un
    secret_env: KEY_P1
    badges:
      - { id: A, name: Badge A, competency: communiquer, level: 1, ability: interagir, enrolled_from: 2024-01-01 }
      - { id: OLD, competency: communiquer, level: 1, enrolled_until: 2023-12-31 } # supprimé

  - client_id: P2 # sans clé
    name: Organisme deux
    badges:
      - { id: B, competency: communiquer, level: 1 }
      - { id: MINE, competency: communiquer, level: 1 }

  - client_id: P3
    active: false
    secret_env: KEY_P3
`;

let redis: TestRedis;
let sandbox: Sandbox;
let cwd: string;
let runs = 0;
beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'palier-partner-'));
  await mkdir(join(cwd, 'config'));
  await writeFile(join(cwd, 'config/scheme.yaml'), SCHEME);
  await writeFile(join(cwd, 'config/partners.yaml'), PARTNERS);
  sandbox = await startSandbox({ tokenEveryMs: 0, maxRps: null });
  for (const id of ['P1', 'P9']) {
    sandbox.addClient({ id, secret: `secret_of_${id}`, name: id });
    sandbox.addBadge({ clientId: id, id: `${id}_PAROLE`, name: "Oser : l'oral\n(suite)" });
  }
  for (const id of ['A', 'MINE']) sandbox.addBadge({ clientId: 'P1', id, name: `Badge ${id}` });
  sandbox.addBadge({ clientId: 'P1', id: 'DRAFT', name: 'Brouillon', draft: true });
});
afterEach(async () => {
  await nothingElseIsTouched();
  await sandbox.close();
  await rm(cwd, { recursive: true });
});
afterAll(() => redis.close());

/** Neither the folder nor OBF. */
async function nothingElseIsTouched(): Promise<void> {
  const left = await readdir(join(cwd, 'config'));
  expect(left.filter((name) => !name.endsWith('.yaml'))).toEqual([]);
  expect(sandbox.calls.filter(({ method, route }) => method !== 'GET' && route !== 'POST token')).toEqual([]);
}

const goodEnv = (): Record<string, string> => ({
  REDIS_URL: redis.url,
  OBF_BASE_URL: sandbox.url,
  OBF_MAX_RPS: '1000',
  PALIER_KEY: Buffer.alloc(32, 7).toString('base64'),
  KEY_P1: 'secret_of_P1',
});

/** Each run has its own keys in Redis: tokens, and refusals, are remembered there. */
async function type(argv: readonly string[], env = goodEnv()): Promise<Ran> {
  runs += 1;
  const ran = await palier(argv, { env, cwd, dataPrefix: `${redis.prefix}${runs}` });
  expect([...ran.out, ...ran.err].join('\n')).not.toContain('secret_of');
  return ran;
}
const enrol = (...argv: string[]) => type(['partner', 'enrol', ...argv]);
const AS_USUAL = ['--competency', 'communiquer', '--level', '1'];
const partners = () => readFile(join(cwd, 'config/partners.yaml'), 'utf8');
const PLAN =
  'Rien ne change pour personne avant « npx palier apply » ; « npx palier plan » dit qui cela concerne.';

describe('commands of two words', () => {
  test('the help of the program tells them in full', async () => {
    const { out } = await palier(['--help']);
    expect(out.join('\n')).toMatch(/\n {2}partner badges <client_id> +montre les badges/);
    expect(out.join('\n')).toMatch(/\n {2}partner enrol <client_id> <badge> /);
    expect(out.filter((line) => /^ {2}partner (?!badges|enrol)/.test(line))).toEqual([]);
  });

  test('the group tells its own', async () => {
    const { exit, out } = await palier(['partner', '--help']);
    expect(exit).toBe(0);
    expect(out.slice(0, 2)).toEqual(['Utilisation : palier partner [options] <commande>', '']);
    expect(out.join('\n')).toMatch(
      /Commandes :\n {2}partner badges <client_id> .*\n(.*\n)? {2}partner enrol <client_id> <badge> /,
    );
    expect(out.join('\n')).not.toMatch(/Usage|display|help \[command\]/);
  });

  test.each([
    [['partner'], 'Il manque une commande. Aide : npx palier --help'],
    [
      ['partner', 'bagdes'],
      'Commande inconnue « bagdes » : vouliez-vous dire « badges » ? Aide : npx palier --help',
    ],
    [
      ['partnr', 'badges'],
      'Commande inconnue « partnr » : vouliez-vous dire « partner » ? Aide : npx palier --help',
    ],
    [['partner', 'badges'], 'Il manque : <client_id>. Aide : npx palier --help'],
    [['badges', 'P1'], 'Commande inconnue « badges ». Aide : npx palier --help'],
  ])('%j is typed wrongly', async (argv, message) => {
    const { exit, err } = await palier(argv);
    expect({ exit, message: err.at(-1) }).toEqual({ exit: 2, message });
  });
});

describe('partner badges', () => {
  test("OBF's badges beside what is enrolled", async () => {
    expect(await type(['partner', 'badges', 'P1'])).toEqual({
      exit: 0,
      err: [],
      out: [
        'Organisme un (P1) : 3 badges dans OBF',
        '',
        'Inscrits',
        '  A « Badge A » : communiquer, niveau 1, capacité interagir, à partir du 1er janv. 2024',
        '',
        'Non inscrits',
        "  P1_PAROLE « Oser : l'oral (suite) »",
        "  MINE « Badge MINE » : attention, partners.yaml l'inscrit pour P2",
        '',
        'Inscrits, mais inconnus dans ce compte OBF (identifiant mal copié, badge supprimé, ou brouillon)',
        "  OLD : communiquer, niveau 1, jusqu'au 31 déc. 2023",
      ],
    });
  });

  test('in JSON', async () => {
    const none = { ability: null, enrolled_from: null, enrolled_until: null, replaces: [] };
    const one = { competency: 'communiquer', level: 1 };
    expect(jsonOf(await type(['partner', 'badges', 'P1', '--json']))).toEqual({
      client_id: 'P1',
      name: 'Organisme un',
      active: true,
      enrolled: [
        { ...none, ...one, id: 'A', name: 'Badge A', ability: 'interagir', enrolled_from: '2024-01-01' },
      ],
      not_enrolled: [
        { id: 'P1_PAROLE', name: "Oser : l'oral (suite)", enrolled_by: null },
        { id: 'MINE', name: 'Badge MINE', enrolled_by: 'P2' },
      ],
      unknown_in_obf: [{ ...none, ...one, id: 'OLD', name: null, enrolled_until: '2023-12-31' }],
    });
  });

  test.each([
    ['P2', /^« Organisme deux » n'a pas de clé d'API : .*secret_env .*OBF_SECRET_P2/],
    ['P3', /^KEY_P3 : la variable manque/],
  ])('without a key of %s: says what to do', async (client, message) => {
    const { exit, out, err } = await type(['partner', 'badges', client]);
    expect({ exit, out }).toEqual({ exit: 1, out: [] });
    expect(err).toEqual([expect.stringMatching(message), expect.stringMatching(/partner enrol/)]);
    expect(jsonOf(await type(['partner', 'badges', client, '--json']))).toMatchObject({
      error: { code: 'no_key' },
    });
  });

  test('a partner whom nobody knows', async () => {
    expect(await type(['partner', 'badges', 'P4'])).toEqual({
      exit: 2,
      out: [],
      err: ['Partenaire inconnu « P4 » : vouliez-vous dire « P1 » ? (connus : P1, P2, P3)'],
    });
  });

  test('a key that OBF refuses, an OBF and a Redis that do not answer', async () => {
    const told = async (env: Record<string, string>): Promise<string | undefined> =>
      (await type(['partner', 'badges', 'P1'], { ...goodEnv(), ...env })).err[0];
    expect(await told({ KEY_P1: 'wrong' })).toMatch(/^OBF refuse la clé d'API : vérifiez KEY_P1/);
    expect(await told({ OBF_BASE_URL: 'http://127.0.0.1:1' })).toMatch(/^OBF ne répond pas/);
    expect(await told({ REDIS_URL: 'redis://127.0.0.1:1' })).toMatch(/^Redis ne répond pas/);
  });

  test.each([
    [new ObfThrottled('GET badge', 1500), "OBF demande d'attendre 2 s"],
    [new ObfNotSent('GET badge', 'no answer'), 'OBF ne répond pas'],
    [new ObfRefused('GET badge', 403, '403 Forbidden'), "OBF refuse la clé d'API : vérifiez KEY_P1"],
    [new ObfRefused('GET badge', 404, '404 Not Found'), "OBF refuse l'appel"],
    [new ObfUnreadable('GET badge', 'no JSON'), 'la réponse est illisible : vérifiez OBF_BASE_URL'],
    [new ObfTooLarge('GET badge', '9 MB'), 'la réponse est illisible : vérifiez OBF_BASE_URL'],
    [new ObfOutcomeUnknown('POST issue', 'reset'), 'la réponse est illisible : vérifiez OBF_BASE_URL'],
  ])('what an answer of OBF means: %s', (error, words) => {
    const { fr } = obfWords(error, 'KEY_P1');
    expect([fr.startsWith(words), fr.endsWith(`(${error.message})`)]).toEqual([true, true]);
  });
});

describe('partner enrol', () => {
  const LINE = `      - { id: P1_PAROLE, name: "Oser : l'oral (suite)", competency: communiquer, level: 1 }`;
  const WITH_LINE = PARTNERS.replace('# supprimé\n', `# supprimé\n${LINE}\n`);

  test('the line comes in, with the name that OBF has, and nothing else changes', async () => {
    await chmod(join(cwd, 'config/partners.yaml'), 0o640);
    expect(await enrol('P1', 'P1_PAROLE', ...AS_USUAL)).toEqual({
      exit: 0,
      err: [],
      out: ['Inscrit dans config/partners.yaml, ligne 9 :', `  + ${LINE}`, PLAN],
    });
    expect(await partners()).toBe(WITH_LINE);
    expect((await stat(join(cwd, 'config/partners.yaml'))).mode & 0o777).toBe(0o640);
    expect((await type(['partner', 'badges', 'P1'])).out).toContain(
      "  P1_PAROLE « Oser : l'oral (suite) » : communiquer, niveau 1",
    );
  });

  test('marks that turn the direction of text stay outside, the joiners of writing come in', async () => {
    const name = 'Oser\u202e l\u00ad\u2066oral\u{e0041} \ufeffnam\u200cê\u200d';
    sandbox.addBadge({ clientId: 'P1', id: 'TURNED', name });
    const listed = await type(['partner', 'badges', 'P1']);
    expect(listed.out.join('\n')).toContain('Oser loral nam\u200cê\u200d');
    await enrol('P1', 'TURNED', ...AS_USUAL);
    expect(await partners()).toContain('name: Oser loral nam\u200cê\u200d,');
    await enrol('P1', 'MINE', '--name', `\u202e${name}`, ...AS_USUAL);
    expect((await partners()).match(/(?![\u200c\u200d])\p{Cf}/gu)).toBe(null);
  });

  test('what partners.yaml has of such marks turns no line of a terminal, and JSON says the same', async () => {
    await writeFile(
      join(cwd, 'config/partners.yaml'),
      PARTNERS.replace('Organisme un', 'Organisme \u202enu'),
    );
    const told = await type(['partner', 'badges', 'P1']);
    expect(told.out[0]).toMatch(/^Organisme \\u202enu \(P1\)/);
    const json = await type(['partner', 'badges', 'P1', '--json']);
    expect(json.out.join('\n')).not.toContain('\u202e');
    expect(JSON.stringify(jsonOf(json))).toContain('Organisme \u202enu');
  });

  test('in JSON; all that a line can say; a remark on what it replaces', async () => {
    const more = ['--ability', 'interagir', '--from', '2025-01-01', '--until', '2026-12-31'];
    const ran = await enrol('P1', 'P1_PAROLE', ...AS_USUAL, ...more, '--replaces', 'OLD,OLDER', '--json');
    const told = jsonOf(ran) as { remarks: string[] };
    expect(told).toEqual({
      client_id: 'P1',
      badge: 'P1_PAROLE',
      name: "Oser : l'oral (suite)",
      changed: true,
      file: 'config/partners.yaml',
      line: 9,
      lines: [
        `      - { id: P1_PAROLE, name: "Oser : l'oral (suite)", competency: communiquer, level: 1, ability: interagir, enrolled_from: 2025-01-01, enrolled_until: 2026-12-31, replaces: [ OLD, OLDER ] }`,
      ],
      remarks: [expect.stringMatching(/^config\/partners\.yaml:9:\d+: le badge remplacé « OLDER »/)],
      plan: null,
    });
  });

  test('again: says so, and writes nothing', async () => {
    await enrol('P1', 'P1_PAROLE', ...AS_USUAL);
    const again = await enrol('P1', 'P1_PAROLE', ...AS_USUAL);
    expect(again).toEqual({
      exit: 0,
      err: [],
      out: ["P1_PAROLE est déjà inscrit pour P1 (communiquer, niveau 1) : rien n'est écrit."],
    });
    expect(jsonOf(await enrol('P1', 'P1_PAROLE', ...AS_USUAL, '--json'))).toEqual({
      client_id: 'P1',
      badge: 'P1_PAROLE',
      changed: false,
    });
    expect(await partners()).toBe(WITH_LINE);
  });

  test.each([
    [['P1', 'A', '--competency', 'communiquer', '--level', '2']],
    [['P1', 'A', ...AS_USUAL, '--from', '2024-01-02']],
    [['P1', 'A', ...AS_USUAL, '--replaces', 'OLD']],
    [['P1', 'B', ...AS_USUAL]],
  ])('enrolled already, in another way: %j', async (argv) => {
    const { exit, err } = await enrol(...argv);
    expect({ exit, err }).toEqual({
      exit: 1,
      err: [expect.stringMatching(/déjà inscrit, autrement : pour P/)],
    });
    expect(await partners()).toBe(PARTNERS);
  });

  test('a badge that OBF does not have is refused, unless it is named', async () => {
    const refused = await enrol('P1', 'P1_PAROL', ...AS_USUAL);
    expect(refused).toMatchObject({
      exit: 1,
      err: [
        "Le badge P1_PAROL n'est pas dans le compte OBF de P1, ou y est encore un brouillon : vouliez-vous dire « P1_PAROLE » ?",
        "Pour l'inscrire quand même, donnez --name.",
      ],
    });
    expect(await partners()).toBe(PARTNERS);
    const { exit, out } = await enrol('P1', 'DRAFT', ...AS_USUAL, '--name', 'À venir');
    expect(exit).toBe(0);
    expect(out[2]).toMatch(/^Attention : Le badge DRAFT n'est pas dans le compte OBF de P1/);
    expect(await partners()).toContain('{ id: DRAFT, name: À venir, competency: communiquer, level: 1 }');
  });

  test('while OBF does not answer: refused without a name', async () => {
    const env = { ...goodEnv(), OBF_BASE_URL: 'http://127.0.0.1:1' };
    const argv = ['partner', 'enrol', 'P1', 'P1_PAROLE', ...AS_USUAL];
    expect(await type(argv, env)).toMatchObject({
      exit: 1,
      err: [expect.stringMatching(/^OBF ne/), expect.anything()],
    });
    expect(await partners()).toBe(PARTNERS);
    const { exit, out } = await type([...argv, '--name', 'Parole'], env);
    expect({ exit, note: out[2] }).toEqual({
      exit: 0,
      note: expect.stringMatching(/^Attention : OBF ne répond/),
    });
  });

  test('without a key neither OBF nor Redis is needed', async () => {
    const argv = ['partner', 'enrol', 'P2', 'B2', ...AS_USUAL];
    const { exit, out } = await type(argv, {});
    expect(exit).toBe(0);
    expect(out.slice(1, 3)).toEqual([
      '  +       - { id: B2, competency: communiquer, level: 1 }',
      "Inscrit sans nom : les personnes liront l'identifiant. Ajoutez « name » à la ligne.",
    ]);
    expect(sandbox.calls).toEqual([]);
  });

  test('a partner who takes no part any more', async () => {
    const { out } = await enrol('P3', 'C', ...AS_USUAL, '--name', 'C');
    expect(out).toContain('P3 ne participe plus (active: false) : le badge ne compte pas.');
    expect(await partners()).toBe(
      `${PARTNERS}    badges:\n      - { id: C, name: C, competency: communiquer, level: 1 }\n`,
    );
  });

  test('a new partner', async () => {
    const env = { ...goodEnv(), OBF_SECRET_P9: 'secret_of_P9' };
    const argv = ['partner', 'enrol', 'P9', 'P9_PAROLE', ...AS_USUAL];
    const nobody = await type(argv, env);
    expect(nobody).toMatchObject({
      exit: 2,
      err: [expect.stringMatching(/inconnu « P9 ».*donnez --partner-name$/)],
    });
    const known = [...argv, '--partner-name', 'CFA', '--secret-env', 'OBF_SECRET_P9'];
    expect(await type(known, env)).toMatchObject({ exit: 0 });
    expect(await partners()).toBe(`${PARTNERS}
  - client_id: P9
    name: CFA
    secret_env: OBF_SECRET_P9
    badges:
      - { id: P9_PAROLE, name: "Oser : l'oral (suite)", competency: communiquer, level: 1 }
`);
    const again = await type(['partner', 'enrol', 'P9', 'X', ...AS_USUAL, '--partner-name', 'CFA'], env);
    expect(again).toMatchObject({
      exit: 2,
      err: [expect.stringMatching(/^P9 est déjà dans partners\.yaml/)],
    });
  });

  test('with a fault in what would come in, nothing is written, and it is told where', async () => {
    const { exit, out, err } = await enrol('P1', 'P1_PAROLE', '--competency', 'comuniquer', '--level', '1');
    expect({ exit, out }).toEqual({ exit: 1, out: [] });
    expect(err).toEqual([
      "Rien n'est écrit : avec ces lignes, les fichiers auraient des fautes.",
      'config/partners.yaml:9:69: compétence inconnue « comuniquer » : vouliez-vous dire « communiquer » ? (connues : communiquer)',
    ]);
    expect(await partners()).toBe(PARTNERS);
  });

  test('a file that has faults already is left alone', async () => {
    await writeFile(join(cwd, 'config/partners.yaml'), `${PARTNERS}    nom: Trois\n`);
    expect(await enrol('P1', 'P1_PAROLE', ...AS_USUAL)).toMatchObject({
      exit: 1,
      err: [expect.stringMatching(/^config\/partners\.yaml:19:5: clé inconnue « nom »/)],
    });
  });

  test.each([
    [['P1', 'X', '--level', '1'], '--competency'],
    [['P1', 'X', '--competency', 'communiquer'], '--level'],
  ])('an option that is missing: %j', async (argv, flag) => {
    const { exit, err } = await enrol(...argv);
    expect({ exit, err }).toEqual({
      exit: 2,
      err: [`Il manque : ${flag}. Aide : npx palier partner enrol --help`],
    });
    expect(await partners()).toBe(PARTNERS);
  });

  test.each([
    [['P2', 'é', ...AS_USUAL], /:15:15: attendu : un identifiant .*« é »$/],
    [
      ['P2', 'X', '--competency', 'communiquer', '--level', 'un'],
      /: attendu : un nombre entier à partir de 1 ; trouvé : « un »$/,
    ],
    [
      ['P2', 'X', ...AS_USUAL, '--from', '2024-02-30'],
      /: attendu : une date du calendrier, .*« 2024-02-30 »$/,
    ],
    [['P2', 'X', ...AS_USUAL, '--replaces', 'B,'], /: attendu : un nom ; trouvé : «  »$/],
    [
      ['P7', 'X', ...AS_USUAL, '--partner-name', 'P', '--secret-env', 'secret_of_P7'],
      /: attendu : le nom d'une variable d'environnement .*jamais le secret lui-même$/,
    ],
  ])('a value that is none is a fault of the line: %j', async (argv, fault) => {
    const { exit, err } = await enrol(...argv);
    expect({ exit, err }).toEqual({
      exit: 1,
      err: [expect.stringMatching(/^Rien n'est écrit/), expect.stringMatching(fault)],
    });
    expect(await partners()).toBe(PARTNERS);
  });

  test('a link is not written through, nor lost', async () => {
    const [link, elsewhere] = [join(cwd, 'config/partners.yaml'), join(cwd, 'elsewhere.yaml')];
    await rename(link, elsewhere);
    await symlink(elsewhere, link);
    expect(await enrol('P1', 'P1_PAROLE', ...AS_USUAL)).toMatchObject({
      exit: 1,
      err: [expect.stringMatching(/^Rien n'est écrit : config\/partners\.yaml est un lien/)],
    });
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(elsewhere, 'utf8')).toBe(PARTNERS);
  });

  test('a file that was saved with CRLF and a byte order mark keeps both', async () => {
    const form = (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`;
    await writeFile(join(cwd, 'config/partners.yaml'), form(PARTNERS));
    expect((await enrol('P1', 'P1_PAROLE', ...AS_USUAL)).out[1]).toBe(`  + ${LINE}`);
    expect(await partners()).toBe(form(WITH_LINE));
  });

  test('the plan of the new files is told where it can be made', async () => {
    const env = { ...goodEnv(), OBF_CLIENT_ID: 'REGION', OBF_CLIENT_SECRET: 'never-used' };
    const argv = ['partner', 'enrol', 'P2', 'B2', ...AS_USUAL, '--name', 'B2'];
    const { exit, out } = await type(argv, env);
    expect(exit).toBe(0);
    expect(out.join('\n')).toMatch(/\n\nRègles : les fichiers, version .*Personnes examinées : 0\./s);
  });

  test('a plan that fails hides no line that was written', async () => {
    const env = { ...goodEnv(), OBF_CLIENT_ID: 'REGION', OBF_CLIENT_SECRET: 'never-used' };
    const openRedis = (): never => {
      throw new TypeError('nobody thought of this');
    };
    const ran = await palier(['partner', 'enrol', 'P2', 'B2', ...AS_USUAL, '--name', 'B2'], {
      cwd,
      env,
      openRedis,
    });
    expect(ran).toMatchObject({ exit: 0, err: [] });
    expect(ran.out.at(-1)).toBe(PLAN);
    expect(await partners()).toContain('id: B2');
  });
});

test('a file that was written meanwhile, or is not there, is not replaced', async () => {
  const path = join(cwd, 'config/partners.yaml');
  const why = async (before: string, at = path): Promise<unknown> =>
    replaceFile(at, 'partners.yaml', before, 'new').catch((error: unknown) => String(error));
  expect(await why('other')).toMatch(/partners\.yaml was just changed/);
  expect(await why('other', join(cwd, 'config/none.yaml'))).toMatch(/cannot be \(ENOENT\)/);
  expect(await partners()).toBe(PARTNERS);
  expect(await why(PARTNERS)).toBeUndefined();
  expect(await partners()).toBe('new');
});
