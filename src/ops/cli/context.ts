import type { Readable } from 'node:stream';
import type { Config } from '../../config.js';
import type { Clock } from '../../platform/clock.js';
import type { RedisAddress, RedisConnection } from '../../platform/redis.js';
import type { Pace } from '../../workers/stores.js';
import type { Lang, Localized } from '../shared/words.js';

/** Where a command reads and writes. */
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
  /** What relative paths start from. */
  readonly cwd: string;
  readonly streams: Streams;
  readonly clock: Clock;
  /** Palier's own version. */
  readonly version: string;
  /** @throws ConfigFaults */
  readonly loadConfig: (env: Context['env']) => Config;
  /** Whoever opens it closes it. */
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

/** One command as it was typed. */
export interface Call {
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
  readonly lang: Lang;
  readonly json: boolean;
}

/** A command of `npx palier`: what its help says, and what it does. */
export interface Command {
  /** As it is typed; `partner badges` is a command of two words. */
  readonly name: string;
  readonly summary: Localized;
  /** Paragraphs of its help. */
  readonly details: readonly Localized[];
  readonly args: readonly { readonly name: Localized; readonly about: Localized }[];
  /** `value`: what follows the flag, if anything does. */
  readonly options: readonly {
    readonly flag: string;
    readonly value?: Localized;
    readonly about: Localized;
  }[];
  /**
   * Resolves with the exit code.
   * @throws Problem when something stands in the way
   */
  run(call: Call, context: Context): Promise<number>;
}
