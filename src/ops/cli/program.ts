import { Argument, Command as Commander, Help, InvalidArgumentError } from 'commander';
import { type Lang, LANGS, type Localized } from '../shared/words.js';
import type { Call, Command, Context } from './context.js';

const HELP_WIDTH = 90;

/** The language asked for; French when none is, or one that we do not speak (which parsing then refuses). */
export function langOf(argv: readonly string[]): Lang {
  const at = argv.findLastIndex((arg) => arg === '--lang' || arg.startsWith('--lang='));
  const asked = argv[at] === '--lang' ? argv[at + 1] : argv[at]?.slice('--lang='.length);
  return LANGS.find((lang) => lang === asked) ?? 'fr';
}

/**
 * The command line as commander sees it. Parsing it runs the command that was typed, and throws a
 * CommanderError for whatever else was typed.
 * @param done told the exit code of the command that ran
 */
export function createProgram(
  commands: readonly Command[],
  context: Context,
  lang: Lang,
  done: (exit: number) => void,
): Commander {
  const program = prepared(new Commander('palier'), context, lang)
    .usage(HELP.programUsage[lang])
    .description(HELP.about[lang])
    .version(context.version, '-V, --version', HELP.version[lang])
    .helpCommand(HELP.helpCommandUsage[lang], HELP.helpCommand[lang])
    .option('--json', HELP.json[lang])
    .option(`--lang <${HELP.langValue[lang]}>`, HELP.lang[lang], readLang);
  for (const command of commands) {
    const words = command.name.split(' ');
    const act: Act = async (args, flags) => {
      const { json = false } = program.opts<{ json?: boolean }>();
      done(await command.run({ args, flags, lang, json }, context));
    };
    groupOf(words.slice(0, -1), program, context, lang).addCommand(
      subcommand(command, words.at(-1) ?? '', context, lang, act),
    );
  }
  return program;
}

/** What a command of several words stands in: `partner`, for `partner badges`; it does nothing by itself. */
function groupOf(words: readonly string[], program: Commander, context: Context, lang: Lang): Commander {
  return words.reduce((parent, word) => {
    const known = parent.commands.find((one) => one.name() === word);
    if (known !== undefined) return known;
    const group = prepared(new Commander(word), context, lang).helpCommand(false);
    parent.addCommand(group.usage(HELP.programUsage[lang]));
    return group;
  }, program);
}

function readLang(text: string): Lang {
  const lang = LANGS.find((one) => one === text);
  if (lang === undefined) throw new InvalidArgumentError('');
  return lang;
}

type Act = (args: Call['args'], flags: Call['flags']) => Promise<void>;

function subcommand(command: Command, name: string, context: Context, lang: Lang, act: Act): Commander {
  const { summary, details, args, options } = command;
  const argNames = args.map((arg) => `<${arg.name[lang]}>`);
  const sub = prepared(new Commander(name), context, lang)
    .usage([HELP.optionsUsage[lang], ...argNames].join(' '))
    .summary(summary[lang])
    .description([capitalised(`${summary[lang]}.`), ...details.map((text) => text[lang])].join('\n\n'))
    .allowExcessArguments(false);
  for (const { flag, value, about } of options)
    sub.option(value === undefined ? flag : `${flag} <${value[lang]}>`, about[lang]);
  for (const [at, { about }] of args.entries())
    sub.addArgument(new Argument(argNames[at] ?? '', about[lang]));
  return sub.action(async () => act(sub.args, sub.opts()));
}

/** What every command of ours has: our streams and words, and errors thrown instead of an exit. */
function prepared(command: Commander, { streams }: Context, lang: Lang): Commander {
  return command
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
    .addHelpText('after', `\n${HELP.exitCodes[lang]}`);
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
  programUsage: { fr: '[options] <commande>', en: '[options] <command>' },
  optionsUsage: { fr: '[options]', en: '[options]' },
  about: {
    fr: "L'outil des exploitants de Palier, qui délivre les badges de la Région.",
    en: "The operators' tool of Palier, which gives the Région's badges.",
  },
  version: { fr: 'affiche la version', en: 'shows the version' },
  help: { fr: 'affiche cette aide', en: 'shows this help' },
  helpCommandUsage: { fr: 'help [commande]', en: 'help [command]' },
  helpCommand: { fr: "affiche l'aide d'une commande", en: 'shows the help of a command' },
  json: { fr: 'répond en JSON, pour un programme', en: 'answers in JSON, for a program' },
  langValue: { fr: 'langue', en: 'language' },
  lang: {
    fr: 'langue des réponses : fr (par défaut) ou en',
    en: 'language of the answers: fr (default) or en',
  },
  exitCodes: {
    fr: 'Codes de sortie : 0, tout va bien ; 1, un problème a été trouvé ; 2, commande mal tapée.',
    en: 'Exit codes: 0, all is well; 1, a problem was found; 2, the command was typed wrongly.',
  },
  titles: {
    'Usage:': { fr: 'Utilisation :', en: 'Usage:' },
    'Arguments:': { fr: 'Arguments :', en: 'Arguments:' },
    'Options:': { fr: 'Options :', en: 'Options:' },
    'Global Options:': { fr: 'Options communes :', en: 'Common options:' },
    'Commands:': { fr: 'Commandes :', en: 'Commands:' },
  } as Readonly<Record<string, Localized>>,
} as const;
