import { readFileSync } from 'node:fs';
import { COMMANDS } from '../../src/ops/cli/commands.js';
import { run } from '../../src/ops/cli/run.js';
import type { Command, Context } from '../../src/ops/cli/command.js';
import { jsonOf, palier } from './support/cli.js';

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
      ...COMMANDS.map(({ name, args = {} }) =>
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
  test.each(COMMANDS.map(({ name }) => name))('of %s, with none of the library’s English', async (name) => {
    const { exit, out } = await palier([...name.split(' '), '--help']);
    expect(exit).toBe(0);
    expect(out.join('\n')).toMatch(/^Utilisation : palier .*Codes de sortie : 0/s);
    expect(out.join('\n')).not.toMatch(COMMANDERS_OWN);
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
  [['check', '--jsn'], 'Option inconnue « --jsn » : vouliez-vous dire « --json » ? Aide : npx palier --help'],
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
      const command = COMMANDS.find((one) => words.startsWith(`${one.name} `));
      const own = Object.keys(command?.options ?? {}).map((flag) => flag.split(' ')[0]);
      const flags = [...own, '--json', '--lang', '--help'];
      return command === undefined || (rest.match(/--[a-z-]+/g) ?? []).some((flag) => !flags.includes(flag));
    });
    expect(typed.length).toBeGreaterThan(5);
    expect(unknown.map(([whole]) => whole)).toEqual([]);
  },
);

test('--version', async () => {
  expect(await palier(['--version'])).toEqual({ exit: 0, out: ['1.2.3'], err: [] });
});

test('an error that nobody foresaw exits 1, and shows no address', async () => {
  const fails: Command = {
    name: 'fails',
    help: [{ fr: '', en: '' }],
    run: () => Promise.reject(new Error('cannot find lou@example.org')),
  };
  const err: string[] = [];
  const context = { streams: { err: (line: string) => err.push(line) }, version: '1' } as unknown as Context;
  expect(await run(['fails'], [fails], context)).toBe(1);
  expect(err).toEqual(['Erreur inattendue. Error : cannot find [address]']);
});
