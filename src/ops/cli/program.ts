import { Argument, Command as Commander, Help, InvalidArgumentError } from 'commander';
import { type Lang, LANGS, type Localized, say } from '../shared/words.js';
import { type Call, type Command, type Context } from './command.js';

const HELP_WIDTH = 90;

/** The language asked for; French when none is, or one that we do not speak (which parsing then refuses). */
export function langOf(argv: readonly string[]): Lang {
  const at = argv.findLastIndex((arg) => arg === '--lang' || arg.startsWith('--lang='));
  const asked = argv[at] === '--lang' ? argv[at + 1] : argv[at]?.slice('--lang='.length);
  return LANGS.find((lang) => lang === asked) ?? 'fr';
}

/** What was typed of a command. */
export type Typed = Pick<Call, 'args' | 'text' | 'has' | 'json'>;

/**
 * The command line as commander sees it. Parsing it runs the command that was typed, and throws a
 * CommanderError for whatever else was typed.
 */
export function createProgram(
  commands: readonly Command[],
  { streams, version }: Pick<Context, 'streams' | 'version'>,
  lang: Lang,
  act: (command: Command, typed: Typed) => Promise<void>,
): Commander {
  const program = new Commander('palier')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.out(withoutEnd(text)),
      writeErr: (text) => streams.err(withoutEnd(text)),
      // Told by run.ts, in the reader's language.
      outputError: () => {},
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: termOf,
      // For the list alone: what was probably meant by an unknown word is looked for among the words there.
      formatHelp: (told, helper) =>
        help.formatHelp(told, Object.assign(new Help(), helper, { visibleCommands: leaves })),
      styleTitle: (title) => HELP.titles[title]?.[lang] ?? title,
    })
    .helpOption('-h, --help', HELP.help[lang])
    .addHelpText('afterAll', `\n${HELP.exitCodes[lang]}`)
    .usage(HELP.usage[lang])
    .description(HELP.about[lang])
    .version(version, '-V, --version', HELP.version[lang])
    .option('--json', HELP.json[lang])
    .option(`--lang <${HELP.langValue[lang]}>`, HELP.lang[lang], readLang);
  for (const command of commands) {
    const sub = describe(addTo(program, command.name.split(' '), lang), command, lang);
    sub.action(async () => {
      const flags: Readonly<Record<string, unknown>> = sub.opts();
      const text = (name: string): string | null => {
        const value = flags[name];
        return typeof value === 'string' ? value : null;
      };
      const { json = false } = program.opts<{ json?: boolean }>();
      await act(command, { args: sub.args, text, has: (name) => flags[name] === true, json });
    });
  }
  return program.helpCommand(HELP.helpCommandUsage[lang], HELP.helpCommand[lang]);
}

function readLang(text: string): Lang {
  const lang = LANGS.find((one) => one === text);
  if (lang === undefined) throw new InvalidArgumentError('');
  return lang;
}

/** Adds a command; the first of its several words is a group, which does nothing by itself. */
function addTo(parent: Commander, [word = '', ...rest]: readonly string[], lang: Lang): Commander {
  if (rest.length === 0) return parent.command(word);
  const known = parent.commands.find((one) => one.name() === word);
  return addTo(known ?? parent.command(word).helpCommand(false).usage(HELP.usage[lang]), rest, lang);
}

/** What its help says. */
function describe(
  sub: Commander,
  { help: [summary, ...more], args, options }: Command,
  lang: Lang,
): Commander {
  const own = (names: string): string => names.replace(/([^<]+)\|([^>]+)/, lang === 'fr' ? '$1' : '$2');
  const argNames = Object.keys(args ?? {}).map((names) => `<${own(names)}>`);
  sub
    .usage(['[options]', ...argNames].join(' '))
    .summary(summary[lang])
    .description([capitalised(`${summary[lang]}.`), ...more.map((text) => text[lang])].join('\n\n'));
  for (const [flags, about] of Object.entries(options ?? {})) sub.option(own(flags), about[lang]);
  for (const [at, about] of Object.values(args ?? {}).entries())
    sub.addArgument(new Argument(argNames[at] ?? '', about[lang]));
  return sub;
}

const help = new Help();

/** A group is told by the commands in it. */
const leaves = (command: Commander): Commander[] =>
  help.visibleCommands(command).flatMap((sub) => (sub.commands.length > 0 ? leaves(sub) : [sub]));

/** `partner badges <client_id>`; that there are options, its own help says. */
const termOf = (command: Commander): string =>
  [...outerWords(command), help.subcommandTerm(command).replace(' [options]', '')].join(' ');

/** The words before a command's last one, without the program's own name. */
const outerWords = ({ parent }: Commander): readonly string[] =>
  parent === null || parent.parent === null ? [] : [...outerWords(parent), parent.name()];

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const withoutEnd = (text: string): string => text.replace(/\n$/, '');

/** Commander's own words, and those of every help, in both languages. */
const HELP = {
  usage: { fr: '[options] <commande>', en: '[options] <command>' },
  about: say`L'outil des exploitants de Palier, qui délivre les badges de la Région.
    The operators' tool of Palier, which gives the Région's badges.`,
  version: { fr: 'affiche la version', en: 'shows the version' },
  help: { fr: 'affiche cette aide', en: 'shows this help' },
  helpCommandUsage: { fr: 'help [commande]', en: 'help [command]' },
  helpCommand: { fr: "affiche l'aide d'une commande", en: 'shows the help of a command' },
  json: { fr: 'répond en JSON, pour un programme', en: 'answers in JSON, for a program' },
  langValue: { fr: 'langue', en: 'language' },
  lang: say`langue des réponses : fr (par défaut) ou en
    language of the answers: fr (default) or en`,
  exitCodes: say`Codes de sortie : 0, tout va bien ; 1, un problème a été trouvé ; 2, commande mal tapée.
    Exit codes: 0, all is well; 1, a problem was found; 2, the command was typed wrongly.`,
  titles: {
    'Usage:': { fr: 'Utilisation :', en: 'Usage:' },
    'Arguments:': { fr: 'Arguments :', en: 'Arguments:' },
    'Options:': { fr: 'Options :', en: 'Options:' },
    'Global Options:': { fr: 'Options communes :', en: 'Common options:' },
    'Commands:': { fr: 'Commandes :', en: 'Commands:' },
  } as Readonly<Record<string, Localized>>,
} as const;
