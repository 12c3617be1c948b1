import type { Queue } from 'bullmq';
import type { QueueName } from '../../queue/names.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { connectionOf } from './keys.js';
import { lookAtFailed, type Failure } from './look.js';
import { reasonOf } from './reason.js';
import { queuesOf, type Replay } from './replay.js';
import { sendAgain } from './send-again.js';
import type { TakenAway } from './take-away.js';

/** Jobs looked at in one step, and sent at once. */
const STEP = 200;
const AT_ONCE = 50;

export interface Step {
  readonly replay: Replay;
  readonly taken: readonly TakenAway[];
}

/**
 * One step of a replay. Done twice, it sends nothing twice: what was sent is failed no more, and what
 * failed anew did so after the replay began.
 */
export async function sendSome(queues: Pipeline['queues'], replay: Replay, nowMs: number): Promise<Step> {
  const name = queuesOf(replay)[replay.at.queue];
  if (name === undefined) return { replay: { ...replay, endedMs: nowMs }, taken: [] };
  const { cursor, failures } = await lookAtFailed(queues[name], replay.at.cursor, STEP);
  const meant = failures.flatMap((failure) => {
    const group = reasonOf(failure.reason, name).key;
    return isMeant(replay, failure, group) ? [{ id: failure.id, group }] : [];
  });
  const ends = await sendAll(queues[name], meant);
  const count = (end: End): number => ends.filter((one) => one === end).length;
  return {
    replay: {
      ...replay,
      looked: replay.looked + failures.length,
      sent: replay.sent + count('sent'),
      gone: replay.gone + count('gone'),
      left: replay.left + count('left'),
      at: cursor === '0' ? { queue: replay.at.queue + 1, cursor } : { ...replay.at, cursor },
    },
    taken: takenAway(
      name,
      meant.filter((_, at) => ends[at] !== 'left'),
    ),
  };
}

const isMeant = ({ group, sinceMs, startedMs }: Replay, { failedMs }: Failure, key: string): boolean =>
  failedMs <= startedMs && (sinceMs === null || failedMs >= sinceMs) && (group === null || key === group);

function takenAway(queue: QueueName, sent: readonly { readonly group: string }[]): readonly TakenAway[] {
  const counts = new Map<string, number>();
  for (const { group } of sent) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts].map(([group, count]) => ({ queue, group, count }));
}

/** What became of a job. */
type End = 'sent' | 'gone' | 'left';

/** @throws when Redis does not answer; a job that cannot be sent for itself is left as it is */
async function sendAll(queue: Queue, jobs: readonly { readonly id: string }[]): Promise<readonly End[]> {
  const ends: End[] = [];
  for (let at = 0; at < jobs.length; at += AT_ONCE) {
    const some = jobs.slice(at, at + AT_ONCE);
    const settled = await Promise.allSettled(some.map(({ id }) => sendAgain(queue, id)));
    if (settled.some(({ status }) => status === 'rejected')) await connectionOf(queue).ping();
    ends.push(...settled.map(endOf));
  }
  return ends;
}

function endOf(settled: PromiseSettledResult<boolean>): End {
  if (settled.status === 'rejected') return 'left';
  return settled.value ? 'sent' : 'gone';
}
