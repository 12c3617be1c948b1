import type { AssertionId, AwardId, BadgeId, EventId, SchemeVersion } from '../ids.js';

/** What the account says of how an award came to be held. */
export interface AwardHistory {
  /** When it was given, Unix seconds; in words, the badge's own date in OBF is told. */
  readonly sinceS: number;
  /** Null: by hand in OBF, or our note of it is gone. */
  readonly version: SchemeVersion | null;
  readonly by: 'palier' | 'hand';
  /** The assertions that counted then; they may count no more. */
  readonly earnedBy: readonly AssertionId[];
  readonly event: EventId | null;
}

/** What is known of one person besides the portfolio, for an explanation. */
export interface Background {
  /** Of the awards held, by badge. */
  readonly history: ReadonlyMap<BadgeId, AwardHistory>;
  /** Due by the changed rules alone: they wait for `palier apply`. */
  readonly waiting: ReadonlySet<AwardId>;
  /** A human is to look at these, since when (Unix seconds). */
  readonly flagged: ReadonlyMap<BadgeId, number>;
}
