import { type PopulationStats, thresholdOf } from '../../../rules/population-stats.js';
import type { MadePlan } from '../../../scheme/make-plan.js';
import { planJson } from '../plan/json.js';
import type { Told } from '../json-lines.js';
import type { SimulateJson } from './schema.js';

/** A simulation as `--json` prints it. @param floor of OBF's quota */
export const simulateJson = (
  made: MadePlan & { readonly census: PopulationStats },
  floor: number,
): Told<SimulateJson> => ({
  ...planJson(made, floor),
  standings: made.rules.scheme.awards.flatMap(({ id, rule }) => {
    const census = made.census.byAward.get(id);
    if (census === undefined) return [];
    const { status, atCount, oneAway } = census;
    return [
      { award: id, threshold: thresholdOf(rule), at_count: [...atCount], one_away: oneAway, ...status },
    ];
  }),
});
