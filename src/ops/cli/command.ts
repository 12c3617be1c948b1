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
import { keyIn, keyOfAddress } from '../shared/browser.js';
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
  readonly progress?: Localized;
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

/** What was typed, as it may be shown again: it may be an address by mistake. */
export const shownAgain = (typed: string): string => withoutAddresses(typed).slice(0, 60);

/** An unknown name, the nearest known one, and the others. @param more what else can be done about it */
export function unknownName(
  what: Localized,
  typed: string,
  known: readonly string[],
  more: Localized | '' = '',
): CommandProblem {
  const { names, total } = shortList(typed, known);
  const list = names.join(', ') + (total === null ? '' : `... (${total})`);
  const meant = didYouMean(nearest(typed, known));
  return wrongUsage(say`${what} « ${shownAgain(typed)} »${meant} (connus : ${list})${more}
    ${what} "${shownAgain(typed)}"${meant} (known: ${list})${more}`);
}

/** The one of these words that was typed; null: none was. @throws CommandProblem for another */
export function wordOf<Word extends string>(what: Localized, typed: string | null, words: readonly Word[]) {
  const found = words.find((word) => word === typed) ?? null;
  if (found === null && typed !== null) throw unknownName(what, typed, words);
  return found;
}

/** The award that was typed. @throws CommandProblem for one that the scheme does not have */
export function awardOf({ awards }: Scheme, typed: string): Award {
  const found = awards.find(({ id }) => id === typed);
  if (found !== undefined) return found;
  const known = awards.map(({ id }) => id);
  throw unknownName({ fr: 'Badge Région inconnu', en: 'Unknown award' }, typed, known);
}

export const ADDRESS_ARGUMENT = {
  'adresse|email': { fr: "l'adresse électronique de la personne", en: "the person's e-mail address" },
};

/** The same, or the earner key that reports and the journal show. */
export const EARNER_ARGUMENT = {
  'adresse|email': say`l'adresse électronique de la personne, ou sa clé de 22 caractères (celle que montrent stats et audit)
    the person's e-mail address, or their key of 22 characters (which stats and audit show)`,
};

/** The key of an address. What was typed is not shown again. @throws CommandProblem for what is none */
export function keyOf(vault: Vault, typed = ''): EarnerKey {
  const earner = keyOfAddress(typed, vault);
  if (earner !== null) return earner;
  throw wrongUsage({ fr: "Ce n'est pas une adresse électronique.", en: 'This is no e-mail address.' });
}

/** The key of an address, or an earner key. @throws CommandProblem when it is neither */
export function earnerOf(vault: Vault, typed = ''): EarnerKey {
  if (typed.includes('@')) return keyOf(vault, typed);
  const key = keyIn(typed);
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
  const reader = createInterface({ input, signal });
  try {
    for await (const line of reader) return line;
    return '';
  } finally {
    reader.close();
  }
}

/**
 * Asks at the terminal, until the end of the line; Ctrl-C is no answer.
 * @throws CommandProblem `not_confirmed`, with the words of `otherwise`, for an answer that is not right
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
