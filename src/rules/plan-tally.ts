import type { AwardId, BadgeId, EarnerKey, SchemeVersion } from '../ids.js';
import type { Rules } from './change.js';
import type { Planned, PlanKind } from './plan.js';
import { EarnerKeys } from './earner-keys.js';
import type { Award } from './types.js';

/** What the plan makes of one award, for everybody. */
export interface AwardPlan {
  readonly award: Award;
  /** It is in the rules in force, and not in the new ones: whoever holds it keeps it. */
  readonly removed: boolean;
  /** All are counted; of how many the keys are kept is said by whoever asks for the plan. */
  readonly gains: EarnerKeys;
  /** They hold it, no longer qualify, and keep it. */
  readonly losesRule: EarnerKeys;
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
  /** Everybody who gains something: whom `apply` has to look at. Here, too, all are counted, and those kept who were asked for. */
  readonly gainers: EarnerKeys;
  /** In the order of the rules; then those that are removed. */
  readonly awards: readonly AwardPlan[];
}

/** Of how many people a plan keeps the keys; the others are counted. */
export interface PlanKeeps {
  /** Of each award: who gains it, and who loses its rule. */
  readonly perAward: number;
  /** Of everybody who gains something. */
  readonly gainers: number;
}
const ALL: PlanKeeps = { perAward: Infinity, gainers: Infinity };

/** Adds up what is planned for each person. */
export interface PlanTally {
  add(earner: EarnerKey, planned: readonly Planned[]): void;
  plan(): Plan;
}

type Counters = Record<Exclude<PlanKind, 'gains' | 'loses_rule'>, number> & {
  readonly gains: EarnerKeys;
  readonly loses_rule: EarnerKeys;
};

const nobody = (most: number): Counters => ({
  gains: new EarnerKeys(most),
  loses_rule: new EarnerKeys(most),
  under_way: 0,
  refused: 0,
  blocked: 0,
  inactive: 0,
});

export function startPlan(
  { scheme, change }: Rules,
  only: AwardId | null = null,
  keeps: PlanKeeps = ALL,
): PlanTally {
  const own = new Set(scheme.awards.map(({ badgeId }) => badgeId));
  const removed = (change?.inForce?.awards ?? []).filter(({ badgeId }) => !own.has(badgeId));
  const counters = new Map<BadgeId, Counters>();
  for (const { badgeId } of [...scheme.awards, ...removed]) counters.set(badgeId, nobody(keeps.perAward));
  const gainers = new EarnerKeys(keeps.gainers);
  let people = 0;
  return {
    add(earner, planned) {
      people += 1;
      if (planned.some(({ kind }) => kind === 'gains')) gainers.add(earner);
      for (const { award, kind } of planned) {
        const counter = counters.get(award.badgeId);
        if (counter === undefined) continue;
        if (kind === 'gains' || kind === 'loses_rule') counter[kind].add(earner);
        else counter[kind] += 1;
      }
    },
    plan: () => ({
      version: scheme.version,
      only,
      people,
      gainers,
      awards: [
        ...scheme.awards.map((award) => planOf(award, false, counters.get(award.badgeId))),
        ...removed.map((award) => planOf(award, true, counters.get(award.badgeId))),
      ],
    }),
  };
}

function planOf(award: Award, removed: boolean, counters: Counters = nobody(0)): AwardPlan {
  return {
    award,
    removed,
    gains: counters.gains,
    losesRule: counters.loses_rule,
    underWay: counters.under_way,
    refused: counters.refused,
    blocked: counters.blocked,
    inactive: counters.inactive,
  };
}

/** Whether nobody gains anything, and nobody stops qualifying. */
export const changesNobody = ({ awards }: Plan): boolean =>
  awards.every(({ gains, losesRule }) => gains.length + losesRule.length === 0);
