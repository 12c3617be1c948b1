import { CommanderError } from 'commander';
import { withMarksWritten } from '../../platform/invisible.js';
import { describeError, withoutAddresses } from '../../platform/logger.js';
import type { Command, Context, Streams } from './context.js';
import { EXIT } from './exit.js';
import { Problem, wrongUsage } from './problem.js';
import { createProgram, langOf } from './program.js';
import { usageWords } from './usage-words.js';
import type { Lang } from '../shared/words.js';

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
