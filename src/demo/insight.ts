import type { DemoBadge, DemoPartner } from './stage/environment.js';

/** The demo's scheme, as far as the story needs it. */
export interface DemoScheme {
  readonly partners: readonly DemoPartner[];
  /** The Région's own. */
  readonly regionBadges: readonly DemoBadge[];
}

/** How many jobs are waiting or under way. */
export interface Work {
  /** Notices to read, earners to decide. */
  readonly deciding: number;
  /** Awards to gather and to issue. */
  readonly issuing: number;
  /** What Palier gave up, each with its reason. */
  readonly failed: readonly string[];
}

/** How far somebody is on the way to a badge of the Région. */
export interface Progress {
  readonly have: number;
  readonly need: number;
}

/** How somebody stands with a badge of the Région, in French. */
export interface Standing {
  readonly held: boolean;
  /** What earned it: partners' badges, or badges of the Région. */
  readonly earnedBy: readonly string[];
  /** What is missing; empty when nothing is. */
  readonly lacking: string;
  /** Each badge that does not count, and why. */
  readonly leftOut: readonly string[];
}

/** A look into the running Palier, through the same Redis and the same rules. It changes nothing. */
export interface Insight {
  work(): Promise<Work>;
  progress(email: string, badgeId: string): Promise<Progress>;
  standing(email: string, badgeId: string): Promise<Standing>;
}
