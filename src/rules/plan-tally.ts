import type { AwardId, BadgeId, EarnerKey, SchemeVersion } from '../ids.js';
import type { Rules } from './change.js';
import type { Planned, PlanKind } from './plan.js';
import type { Award } from './types.js';

/** What the plan makes of one award, for everybody. */
export interface AwardPlan {
  readonly award: Award;
  /** It is in the rules in force, and not in the new ones: whoever holds it keeps it. */
  readonly removed: boolean;
  /** Sorted; as are the next. */
  readonly gains: readonly EarnerKey[];
  /** They hold it, no longer qualify, and keep it. */
  readonly losesRule: readonly EarnerKey[];
  readonly underWay: number;
  readonly refused: number;
  readonly blocked: number;
  readonly inactive: number;
}

/** What becomes of everybody when rules are put into force. */
export interface Plan {
  /** Of the rules that are to be in force. */
  readonly version: SchemeVersion;
  /** The award that is put into force alone; null: all of them. */
  readonly only: AwardId | null;
  /** How many people were looked at. */
  readonly people: number;
  /** In the order of the rules; then those that are removed. */
  readonly awards: readonly AwardPlan[];
}

/** Adds up what is planned for each person. */
export interface PlanTally {
  add(earner: EarnerKey, planned: readonly Planned[]): void;
  plan(): Plan;
}

type Counters = Record<Exclude<PlanKind, 'gains' | 'loses_rule'>, number> & {
  readonly gains: EarnerKey[];
  readonly loses_rule: EarnerKey[];
};

export function startPlan({ scheme, change }: Rules, only: AwardId | null = null): PlanTally {
  const own = new Set(scheme.awards.map(({ badgeId }) => badgeId));
  const removed = (change?.inForce?.awards ?? []).filter(({ badgeId }) => !own.has(badgeId));
  const counters = new Map<BadgeId, Counters>();
  for (const { badgeId } of [...scheme.awards, ...removed])
    counters.set(badgeId, { gains: [], loses_rule: [], under_way: 0, refused: 0, blocked: 0, inactive: 0 });
  let people = 0;
  return {
    add(earner, planned) {
      people += 1;
      for (const { award, kind } of planned) {
        const counter = counters.get(award.badgeId);
        if (counter === undefined) continue;
        if (kind === 'gains' || kind === 'loses_rule') counter[kind].push(earner);
        else counter[kind] += 1;
      }
    },
    plan: () => ({
      version: scheme.version,
      only,
      people,
      awards: [
        ...scheme.awards.map((award) => planOf(award, false, counters.get(award.badgeId))),
        ...removed.map((award) => planOf(award, true, counters.get(award.badgeId))),
      ],
    }),
  };
}

const sorted = (keys: readonly EarnerKey[] = []): readonly EarnerKey[] => keys.toSorted();

function planOf(award: Award, removed: boolean, counters: Counters | undefined): AwardPlan {
  return {
    award,
    removed,
    gains: sorted(counters?.gains),
    losesRule: sorted(counters?.loses_rule),
    underWay: counters?.under_way ?? 0,
    refused: counters?.refused ?? 0,
    blocked: counters?.blocked ?? 0,
    inactive: counters?.inactive ?? 0,
  };
}

/** Everybody who gains something, each once, sorted: whom `apply` has to look at. */
export const gainersOf = ({ awards }: Plan): readonly EarnerKey[] =>
  [...new Set(awards.flatMap(({ gains }) => gains))].toSorted();

/** Whether nobody gains anything, and nobody stops qualifying. */
export const changesNobody = ({ awards }: Plan): boolean =>
  awards.every(({ gains, losesRule }) => gains.length + losesRule.length === 0);
