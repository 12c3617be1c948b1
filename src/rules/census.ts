import type { AwardId, SchemeVersion } from '../ids.js';
import { countedTowards } from './census-count.js';
import { oneBadgeAway } from './one-away.js';
import type { Scheme } from './types.js';
import type { AwardStatus, Evaluation } from './verdict.js';

/** How everybody stands with one award. */
export interface AwardCensus {
  /** How many people by status: they add up to everybody. */
  readonly status: Readonly<Record<AwardStatus, number>>;
  /** How many people have 0, 1, 2... of what the rule counts (see `countedTowards`); they add up to everybody. */
  readonly atCount: readonly number[];
  /** To how many people one more badge would give it. */
  readonly oneAway: number;
}

/** Everybody, counted by one scheme at one instant. */
export interface Census {
  readonly version: SchemeVersion;
  readonly people: number;
  /** In the scheme's order. */
  readonly byAward: ReadonlyMap<AwardId, AwardCensus>;
}

/** Counts people, one evaluation at a time. */
export interface CensusTally {
  /** @param evaluation under the tally's scheme, at the same instant as the others */
  add(evaluation: Evaluation): void;
  census(): Census;
}

interface Counters {
  readonly status: Record<AwardStatus, number>;
  readonly atCount: number[];
  oneAway: number;
}

const nobody = (): Counters => ({
  status: { held: 0, due: 0, not_met: 0, inactive: 0, blocked: 0 },
  atCount: [],
  oneAway: 0,
});

export function startCensus(scheme: Scheme): CensusTally {
  const counters = new Map(scheme.awards.map(({ id }) => [id, nobody()] as const));
  let people = 0;
  return {
    add(evaluation) {
      people += 1;
      const near = oneBadgeAway(scheme, evaluation);
      for (const { award, status, tree } of evaluation.awards) {
        const counter = counters.get(award.id);
        if (counter === undefined) continue;
        counter.status[status] += 1;
        raise(counter.atCount, countedTowards(tree).have, 1);
        if (near.has(award.id)) counter.oneAway += 1;
      }
    },
    census: () => ({ version: scheme.version, people, byAward: counters }),
  };
}

/** A number that nobody is at is 0, not a hole. */
function raise(atCount: number[], count: number, by: number): void {
  while (atCount.length <= count) atCount.push(0);
  atCount[count] = (atCount[count] ?? 0) + by;
}

/** Two parts of everybody as one, counted by one scheme. */
export function mergeCensuses(a: Census, b: Census): Census {
  const byAward = new Map<AwardId, AwardCensus>();
  for (const [id, one] of [...a.byAward, ...b.byAward]) {
    const known = byAward.get(id);
    byAward.set(id, known === undefined ? one : mergeAwards(known, one));
  }
  return { version: a.version, people: a.people + b.people, byAward };
}

function mergeAwards(a: AwardCensus, b: AwardCensus): AwardCensus {
  const atCount = [...a.atCount];
  for (const [count, people] of b.atCount.entries()) raise(atCount, count, people);
  const sum = (status: AwardStatus): number => a.status[status] + b.status[status];
  return {
    status: {
      held: sum('held'),
      due: sum('due'),
      not_met: sum('not_met'),
      inactive: sum('inactive'),
      blocked: sum('blocked'),
    },
    atCount,
    oneAway: a.oneAway + b.oneAway,
  };
}
