import type { Words } from '../../cli/words.js';

/** A kind of failure in words. */
export interface KnownReason {
  /** @param who the organisation's name, where the reason tells of one */
  readonly happened: (who: string) => Words;
  readonly next: Words;
}

export type ReasonTable = Readonly<Record<string, KnownReason>>;
