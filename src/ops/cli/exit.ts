/** What a command answers to whoever called it. */
export const EXIT = {
  /** It is done, and nothing is wrong. */
  good: 0,
  /** A problem was found, or stood in the way. */
  problem: 1,
  /** The command was typed wrongly. */
  usage: 2,
} as const;
