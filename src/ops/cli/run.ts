import { CommanderError } from 'commander';
import { withMarksWritten } from '../../platform/invisible.js';
import { describeError, withoutAddresses } from '../../platform/logger.js';
import type { Lang, Localized } from '../shared/words.js';
import { didYouMean, shownAgain } from './arguments.js';
import type { Command, Context, Streams } from './context.js';
import { EXIT, Problem, wrongUsage } from './problem.js';
import { createProgram, langOf } from './program.js';

/**
 * Runs what was typed.
 * @param argv the arguments after the program's name
 * @returns the exit code, see exit.ts; whatever went wrong has been told
 */
export async function run(
  argv: readonly string[],
  commands: readonly Command[],
  outside: Context,
): Promise<number> {
  const context = { ...outside, streams: withoutTricks(outside.streams) };
  const lang = langOf(argv);
  let exit: number = EXIT.good;
  const program = createProgram(commands, context, lang, (code) => {
    exit = code;
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
  return new Problem('unexpected', [
    { fr: `Erreur inattendue. ${detail}`, en: `Unexpected error. ${detail}` },
  ]);
}

/** On standard error; for a program, as JSON where it looks for the answer. */
function tell(streams: Streams, { code, words }: Problem, lang: Lang, json: boolean): void {
  const messages = words.map((one) => withoutAddresses(one[lang]));
  if (json) streams.out(JSON.stringify({ ok: false, error: { code, messages } }, null, 2));
  else for (const message of messages) streams.err(message);
}

type UsageWords = (what: string, meant: string | null) => Localized;

const unknown =
  (fr: string, en: string): UsageWords =>
  (what, meant) => ({
    fr: `${fr} inconnue « ${what} »${didYouMean(meant).fr}`,
    en: `Unknown ${en} "${what}"${didYouMean(meant).en}`,
  });

/** By commander's stable error codes. */
const USAGE: Readonly<Record<string, UsageWords>> = {
  'commander.unknownCommand': unknown('Commande', 'command'),
  'commander.unknownOption': unknown('Option', 'option'),
  'commander.missingArgument': (what) => ({
    fr: `Il manque : <${what}>`,
    en: `Missing: <${what}>`,
  }),
  'commander.optionMissingArgument': (what) => ({
    fr: `Il manque une valeur à l'option « ${what} »`,
    en: `A value is missing for the option "${what}"`,
  }),
  'commander.invalidArgument': (what) => ({
    fr: `L'option « ${what} » ne prend pas cette valeur`,
    en: `The option "${what}" does not take this value`,
  }),
  'commander.excessArguments': () => ({ fr: "Trop d'arguments", en: 'Too many arguments' }),
  'commander.help': () => ({ fr: 'Il manque une commande', en: 'A command is missing' }),
};

/** What was typed wrongly, from commander's (English) error; what to do next ends it. */
function usageWords({ code, message }: CommanderError): Localized {
  // "error: unknown option '--jsn'\n(Did you mean --json?)"
  const what = shownAgain(/'([^']*)'/.exec(message)?.[1] ?? '');
  const meant = /\(Did you mean (?:one of )?(.+)\?\)/.exec(message)?.[1] ?? null;
  const write = USAGE[code] ?? (() => ({ fr: 'Commande mal tapée', en: 'The command was typed wrongly' }));
  const { fr, en } = write(what, meant);
  return {
    fr: `${ended(fr)} Aide : npx palier --help`,
    en: `${ended(en)} Help: npx palier --lang en --help`,
  };
}

const ended = (sentence: string): string => (sentence.endsWith('?') ? sentence : `${sentence}.`);
