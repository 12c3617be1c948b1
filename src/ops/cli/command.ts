import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import type { Config } from '../../config.js';
import type { Clock } from '../../platform/clock.js';
import type { RedisAddress, RedisConnection } from '../../platform/redis.js';
import type { OnProgress } from '../../scheme/population.js';
import type { Pace } from '../../workers/stores.js';
import { type Lang, type Localized, say } from '../../localized.js';

export interface Streams {
  /** A line of the result, on standard output. */
  out(line: string): void;
  /** A line about the work, on standard error. */
  err(line: string): void;
  /** The same without an end of line: prompts, and lines that are rewritten. */
  errText(text: string): void;
  readonly stdin: Readable;
  /** Which of them is a terminal, with somebody in front of it. */
  readonly isTty: { readonly stdin: boolean; readonly stderr: boolean };
}

/** All that a command may touch; main.ts wires it to the process, tests to their own. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly version: string;
  readonly loadConfig: (env: Context['env']) => Config;
  readonly openRedis: (address: RedisAddress) => RedisConnection;
  /** Of our keys in Redis, and of BullMQ's. */
  readonly dataPrefix: string;
  readonly queuePrefix: string;
  /** Has `stop` called when the process is asked to stop; call what is returned when that no longer matters. */
  readonly onInterrupt: (stop: () => void) => () => void;
  /** How long one call of Redis or of OBF may take before it counts as unanswered, milliseconds. */
  readonly patienceMs: { readonly redis: number; readonly obf: number };
  /** Of the pipeline's own times, those that a test shortens. */
  readonly pace?: Partial<Pace>;
}

/** One command as it was typed, and what it works with. */
export interface CommandCall extends Context {
  readonly args: readonly string[];
  /** What was typed after an option, by its name in camel case; null: nothing. */
  readonly text: (option: string) => string | null;
  readonly has: (option: string) => boolean;
  readonly lang: Lang;
  readonly json: boolean;
  /** Tells how far the work is; a total of 0 is no progress to speak of. */
  readonly report: OnProgress;
  /** Aborted by Ctrl-C, where the command is interruptible. */
  readonly signal: AbortSignal;
}

/** What a command prints: lines for people, or one JSON value for a program. False: no line. */
export interface CommandAnswer {
  readonly lines: readonly (Localized | string | false)[];
  readonly json: unknown;
  /** False: a problem was found, and the exit code is 1. */
  readonly ok?: boolean;
}

export interface Command {
  /** What it does, in a few words, then more of it: each paragraph a line in French and, below it, one in English. */
  readonly help: string;
  /** What each is, by its name; `adresse|email` has a name in each language. */
  readonly args?: Readonly<Record<string, Localized>>;
  /** What each does, by its flag and its value's name: `--csv`, `--only <badge|award>`. */
  readonly options?: Readonly<Record<string, Localized>>;
  /** What a terminal shows while `run` works; absent: `run` shows it itself. */
  readonly progress?: Localized | ((call: CommandCall) => Localized);
  /** Ctrl-C aborts the call's signal, and the work ends by itself; otherwise it ends the process. */
  readonly interruptible?: boolean;
  /** Null: all is printed already. @throws CommandProblem when it cannot be done */
  readonly run: (call: CommandCall) => Promise<CommandAnswer | null>;
}

/** What stops a command, in words for the person who typed it. Holds no address and no secret. */
export class CommandProblem extends Error {
  readonly words: readonly Localized[];
  constructor(
    /** A stable name, for `--json`. */
    readonly code: string,
    words: Localized | readonly Localized[],
    options?: ErrorOptions,
  ) {
    const all = [words].flat();
    super(all.map(({ en }) => en).join('\n'), options);
    this.name = 'Problem';
    this.words = all;
  }
}

/** A problem: its code on the first line of the template, then its words as `say` has them. */
export function problem(texts: TemplateStringsArray, ...values: readonly (Localized | string | number)[]) {
  const [code = '', ...lines] = (texts[0] ?? '').split(/\n\s*/);
  return new CommandProblem(code, say([lines.join('\n'), ...texts.slice(1)], ...values));
}

/** The command was typed wrongly: the exit code is 2. */
export const wrongUsage = (words: Localized): CommandProblem => new CommandProblem('usage', words);

/** What is quicker needs no sign of life. */
const QUIET_MS = 1000;
const FRAME_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const ERASE_LINE = '\r\u001B[2K';
const BAR_WIDTH = 20;

/** Does `work`; after a second, a terminal shows that it is still being done, and how far it is. */
export async function withProgress<T>(
  { streams, lang }: Pick<CommandCall, 'streams' | 'lang'>,
  about: Localized,
  work: (report: OnProgress) => Promise<T>,
): Promise<T> {
  if (!streams.isTty.stderr) return work(() => undefined);
  const startedMs = performance.now();
  let [turns, bar] = [0, ''];
  const timer = setInterval(() => {
    if (performance.now() - startedMs < QUIET_MS) return;
    streams.errText(`${ERASE_LINE}${FRAMES[turns % FRAMES.length] ?? ''} ${about[lang]}${bar}`);
    turns += 1;
  }, FRAME_MS);
  try {
    return await work((done, total) => {
      bar = barOf(done, total);
    });
  } finally {
    clearInterval(timer);
    if (turns > 0) streams.errText(ERASE_LINE);
  }
}

function barOf(done: number, total: number): string {
  if (total === 0) return '';
  const full = Math.round((Math.min(done, total) / total) * BAR_WIDTH);
  return ` ${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${done}/${total}`;
}

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
