import { failuresOf } from '../../failures/failures.js';
import type { Replay } from '../../failures/replay.js';
import type { PageContext } from '../context.js';
import { OpsProblem } from '../http/problem.js';

export interface ProgressModel {
  readonly replay: Replay;
  /** The page is loaded again by itself. */
  readonly moves: boolean;
}

/**
 * Whoever looks at it also sees to it that it goes on, should the process be gone that worked on it.
 * @throws OpsProblem `not_found` for one that there is not, or was a week ago
 */
export async function readProgress({ pipeline, params, query }: PageContext): Promise<ProgressModel> {
  const failures = failuresOf(pipeline);
  failures.goOn();
  const replay = await failures.find(params['replay'] ?? '');
  if (replay === null) throw new OpsProblem('not_found');
  return { replay, moves: replay.endedMs === null && !query.has('fige') };
}
