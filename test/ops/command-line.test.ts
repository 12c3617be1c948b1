import { readFileSync } from 'node:fs';
import { COMMANDS, run } from '../../src/ops/cli/run.js';
import { type Command, type CommandContext, readLine, withProgress } from '../../src/ops/cli/command.js';
import { jsonOf, palier, rememberingStreams } from './support/cli.js';
import { parseScheme } from '../../src/rules/parse/parse-scheme.js';
import { loadConfig } from '../../src/config.js';
import { PassThrough, Readable } from 'node:stream';
import { verifyPassword, hashPassword, isPasswordHash } from '../../src/platform/secrets.js';
import { until } from '../support/until.js';
import { scryptSync } from 'node:crypto';
import { readSince } from '../../src/ops/cli/queues.js';
import { durationWords } from '../../src/ops/shared/words.js';

describe('the command line', () => {
  describe('help', () => {
    test('of the program, in French', async () => {
      const { exit, out, err } = await palier(['--help']);
      expect(exit).toBe(0);
      expect(err).toEqual([]);
      expect(out.slice(0, 12)).toEqual([
        'Utilisation : palier [options] <commande>',
        '',
        "L'outil des exploitants de Palier, qui délivre les badges de la Région.",
        '',
        'Options :',
        expect.stringMatching(/^ {2}-V, --version +affiche la version$/),
        expect.stringMatching(/^ {2}--json +répond en JSON, pour un programme$/),
        expect.stringMatching(/^ {2}--lang <langue> +langue des réponses : fr \(par défaut\) ou en$/),
        expect.stringMatching(/^ {2}-h, --help +affiche cette aide$/),
        '',
        'Commandes :',
        expect.stringMatching(/^ {2}check +vérifie la configuration, les règles, Redis et les/),
      ]);
      // A command's line begins two columns in; the rest of what it says stands below its first words.
      const told = out.slice(11).flatMap((line) => /^ {2}(\S.*?)(?: {2,}|$)/.exec(line)?.[1] ?? []);
      expect(told).toEqual([
        ...Object.entries(COMMANDS).map(([name, { args = {} }]) =>
          [name, ...Object.keys(args).map((names) => `<${names.split('|')[0]}>`)].join(' '),
        ),
        'help [commande]',
      ]);
      expect(out.at(-1)).toBe(
        'Codes de sortie : 0, tout va bien ; 1, un problème a été trouvé ; 2, commande mal tapée.',
      );
    });

    const COMMANDERS_OWN =
      /Usage|Options:|Global|Commands:|Arguments:|display|output|\[command\]|default|choices/;
    test.each(Object.keys(COMMANDS))('of %s, with none of the library’s English', async (name) => {
      const { exit, out } = await palier([...name.split(' '), '--help']);
      expect(exit).toBe(0);
      expect(out.join('\n')).toMatch(/^Utilisation : palier .*Codes de sortie : 0/s);
      expect(out.join('\n')).not.toMatch(COMMANDERS_OWN);
    });

    test('has each paragraph in both languages', () => {
      const odd = Object.entries(COMMANDS).filter(([, { help }]) => help.trim().split('\n').length % 2 === 1);
      expect(odd).toEqual([]);
    });

    test('in English when asked, wherever the option stands', async () => {
      const [before, after] = [
        await palier(['--lang', 'en', 'check', '-h']),
        await palier(['check', '-h', '--lang=en']),
      ];
      expect(before.out.join('\n')).toMatch(/^Usage: palier check .*Common options:.*Exit codes: 0/s);
      expect(after.out).toEqual(before.out);
    });
  });

  test.each([
    [[], 'Il manque une commande. Aide : npx palier --help'],
    [['chek'], 'Commande inconnue « chek » : vouliez-vous dire « check » ? Aide : npx palier --help'],
    [
      ['check', '--jsn'],
      'Option inconnue « --jsn » : vouliez-vous dire « --json » ? Aide : npx palier --help',
    ],
    [['keygen', '--zzzzzz'], 'Option inconnue « --zzzzzz ». Aide : npx palier --help'],
    [['explain'], 'Il manque : <adresse>. Aide : npx palier --help'],
    [['explain', 'a@b.fr', 'c@d.fr'], "Trop d'arguments. Aide : npx palier --help"],
    [['keygen', 'x'], "Trop d'arguments. Aide : npx palier --help"],
    [['check', '--lang'], "Il manque une valeur à l'option « --lang <langue> ». Aide : npx palier --help"],
    [
      ['check', '--lang', 'de'],
      "L'option « --lang <langue> » ne prend pas cette valeur. Aide : npx palier --help",
    ],
    [['lou@example.org'], 'Commande inconnue « [address] ». Aide : npx palier --help'],
    [
      ['--lang', 'en', 'chek'],
      'Unknown command "chek": did you mean "check"? Help: npx palier --lang en --help',
    ],
  ])('wrong usage %j exits 2, and says what to do', async (argv, message) => {
    const { exit, err } = await palier(argv);
    expect(exit).toBe(2);
    expect(err.at(-1)).toBe(message);
  });

  test('with --json, what goes wrong is JSON too, where the answer would be', async () => {
    const ran = await palier(['--json', 'chek']);
    expect(ran).toMatchObject({ exit: 2, err: [] });
    expect(jsonOf(ran)).toMatchObject({ ok: false, error: { code: 'usage' } });
  });

  test.each(['README.md', 'docs/operating.md'])(
    '%s names no command and no option that is not there',
    (file) => {
      const typed = [...readFileSync(file, 'utf8').matchAll(/`(?:npx palier )([a-z-]+)([^`]*)`/g)];
      const unknown = typed.filter(([, name, rest = '']) => {
        const words = `${name}${rest} `;
        const [, command] = Object.entries(COMMANDS).find(([own]) => words.startsWith(`${own} `)) ?? [];
        const flagsOf = Object.keys(command?.options ?? {}).map((flag) => flag.split(' ')[0]);
        const flags = [...flagsOf, '--json', '--lang', '--help'];
        return (
          command === undefined || (rest.match(/--[a-z-]+/g) ?? []).some((flag) => !flags.includes(flag))
        );
      });
      expect(typed.length).toBeGreaterThan(5);
      expect(unknown.map(([whole]) => whole)).toEqual([]);
    },
  );

  test('the lines of YAML in README.md are faultless', () => {
    const [partner = '', award = ''] = [
      ...readFileSync('README.md', 'utf8').matchAll(/```yaml\n([^]*?)```/g),
    ].map(([, yaml = '']) => yaml.replaceAll(/^(?=.)/gm, '  '));
    const competencies = 'competencies: { communiquer: { name: C, abilities: { interagir: I } } }';
    // A threshold of three asks for three badges, of two partners.
    const more = ['A', 'B'].map((id) => `      - { id: ${id}, competency: communiquer, level: 1 }`);
    const read = parseScheme(
      {
        scheme: { name: 's', text: `scheme: Essai\n${competencies}\nawards:\n${award}` },
        partners: {
          name: 'p',
          text: `partners:\n${partner}  - client_id: P2\n    badges:\n${more.join('\n')}`,
        },
      },
      'Europe/Paris',
    );
    expect(read).toMatchObject({ ok: true, warnings: [] });
  });

  test('--version', async () => {
    expect(await palier(['--version'])).toEqual({ exit: 0, out: ['1.2.3'], err: [] });
  });

  test('a value like a key that begins with "-" arrives as it was typed', async () => {
    const key = '-'.padEnd(22, 'a');
    const calls: (readonly (string | null | undefined)[])[] = [];
    const probe: Command = {
      help: '',
      args: { key: { fr: '', en: '' } },
      options: { '--error <text>': { fr: '', en: '' } },
      run: ({ args, text }) => Promise.resolve((calls.push([args[0], text('error')]), null)),
    };
    const context = { streams: {}, version: '1' } as unknown as CommandContext;
    expect(await run(['probe', key, '--error', key], context, { probe })).toBe(0);
    expect(calls).toEqual([[key, key]]);
  });

  test('an error that nobody foresaw exits 1, and shows no address', async () => {
    const fails: Command = {
      help: '',
      run: () => Promise.reject(new Error('cannot find lou@example.org')),
    };
    const err: string[] = [];
    const context = {
      streams: { err: (line: string) => err.push(line) },
      version: '1',
    } as unknown as CommandContext;
    expect(await run(['fails'], context, { fails })).toBe(1);
    expect(err).toEqual(['Erreur inattendue. Error : cannot find [address]']);
  });
});

describe('keygen', () => {
  const REST = { REDIS_URL: 'redis://127.0.0.1', OBF_CLIENT_ID: 'a', OBF_CLIENT_SECRET: 'b' };

  test('it writes a key of 32 bytes, or a webhook secret, alone on a line; both load', async () => {
    const [key, webhook] = [await palier(['keygen']), await palier(['keygen', '--webhook'])];
    for (const { exit, err, out } of [key, webhook])
      expect({ exit, err, lines: out.length }).toEqual({ exit: 0, err: [], lines: 1 });
    const config = loadConfig({ ...REST, PALIER_KEY: key.out[0], WEBHOOK_SECRETS: webhook.out[0] });
    expect(config.palierKey).toHaveLength(32);
    expect(config.webhookSecrets).toHaveLength(1);
  });

  test('no two are alike', async () => {
    const [one, other] = [await palier(['keygen']), await palier(['keygen'])];
    expect(one.out).not.toEqual(other.out);
  });

  test.each([
    [[], { PALIER_KEY: expect.stringMatching(/^[\w+/]{43}=$/) as unknown }],
    [['--webhook'], { WEBHOOK_SECRETS: expect.stringMatching(/^whsec_[\w+/]{43}=$/) as unknown }],
  ])('in JSON, by the name of the variable: %j', async (flags, expected) => {
    expect(jsonOf(await palier(['keygen', ...flags, '--json']))).toEqual(expected);
  });

  test('where a key is set already, it warns beside the answer', async () => {
    const { exit, out, err } = await palier(['keygen'], { env: { PALIER_KEY: 'the-old-one' } });
    expect(exit).toBe(0);
    expect(out).toEqual([expect.stringMatching(/^[\w+/]{43}=$/)]);
    expect(err).toEqual([expect.stringMatching(/^Attention : PALIER_KEY est déjà définie/)]);
    expect(err.join('')).not.toContain('the-old-one');
  });
});

describe('hash-password', () => {
  const PASSWORD = 'une phrase de passe';
  const piped = (...chunks: (string | Buffer)[]) => ({
    streams: { stdin: Readable.from(chunks, { objectMode: false }) },
  });

  const accented = Buffer.from('mot de passé');
  test.each([
    ['a line', [`${PASSWORD}\n`], PASSWORD],
    ['a line of Windows', [`${PASSWORD}\r\n`], PASSWORD],
    ['a line without its end, in parts', ['une phrase', ' de passe'], PASSWORD],
    ['the first of two lines', [`${PASSWORD}\nautre chose\n`], PASSWORD],
    ['a character cut in two', [accented.subarray(0, 12), accented.subarray(12)], accented.toString()],
    ['nothing', [], ''],
  ])('the first line of an input: %s', async (_, chunks, line) => {
    expect(await readLine(Readable.from(chunks, { objectMode: false }))).toBe(line);
  });

  describe('piped', () => {
    test('one line makes the hash, and nothing else is written', async () => {
      const { exit, out, err } = await palier(['hash-password'], piped(`${PASSWORD}\n`));
      expect({ exit, err, lines: out.length }).toEqual({ exit: 0, err: [], lines: 1 });
      expect(await verifyPassword(out.join(''), PASSWORD)).toBe(true);
    });

    test('in JSON', async () => {
      expect(jsonOf(await palier(['hash-password', '--json'], piped(PASSWORD)))).toEqual({
        hash: expect.stringMatching(/^scrypt\$/) as unknown,
      });
    });

    test.each([
      ['nothing', '', 'trop court'],
      ['eleven characters', 'abcdefghijk', 'trop court'],
      ['a whole file', 'x'.repeat(5000), 'trop long'],
    ])('%s is refused', async (_, text, why) => {
      const { exit, out, err } = await palier(['hash-password'], piped(text));
      expect({ exit, out }).toEqual({ exit: 1, out: [] });
      expect(err.join('\n')).toContain(why);
    });
  });

  /** Types each text on a terminal once its prompt is there. */
  async function typed(...texts: string[]) {
    const stdin = new PassThrough();
    const { streams, out, err } = rememberingStreams({ stdin, isTty: { stdin: true, stderr: true } });
    const running = palier(['hash-password'], { streams });
    for (const [at, text] of texts.entries()) {
      await until(() => err.filter((line) => line.endsWith(' : ')).length > at, `prompt ${at + 1}`);
      stdin.write(text);
    }
    const { exit } = await running;
    return { exit, out, err };
  }

  describe('on a terminal', () => {
    test('asks twice and shows nothing of what is typed', async () => {
      const { exit, out, err } = await typed(`${PASSWORD}\r`, `${PASSWORD}\r`);
      expect(exit).toBe(0);
      expect(err).toEqual(['Mot de passe : ', '', 'Encore une fois : ', '']);
      expect(out).toHaveLength(1);
      expect(await verifyPassword(out.join(''), PASSWORD)).toBe(true);
    });

    test('corrections count, and two lines pasted at once are two answers', async () => {
      const { exit, out } = await typed(`${PASSWORD}XY\u007F\u007F\r${PASSWORD}\r`);
      expect(exit).toBe(0);
      expect(await verifyPassword(out.join(''), PASSWORD)).toBe(true);
    });

    test.each([
      ['two that differ', [`${PASSWORD}\r`, `${PASSWORD}.\r`], 'Les deux mots de passe diffèrent.'],
      ['Ctrl-C', ['une phr\u0003'], 'Abandonné.'],
      ['Ctrl-D', ['\u0004'], 'Abandonné.'],
    ])('%s: no hash', async (_, texts, message) => {
      const { exit, out, err } = await typed(...texts);
      expect({ exit, out }).toEqual({ exit: 1, out: [] });
      expect(err.at(-1)).toBe(message);
    });
  });
});

describe("a password's hash", () => {
  const PASSWORD = 'une phrase de passe';

  test('a hash lets its own password in, and no other', async () => {
    const hash = await hashPassword(PASSWORD);
    expect(await verifyPassword(hash, PASSWORD)).toBe(true);
    expect(await verifyPassword(hash, `${PASSWORD} `)).toBe(false);
    expect(await verifyPassword(hash, '')).toBe(false);
  });

  test('the same password has another hash each time, of a form that fits into OPS_USERS', async () => {
    const [one, other] = await Promise.all([hashPassword(PASSWORD), hashPassword(PASSWORD)]);
    expect(one).not.toBe(other);
    expect(one).toMatch(/^scrypt\$15\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
  });

  test('a hash made elsewhere, with other costs, is checked under those', async () => {
    const salt = Buffer.from('SodiumChloride16');
    const key = scryptSync('pleaseletmein', salt, 32, { N: 1024, r: 8, p: 2 });
    const hash = `scrypt$10$8$2$${salt.toString('base64url')}$${key.toString('base64url')}`;
    expect(await verifyPassword(hash, 'pleaseletmein')).toBe(true);
  });

  test('accents typed as one character or as two are the same password', async () => {
    const hash = await hashPassword('mot de passé'.normalize('NFC'));
    expect(await verifyPassword(hash, 'mot de passé'.normalize('NFD'))).toBe(true);
  });

  const SALT = 'A'.repeat(22);
  const KEY = 'A'.repeat(43);
  test.each([
    ['empty', ''],
    ['plain text', PASSWORD],
    ['another method', '$2b$12$abcdefghijklmnopqrstuv'],
    ['no cost', `scrypt$0$8$1$${SALT}$${KEY}`],
    ['a cost that would stop the process', `scrypt$30$8$1$${SALT}$${KEY}`],
    ['too many rounds', `scrypt$15$8$99$${SALT}$${KEY}`],
    ['a short key, which something short would match', `scrypt$15$8$3$${SALT}$AA`],
    ['a line after it', `scrypt$15$8$3$${SALT}$${KEY}\nx`],
  ])('a hash of another form lets nobody in: %s', async (_, hash) => {
    expect(isPasswordHash(hash)).toBe(false);
    expect(await verifyPassword(hash, PASSWORD)).toBe(false);
  });
});

describe('progress', () => {
  const ABOUT = { fr: 'Lecture...', en: 'Reading...' };

  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  /** Work that lasts so many milliseconds, and what standard error showed before its end and after. */
  async function shown(ms: number, stderr: boolean) {
    const { streams, err } = rememberingStreams({ isTty: { stdin: false, stderr } });
    let before: string[] = [];
    const work = async (): Promise<string> => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      before = [...err];
      return 'done';
    };
    const running = withProgress({ streams, lang: 'fr' }, ABOUT, work);
    await jest.advanceTimersByTimeAsync(ms);
    expect(await running).toBe('done');
    expect(jest.getTimerCount()).toBe(0);
    return { before, after: err.slice(before.length) };
  }

  test('a terminal shows what takes more than a second, and is clean afterwards', async () => {
    const { before, after } = await shown(1500, true);
    expect(before.length).toBeGreaterThan(2);
    expect(before[0]).toContain('Lecture...');
    expect(after).toEqual(['\r\u001B[2K']);
  });

  test('how far the work is, as soon as that is known', async () => {
    const { streams, err } = rememberingStreams({ isTty: { stdin: false, stderr: true } });
    const running = withProgress({ streams, lang: 'fr' }, ABOUT, async (report) => {
      report(0, 0);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      report(12, 48);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    });
    await jest.advanceTimersByTimeAsync(2100);
    await running;
    expect(err[0]).toMatch(/Lecture\.\.\.$/);
    expect(err.at(-2)).toContain(`Lecture... ${'█'.repeat(5)}${'░'.repeat(15)} 12/48`);
  });

  test.each([
    ['quick work on a terminal', 900, true],
    ['long work without a terminal', 5000, false],
  ])('%s shows nothing', async (_, ms, stderr) => {
    expect(await shown(ms, stderr)).toEqual({ before: [], after: [] });
  });

  test('work that fails leaves the terminal clean, and the failure is its own', async () => {
    const { streams, err } = rememberingStreams({ isTty: { stdin: false, stderr: true } });
    const failing = withProgress({ streams, lang: 'fr' }, ABOUT, async () => {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      throw new Error('no');
    });
    const [outcome] = await Promise.allSettled([failing, jest.advanceTimersByTimeAsync(2000)]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'no' } });
    expect(err.at(-1)).toBe('\r\u001B[2K');
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('instants and durations', () => {
  /** 15 January 2026, 10:00 in Normandie. */
  const NOW_MS = Date.UTC(2026, 0, 15, 9);
  const HOUR_MS = 3_600_000;

  test.each([
    ['30m', NOW_MS - HOUR_MS / 2],
    ['2h', NOW_MS - 2 * HOUR_MS],
    [' 3J ', NOW_MS - 72 * HOUR_MS],
    ['3d', NOW_MS - 72 * HOUR_MS],
    ['0h', NOW_MS],
    ['2026-01-14', Date.UTC(2026, 0, 13, 23)],
    ['2026-01-15T09:30', Date.UTC(2026, 0, 15, 8, 30)],
    ['2026-01-15T08:30Z', Date.UTC(2026, 0, 15, 8, 30)],
    ['2025-07-14', Date.UTC(2025, 6, 13, 22)],
  ])('%j is an instant, in the zone of the scheme', (typed, expected) => {
    expect(readSince(typed, 'Europe/Paris', NOW_MS)).toBe(expected);
  });

  test.each(['', 'h', '2', '2 heures', '-2h', '2026-13-01', '15/01/2026', '2026-01-16', '9999999h'])(
    '%j is none',
    (typed) => {
      expect(() => readSince(typed, 'Europe/Paris', NOW_MS)).toThrow('--since');
    },
  );

  test.each([
    [0, '0 s', '0 s'],
    [-5, '0 s', '0 s'],
    [59.9, '59 s', '59 s'],
    [60, '1 min', '1 min'],
    [3 * 3600 + 12 * 60 + 5, '3 h 12 min', '3 h 12 min'],
    [2 * 86_400 + 5 * 60, '2 j', '2 d'],
    [2 * 86_400 + 5 * 3600, '2 j 5 h', '2 d 5 h'],
  ])('%d s: %s', (seconds, fr, en) => {
    expect(durationWords(seconds)).toEqual({ fr, en });
  });
});
