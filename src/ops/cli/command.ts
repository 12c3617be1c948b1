import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import type { Config } from '../../config.js';
import type { EarnerKey } from '../../ids.js';
import type { Clock } from '../../platform/clock.js';
import { withoutAddresses } from '../../platform/logger.js';
import type { RedisAddress, RedisConnection } from '../../platform/redis.js';
import type { Vault } from '../../platform/vault.js';
import { didYouMean, nearest, shortList } from '../../rules/parse/messages.js';
import type { Award, Scheme } from '../../rules/types.js';
import type { OnProgress } from '../../scheme/population.js';
import type { Pace } from '../../workers/stores.js';
import { parseEarnerKey, keyOfAddress } from '../shared/browser.js';
import { type Lang, type Localized, say } from '../../localized.js';

export interface Streams {
  /** A line of the result, on standard output. */
  out(line: string): void;
  /** A line about the work, on standard error. */
  err(line: string): void;
  /** Text on standard error without a line end: prompts, and lines that are rewritten. */
  errText(text: string): void;
  readonly stdin: Readable;
  /** Which streams are a terminal, with a person in front of it. */
  readonly isTty: { readonly stdin: boolean; readonly stderr: boolean };
}

/** Everything a command may use; main.ts wires it to the process, tests to stand-ins. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly version: string;
  readonly loadConfig: (env: CommandContext['env']) => Config;
  readonly openRedis: (address: RedisAddress) => RedisConnection;
  /** Prefixes of our Redis keys, and of BullMQ's. */
  readonly dataPrefix: string;
  readonly queuePrefix: string;
  /** Calls `stop` when the process is asked to stop. Returns a function that ends this. */
  readonly onInterrupt: (stop: () => void) => () => void;
  /** Timeouts of one call to Redis or OBF, milliseconds. */
  readonly patienceMs: { readonly redis: number; readonly obf: number };
  /** The pipeline's delays that a test shortens. */
  readonly pace?: Partial<Pace>;
}

/** One typed command, with everything it works with. */
export interface CommandCall extends CommandContext {
  readonly args: readonly string[];
  /** Returns an option's value, by its name in camel case; null: not typed. */
  readonly text: (option: string) => string | null;
  readonly has: (option: string) => boolean;
  readonly lang: Lang;
  readonly json: boolean;
  /** Reports progress; a total of 0 shows no bar. */
  readonly report: OnProgress;
  /** Aborted by Ctrl-C, if the command is interruptible. */
  readonly signal: AbortSignal;
}

/** What a command prints: lines for people (`false`: no line), or one JSON value for programs. */
export interface CommandAnswer {
  readonly lines: readonly (Localized | string | false)[];
  readonly json: unknown;
  /** False: the command found a problem, and exits with 1. */
  readonly ok?: boolean;
}

export interface Command {
  /** A summary, then paragraphs. Each is a line in French, and below it a line in English. */
  readonly help: string;
  /** Each argument's help, by its name; `adresse|email` has a name in each language. */
  readonly args?: Readonly<Record<string, Localized>>;
  /** Each option's help, by its flag and its value's name: `--csv`, `--only <badge|award>`. */
  readonly options?: Readonly<Record<string, Localized>>;
  /** Text beside the spinner while `run` works; absent: `run` shows its own. */
  readonly progress?: Localized;
  /** True: Ctrl-C aborts the call's signal, and `run` stops by itself; otherwise Ctrl-C ends the process. */
  readonly interruptible?: boolean;
  /** Returns null when it has printed everything. @throws CommandProblem when it cannot be done */
  readonly run: (call: CommandCall) => Promise<CommandAnswer | null>;
}

/** Why a command cannot be done, for the operator. It has no address and no secret. */
export class CommandProblem extends Error {
  readonly words: readonly Localized[];
  constructor(
    /** Stable, for `--json`. */
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

/** Makes a problem from a template: the code on the first line, then the words as in `say`. */
export function problem(texts: TemplateStringsArray, ...values: readonly (Localized | string | number)[]) {
  const [code = '', ...lines] = (texts[0] ?? '').split(/\n\s*/);
  return new CommandProblem(code, say([lines.join('\n'), ...texts.slice(1)], ...values));
}

/** A usage error; the exit code is 2. */
export const wrongUsage = (words: Localized): CommandProblem => new CommandProblem('usage', words);

/** Returns typed text that is safe to show: it may be an address by mistake. */
export const textForDisplay = (typed: string): string => withoutAddresses(typed).slice(0, 60);

/** Reports an unknown name, with the nearest and the other known ones. @param more what else to do */
export function unknownName(
  what: Localized,
  typed: string,
  known: readonly string[],
  more: Localized | '' = '',
): CommandProblem {
  const { names, total } = shortList(typed, known);
  const list = names.join(', ') + (total === null ? '' : `... (${total})`);
  const meant = didYouMean(nearest(typed, known));
  return wrongUsage(say`${what} « ${textForDisplay(typed)} »${meant} (connus : ${list})${more}
    ${what} "${textForDisplay(typed)}"${meant} (known: ${list})${more}`);
}

/** Checks a typed word against a list; null: nothing was typed. @throws CommandProblem for another word */
export function requireWord<Word extends string>(
  what: Localized,
  typed: string | null,
  words: readonly Word[],
) {
  const match = words.find((word) => word === typed) ?? null;
  if (match === null && typed !== null) throw unknownName(what, typed, words);
  return match;
}

/** Returns the award with the typed id. @throws CommandProblem when the scheme has none */
export function awardOf({ awards }: Scheme, typed: string): Award {
  const award = awards.find(({ id }) => id === typed);
  if (award !== undefined) return award;
  const known = awards.map(({ id }) => id);
  throw unknownName({ fr: 'Badge Région inconnu', en: 'Unknown award' }, typed, known);
}

export const ADDRESS_ARGUMENT = {
  'adresse|email': { fr: "l'adresse électronique de la personne", en: "the person's e-mail address" },
};

/** An address, or the earner key that reports and the journal show. */
export const EARNER_ARGUMENT = {
  'adresse|email': say`l'adresse électronique de la personne, ou sa clé de 22 caractères (celle que montrent stats et audit)
    the person's e-mail address, or their key of 22 characters (which stats and audit show)`,
};

/** Returns the key of a typed address, and never shows the address. @throws CommandProblem if it is no address */
export function keyOf(vault: Vault, typed = ''): EarnerKey {
  const earner = keyOfAddress(typed, vault);
  if (earner !== null) return earner;
  throw wrongUsage({ fr: "Ce n'est pas une adresse électronique.", en: 'This is no e-mail address.' });
}

/** Returns the key of a typed address, or a typed earner key. @throws CommandProblem when it is neither */
export function parseEarner(vault: Vault, typed = ''): EarnerKey {
  if (typed.includes('@')) return keyOf(vault, typed);
  const key = parseEarnerKey(typed);
  if (key !== null) return key;
  throw wrongUsage(say`Ce n'est ni une adresse électronique, ni la clé de quelqu'un (22 caractères).
    This is neither an e-mail address nor somebody's key (22 characters).`);
}

export const unknownEarner = (): CommandProblem =>
  new CommandProblem('unknown_earner', [
    say`Personne n'est connu à cette adresse, ni sous cette clé : aucun badge d'un partenaire, ni de la Région, n'en a été lu.
      Nobody is known by this address, nor by this key: no badge of a partner, nor of the Région, was read for it.`,
    say`Vérifiez ce que vous avez tapé ; un badge tout juste délivré peut mettre quelques minutes à être lu.
      Check what you typed; a badge that was issued just now may take some minutes to be read.`,
  ]);

/** Shorter work shows no spinner. */
const QUIET_MS = 1000;
const FRAME_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const ERASE_LINE = '\r\u001B[2K';
const BAR_WIDTH = 20;

/** Runs `work`; after a second, a terminal shows a spinner, and a bar once `work` reports. */
export async function withProgress<T>(
  { streams, lang }: Pick<CommandCall, 'streams' | 'lang'>,
  about: Localized,
  work: (report: OnProgress) => Promise<T>,
): Promise<T> {
  if (!streams.isTty.stderr) return work(() => undefined);
  const startedMs = performance.now();
  let [framesShown, bar] = [0, ''];
  const timer = setInterval(() => {
    if (performance.now() - startedMs < QUIET_MS) return;
    streams.errText(`${ERASE_LINE}${FRAMES[framesShown % FRAMES.length] ?? ''} ${about[lang]}${bar}`);
    framesShown += 1;
  }, FRAME_MS);
  try {
    return await work((done, total) => {
      bar = barOf(done, total);
    });
  } finally {
    clearInterval(timer);
    if (framesShown > 0) streams.errText(ERASE_LINE);
  }
}

function barOf(done: number, total: number): string {
  if (total === 0) return '';
  const full = Math.round((Math.min(done, total) / total) * BAR_WIDTH);
  return ` ${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${done}/${total}`;
}

/** Reads one line; '' at the end of the input or after an abort. */
export async function readLine(input: Readable, signal?: AbortSignal): Promise<string> {
  const reader = createInterface({ input, signal });
  try {
    for await (const line of reader) return line;
    return '';
  } finally {
    reader.close();
  }
}

/**
 * Asks a question at the terminal, and reads one line; Ctrl-C is an empty answer.
 * @throws CommandProblem `not_confirmed`, with the words of `otherwise`, unless the answer is right
 */
export async function requireAnswer(
  { streams, lang, signal }: CommandCall,
  question: Localized,
  isRight: (answer: string) => boolean,
  otherwise: Localized,
): Promise<void> {
  streams.errText(question[lang]);
  if (!isRight(await readLine(streams.stdin, signal))) throw new CommandProblem('not_confirmed', otherwise);
}
