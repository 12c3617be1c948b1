import type { Localized } from '../shared/words.js';

/** Exit codes. */
export const EXIT = {
  /** It is done, and nothing is wrong. */
  good: 0,
  /** A problem was found, or stood in the way. */
  problem: 1,
  /** The command was typed wrongly. */
  usage: 2,
} as const;

/** What stops a command, in words for the person who typed it. Holds no address and no secret. */
export class Problem extends Error {
  readonly exit: number;
  constructor(
    /** A stable name, for `--json`. */
    readonly code: string,
    readonly words: readonly Localized[],
    { exit = EXIT.problem, ...options }: ErrorOptions & { readonly exit?: number } = {},
  ) {
    super(words.map(({ en }) => en).join('\n'), options);
    this.name = 'Problem';
    this.exit = exit;
  }
}

/** The command was typed wrongly. */
export const wrongUsage = (words: Localized): Problem => new Problem('usage', [words], { exit: EXIT.usage });
