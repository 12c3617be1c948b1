import { EXIT } from './exit.js';
import type { Words } from './words.js';

/** What stops a command, in words for whoever typed it. No address and no secret stands in them. */
export class Problem extends Error {
  constructor(
    /** A stable name, for `--json`. */
    readonly code: string,
    readonly words: readonly Words[],
    readonly exit: number = EXIT.problem,
    options?: ErrorOptions,
  ) {
    super(words.map(({ en }) => en).join('\n'), options);
    this.name = 'Problem';
  }
}

/** The command was typed wrongly. */
export const wrongUsage = (words: Words): Problem => new Problem('usage', [words], EXIT.usage);
