import type { Words } from '../../cli/words.js';

/** A reason that is known by what it says. */
export interface KnownReason {
  readonly key: string;
  /** Of the reason as it is shown. Its first group, if it has one, is the OBF client that it is about. */
  readonly is: RegExp;
  /** @param who the organisation's name, where the reason tells of one */
  readonly happened: (who: string) => Words;
  readonly next: Words;
}
