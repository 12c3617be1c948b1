import { EXIT } from './exit.js';
import type { Localized } from '../shared/words.js';

/** What stops a command, in words for whoever typed it. No address and no secret stands in them. */
export class Problem extends Error {
  constructor(
    /** A stable name, for `--json`. */
    readonly code: string,
    readonly words: readonly Localized[],
    readonly exit: number = EXIT.problem,
    options?: ErrorOptions,
  ) {
    super(words.map(({ en }) => en).join('\n'), options);
    this.name = 'Problem';
  }
}

/** The command was typed wrongly. */
export const wrongUsage = (words: Localized): Problem => new Problem('usage', [words], EXIT.usage);
