import type { AwardId } from '../ids.js';
import type { Scheme } from './types.js';

/**
 * The files were changed, and the change is not in force yet: what is new is judged by the new rules, the
 * people who were there before wait for `palier apply`.
 */
export interface Change {
  /** The rules in force; null when they can no longer be read: nothing is due by them then. */
  readonly inForce: Scheme | null;
  /** Awards of the new rules that were put into force already (`apply --only`). */
  readonly released: ReadonlySet<AwardId>;
  /** Grows with every change; people of whom something new was stored since carry it. */
  readonly generation: number;
  /** When the new files were first started with, Unix seconds. */
  readonly sinceS: number;
}

/** The rules at this instant, the same for every process. */
export interface Rules {
  /** What new facts are judged by: the files that a process was started with last, or that were applied. */
  readonly scheme: Scheme;
  /** Null: the same rules are in force for everybody. */
  readonly change: Change | null;
}
