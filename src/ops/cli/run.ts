import { Command as Commander, CommanderError, Help, InvalidArgumentError } from 'commander';
import { escapeFormatMarks } from '../../platform/invisible.js';
import { describeError, withoutAddresses } from '../../platform/logger.js';
import { type Lang, LANGS, type Localized, say } from '../../localized.js';
import { didYouMean } from '../../rules/parse/messages.js';
import { apply } from './scheme/apply.js';
import { audit } from './audit.js';
import { check } from './check/check.js';
import { earnerErase, earnerExport, earnerShow } from './person/earner.js';
import { explain } from './person/explain.js';
import { hashPasswordCommand, keygen, rekey } from './keys.js';
import { link, parcoursSend, unblock, unlink } from './person/change.js';
import { partnerBadges } from './scheme/partner-badges.js';
import { partnerEnrol } from './scheme/partner-enrol.js';
import { pause, replay, resume } from './queues.js';
import { plan, simulate } from './scheme/plan.js';
import { reconcile } from './reconcile.js';
import { stats } from './stats.js';
import {
  type CommandCall,
  type Command,
  type CommandContext,
  CommandProblem,
  wrongUsage,
  withProgress,
  textForDisplay,
} from './command.js';

/** All commands by the words that are typed, in the order of the help. The first of two words is a group. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  check,
  explain,
  stats,
  audit,
  reconcile,
  replay,
  pause,
  resume,
  unblock,
  link,
  unlink,
  'earner show': earnerShow,
  'earner export': earnerExport,
  'earner erase': earnerErase,
  'parcours send': parcoursSend,
  plan,
  simulate,
  apply,
  'partner badges': partnerBadges,
  'partner enrol': partnerEnrol,
  keygen,
  rekey,
  'hash-password': hashPasswordCommand,
};

/**
 * Runs the typed command, and prints its answer or its problem.
 * @param argv the arguments after the program's name
 * @returns the exit code; every problem has been printed
 */
export async function run(
  argv: readonly string[],
  processContext: CommandContext,
  commands: Readonly<Record<string, Command>> = COMMANDS,
): Promise<number> {
  const context = { ...processContext, streams: withMarksVisible(processContext.streams) };
  const lang = langOf(argv);
  let exit = 0;
  const program = createProgram(context, lang);
  for (const [name, command] of Object.entries(commands)) {
    const sub = addCommand(program, name, command, lang);
    sub.action(async () => {
      exit = await runCommand(command, { ...context, ...typedIn(program, sub), lang });
    });
  }
  program.helpCommand(HELP.helpCommandUsage[lang], HELP.helpCommand[lang]);
  try {
    await program.parseAsync(argv.map(asArgument), { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { code, words } = problemOf(error);
    const messages = words.map((one) => withoutAddresses(one[lang]));
    // Programs read standard output.
    if (argv.includes('--json'))
      context.streams.out(JSON.stringify({ ok: false, error: { code, messages } }, null, 2));
    else for (const message of messages) context.streams.err(message);
    return code === 'usage' ? 2 : 1;
  }
}

/** An earner key may begin with "-". With a space before it, commander sees no option; `asTyped` drops the space. */
const asArgument = (typed: string): string => typed.replace(/^-[\w-]{21}$/, ' $&');
const asTyped = (argument: string): string => argument.replace(/^ (?=-[\w-]{21}$)/, '');

/** Returns the language of `--lang`; French without one, or for an unknown one, which parsing then refuses. */
function langOf(argv: readonly string[]): Lang {
  const at = argv.findLastIndex((arg) => arg === '--lang' || arg.startsWith('--lang='));
  const typed = argv[at] === '--lang' ? argv[at + 1] : argv[at]?.slice('--lang='.length);
  return LANGS.find((lang) => lang === typed) ?? 'fr';
}

/** Runs one command, and prints its answer. @returns the exit code */
async function runCommand(command: Command, typed: Omit<CommandCall, 'report' | 'signal'>): Promise<number> {
  const { streams, lang, json } = typed;
  const stop = new AbortController();
  const release = command.interruptible === true ? typed.onInterrupt(() => stop.abort()) : () => undefined;
  try {
    const call: CommandCall = { ...typed, signal: stop.signal, report: () => undefined };
    const answer = await (command.progress === undefined
      ? command.run(call)
      : withProgress(call, command.progress, (report) => command.run({ ...call, report })));
    if (answer === null) return 0;
    if (json) streams.out(JSON.stringify(answer.json, null, 2));
    else
      for (const line of answer.lines)
        if (line !== false) streams.out(typeof line === 'string' ? line : line[lang]);
    return answer.ok === false ? 1 : 0;
  } catch (cause) {
    throw stop.signal.aborted ? new CommandProblem('interrupted', INTERRUPTED, { cause }) : cause;
  } finally {
    release();
  }
}

const INTERRUPTED = say`Interrompu avant la fin. Retapez la commande pour aller jusqu'au bout : rien n'est fait deux fois.
  Interrupted before its end. Type the command again to finish: nothing is done twice.`;

/** Escapes marks that change the direction of text: other people chose the names. JSON keeps its meaning. */
const withMarksVisible = (streams: CommandContext['streams']): CommandContext['streams'] => ({
  ...streams,
  out: (line) => streams.out(escapeFormatMarks(line)),
  err: (line) => streams.err(escapeFormatMarks(line)),
  errText: (text) => streams.errText(escapeFormatMarks(text)),
});

function problemOf(error: unknown): CommandProblem {
  if (error instanceof CommandProblem) return error;
  if (error instanceof CommanderError) return wrongUsage(usageWords(error));
  const { type, message } = describeError(error);
  const detail = `${String(type)} : ${String(message)}`;
  return new CommandProblem('unexpected', {
    fr: `Erreur inattendue. ${detail}`,
    en: `Unexpected error. ${detail}`,
  });
}

const USAGE: Readonly<Record<string, (what: string, meant: Localized) => Localized>> = {
  'commander.unknownCommand': (what, meant) => say`Commande inconnue « ${what} »${meant}
    Unknown command "${what}"${meant}`,
  'commander.unknownOption': (what, meant) => say`Option inconnue « ${what} »${meant}
    Unknown option "${what}"${meant}`,
  'commander.missingArgument': (what) => say`Il manque : <${what}>
    Missing: <${what}>`,
  'commander.optionMissingArgument': (what) => say`Il manque une valeur à l'option « ${what} »
    A value is missing for the option "${what}"`,
  'commander.invalidArgument': (what) => say`L'option « ${what} » ne prend pas cette valeur
    The option "${what}" does not take this value`,
  'commander.excessArguments': () => ({ fr: "Trop d'arguments", en: 'Too many arguments' }),
  'commander.help': () => ({ fr: 'Il manque une commande', en: 'A command is missing' }),
};

/** Translates commander's English error, and adds where the help is. */
function usageWords({ code, message }: CommanderError): Localized {
  // "error: unknown option '--jsn'\n(Did you mean --json?)"
  const what = textForDisplay(/'([^']*)'/.exec(message)?.[1] ?? '');
  const meant = /\(Did you mean (?:one of )?(.+)\?\)/.exec(message)?.[1] ?? null;
  const write = USAGE[code] ?? (() => ({ fr: 'Commande mal tapée', en: 'The command was typed wrongly' }));
  const { fr, en } = write(what, didYouMean(meant));
  return say`${ended(fr)} Aide : npx palier --help
    ${ended(en)} Help: npx palier --lang en --help`;
}

const ended = (sentence: string): string => (sentence.endsWith('?') ? sentence : `${sentence}.`);

const HELP_WIDTH = 90;

function typedIn(program: Commander, sub: Commander): Pick<CommandCall, 'args' | 'text' | 'has' | 'json'> {
  const flags: Readonly<Record<string, unknown>> = sub.opts();
  const text = (name: string): string | null => {
    const value = flags[name];
    return typeof value === 'string' ? asTyped(value) : null;
  };
  const json = program.getOptionValue('json') === true;
  return { args: sub.args.map(asTyped), text, has: (name) => flags[name] === true, json };
}

/** Creates a program that throws a CommanderError for a usage error; `run` prints it in the reader's language. */
function createProgram({ streams, version }: CommandContext, lang: Lang): Commander {
  return new Commander('palier')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.out(text.replace(/\n$/, '')),
      writeErr: (text) => streams.err(text.replace(/\n$/, '')),
      outputError: () => {},
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
    })
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: termOf,
      // Only for the help: commander seeks the word nearest to a wrong one in the same list.
      formatHelp: (command, helper) =>
        help.formatHelp(command, Object.assign(new Help(), helper, { visibleCommands: leaves })),
      styleTitle: (title) => HELP.titles[title]?.[lang] ?? title,
    })
    .helpOption('-h, --help', HELP.help[lang])
    .addHelpText('afterAll', `\n${HELP.exitCodes[lang]}`)
    .usage(HELP.usage[lang])
    .description(HELP.about[lang])
    .version(version, '-V, --version', HELP.version[lang])
    .option('--json', HELP.json[lang])
    .option(`--lang <${HELP.langValue[lang]}>`, HELP.lang[lang], (typed) => {
      if (!LANGS.some((one) => one === typed)) throw new InvalidArgumentError('');
    });
}

/** Adds a command with its help. The first of two words becomes a group, which does nothing by itself. */
function addCommand(program: Commander, name: string, command: Command, lang: Lang): Commander {
  const { help: helpText, args, options } = command;
  const paragraphs = helpText.trim().split(/\n\s*/);
  const [summary = '', ...more] = paragraphs.filter((_, at) => at % 2 === LANGS.indexOf(lang));
  const inLang = (names: string): string => names.replace(/([^<]+)\|([^>]+)/, lang === 'fr' ? '$1' : '$2');
  const words = name.split(' ');
  const last = words.pop() ?? '';
  let parent = program;
  for (const word of words)
    parent =
      parent.commands.find((one) => one.name() === word) ??
      parent.command(word).helpCommand(false).usage(HELP.usage[lang]);
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const sub = parent
    .command(last)
    .summary(summary)
    .description([sentence, ...more].join('\n\n'));
  for (const [names, about] of Object.entries(args ?? {})) sub.argument(`<${inLang(names)}>`, about[lang]);
  for (const [flags, about] of Object.entries(options ?? {})) sub.option(inLang(flags), about[lang]);
  return sub;
}

const help = new Help();

/** Lists the commands in each group instead of the group. */
const leaves = (command: Commander): Commander[] =>
  help.visibleCommands(command).flatMap((sub) => (sub.commands.length > 0 ? leaves(sub) : [sub]));

/** Returns a command's line in the list, without `[options]`: `partner badges <client_id>`. */
function termOf(command: Commander): string {
  const outer = command.parent?.parent ? `${command.parent.name()} ` : '';
  return outer + help.subcommandTerm(command).replace(' [options]', '');
}

/** Words of commander and of every help page, in both languages. */
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
