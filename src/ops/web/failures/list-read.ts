import { namesIn } from '../../failures/about.js';
import { failuresOf } from '../../failures/failures.js';
import { reasonOf, type Reason } from '../../failures/reason.js';
import { REST } from '../../failures/reasons/other.js';
import type { Replay } from '../../failures/replay.js';
import type { CountedGroup } from '../../failures/snapshot-store.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import type { PageContext } from '../context.js';

/** A group with its words. */
export interface ToldGroup extends CountedGroup {
  readonly reason: Reason;
}

/** How old what is shown is. */
export interface Freshness {
  /** Seconds; null: nothing was counted yet. */
  readonly ageS: number | null;
  readonly counting: boolean;
  /** The page is loaded again by itself. */
  readonly moves: boolean;
}

export interface ListModel {
  readonly groups: readonly ToldGroup[];
  readonly total: number;
  readonly freshness: Freshness;
  readonly replays: readonly Replay[];
}

export async function readList(context: PageContext): Promise<ListModel> {
  const failures = failuresOf(context.pipeline);
  failures.goOn();
  const [{ groups, freshness }, replays] = await Promise.all([readGroups(context), failures.recent()]);
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  return { groups, total, freshness, replays };
}

/** What is known of the groups now. */
export async function readGroups({ pipeline, clock, query }: PageContext): Promise<{
  readonly groups: readonly ToldGroup[];
  readonly freshness: Freshness;
}> {
  const { snapshot, counting } = await failuresOf(pipeline).look();
  const groups = (snapshot?.groups ?? []).map((group) => ({ ...group, reason: reasonIn(pipeline, group) }));
  const ageS = snapshot === null ? null : Math.max(0, (clock() - snapshot.takenMs) / 1000);
  return { groups, freshness: { ageS, counting, moves: counting && !query.has('fige') } };
}

function reasonIn({ scheme, region }: Pipeline, { key, sample }: CountedGroup): Reason {
  if (key === REST.key) return REST;
  return reasonOf(sample.reason, sample.queue, namesIn(scheme, region).organisation);
}
