import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import type { Localized } from '../shared/words.js';
import type { Call, Command, Context } from './context.js';
import { jsonPieces } from './json-lines.js';
import { EXIT, Problem } from './problem.js';
import { type Report, withProgress } from './progress.js';

/** What a command works with, besides what was typed. */
export interface Work {
  readonly context: Context;
  /** Shows how far it is. */
  readonly report: Report;
  /** Aborted by Ctrl-C, where the command is interruptible. */
  readonly signal: AbortSignal;
}

/** What a command prints: lines for people, or one JSON value for a program. */
export interface Answer {
  readonly lines: readonly string[];
  readonly json: unknown;
  readonly exit?: number;
}

interface CommandSpec<Result> extends Pick<Command, 'name' | 'summary' | 'details'> {
  readonly args?: Command['args'];
  readonly options?: Command['options'];
  /** What a terminal shows while it works. */
  readonly progress: Localized | ((call: Call) => Localized);
  /** Ctrl-C aborts `signal`, and the work ends by itself; otherwise it ends the process. */
  readonly interruptible?: boolean;
  /** @throws Problem when something stands in the way */
  readonly work: (call: Call, work: Work) => Promise<Result>;
  readonly answer: (result: Result, call: Call) => Answer;
}

/** A command that works, with a sign of life, and then answers in lines or JSON. */
export function command<Result>(spec: CommandSpec<Result>): Command {
  const { name, summary, details, args = [], options = [], progress, interruptible = false } = spec;
  return {
    name,
    summary,
    details,
    args,
    options,
    run: async (call, context) => {
      const about = typeof progress === 'function' ? progress(call) : progress;
      const run = (signal: AbortSignal): Promise<Result> =>
        withProgress({ ...context, lang: call.lang }, about, (report) =>
          spec.work(call, { context, report, signal }),
        );
      const result = interruptible
        ? await untilInterrupted(context, run)
        : await run(new AbortController().signal);
      return printAnswer(call, context, spec.answer(result, call));
    },
  };
}

/** Prints an answer on standard output. Returns the exit code. */
export function printAnswer(
  { json }: Pick<Call, 'json'>,
  { streams }: Pick<Context, 'streams'>,
  answer: Answer,
): number {
  for (const line of json ? jsonPieces(answer.json) : answer.lines) streams.out(line);
  return answer.exit ?? EXIT.good;
}

/**
 * Does `work`; Ctrl-C aborts its signal, so that it closes what it opened. A second one ends the process.
 * @throws Problem when it was interrupted
 */
export async function untilInterrupted<T>(
  { onInterrupt }: Pick<Context, 'onInterrupt'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const release = onInterrupt(() => stop.abort());
  try {
    return await work(stop.signal);
  } catch (cause) {
    if (!stop.signal.aborted) throw cause;
    throw new Problem('interrupted', [INTERRUPTED], { cause });
  } finally {
    release();
  }
}

const INTERRUPTED = {
  fr: "Interrompu avant la fin. Retapez la commande pour aller jusqu'au bout : rien n'est fait deux fois.",
  en: 'Interrupted before its end. Type the command again to finish: nothing is done twice.',
};

/** What is typed until the end of the line; nothing where the input ends, or `signal` is aborted. */
export async function readLine(input: Readable, signal?: AbortSignal): Promise<string> {
  const reader = createInterface({ input });
  signal?.addEventListener('abort', () => reader.close(), { once: true });
  try {
    for await (const line of reader) return line;
    return '';
  } finally {
    reader.close();
  }
}
