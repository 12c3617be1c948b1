import { CommanderError } from 'commander';
import { withMarksWritten } from '../../platform/invisible.js';
import { describeError, withoutAddresses } from '../../platform/logger.js';
import { type Lang, type Localized, say } from '../shared/words.js';
import { didYouMean, shownAgain } from './arguments.js';
import { createProgram, langOf } from './program.js';
import { untilInterrupted, withProgress } from './terminal.js';
import { type Call, type Command, type Context, EXIT, Problem, type Streams, wrongUsage } from './command.js';

/**
 * Runs what was typed.
 * @param argv the arguments after the program's name
 * @returns the exit code, whatever went wrong has been told
 */
export async function run(
  argv: readonly string[],
  commands: readonly Command[],
  outside: Context,
): Promise<number> {
  const context = { ...outside, streams: withoutTricks(outside.streams) };
  const lang = langOf(argv);
  let exit: number = EXIT.good;
  const program = createProgram(commands, context, lang, async (command, typed) => {
    const idle = { report: () => undefined, signal: new AbortController().signal };
    exit = await runCommand(command, { ...context, ...typed, ...idle, lang });
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.good;
    const problem = problemOf(error);
    tell(context.streams, problem, lang, argv.includes('--json'));
    return problem.exit;
  }
}

/** Runs one command, and prints its answer. @returns the exit code */
async function runCommand({ progress, interruptible, run: work }: Command, call: Call): Promise<number> {
  const { streams, lang, json } = call;
  const about = typeof progress === 'function' ? progress(call) : progress;
  const shown = (signal: AbortSignal) =>
    about === undefined
      ? work({ ...call, signal })
      : withProgress(call, about, (report) => work({ ...call, signal, report }));
  const answer = interruptible === true ? await untilInterrupted(call, shown) : await shown(call.signal);
  if (answer === null) return EXIT.good;
  if (json) streams.out(JSON.stringify(answer.json, null, 2));
  else for (const line of answer.lines) streams.out(typeof line === 'string' ? line : line[lang]);
  return answer.exit ?? EXIT.good;
}

/** Names that others chose could turn a terminal's line around. Written out, JSON says the same with them. */
const withoutTricks = (streams: Streams): Streams => ({
  ...streams,
  out: (line) => streams.out(withMarksWritten(line)),
  err: (line) => streams.err(withMarksWritten(line)),
  errText: (text) => streams.errText(withMarksWritten(text)),
});

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof CommanderError) return wrongUsage(usageWords(error));
  const { type, message } = describeError(error);
  const detail = `${String(type)} : ${String(message)}`;
  return new Problem('unexpected', { fr: `Erreur inattendue. ${detail}`, en: `Unexpected error. ${detail}` });
}

/** On standard error; for a program, as JSON where it looks for the answer. */
function tell(streams: Streams, { code, words }: Problem, lang: Lang, json: boolean): void {
  const messages = words.map((one) => withoutAddresses(one[lang]));
  if (json) streams.out(JSON.stringify({ ok: false, error: { code, messages } }, null, 2));
  else for (const message of messages) streams.err(message);
}

/** By commander's stable error codes. */
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

/** What was typed wrongly, from commander's (English) error; what to do next ends it. */
function usageWords({ code, message }: CommanderError): Localized {
  // "error: unknown option '--jsn'\n(Did you mean --json?)"
  const what = shownAgain(/'([^']*)'/.exec(message)?.[1] ?? '');
  const meant = /\(Did you mean (?:one of )?(.+)\?\)/.exec(message)?.[1] ?? null;
  const write = USAGE[code] ?? (() => ({ fr: 'Commande mal tapée', en: 'The command was typed wrongly' }));
  const { fr, en } = write(what, didYouMean(meant));
  return say`${ended(fr)} Aide : npx palier --help
    ${ended(en)} Help: npx palier --lang en --help`;
}

const ended = (sentence: string): string => (sentence.endsWith('?') ? sentence : `${sentence}.`);
