import { z } from 'zod';
import type { RedisConnection } from '../../platform/redis.js';
import { QUEUES } from '../../queue/names.js';
import type { FailureKeys } from './keys.js';
import { sizeOf, type Group, type JobRef } from './tally.js';
import { countField } from './take-away.js';

/** A group as it was counted, less what was sent again since. */
export interface CountedGroup extends Omit<Group, 'newest'> {
  readonly count: number;
  /** How many of them are known by name. */
  readonly listed: number;
}

/** The failed jobs of all queues, counted some time ago, by whichever process. */
export interface Snapshot {
  /** Unix milliseconds. */
  readonly takenMs: number;
  /** How long it took, milliseconds. */
  readonly tookMs: number;
  /** What the queues looked like when it was begun. */
  readonly signature: string;
  readonly generation: number;
  /** The largest first; none is empty. */
  readonly groups: readonly CountedGroup[];
}

export type NewSnapshot = Omit<Snapshot, 'groups'> & { readonly groups: readonly Group[] };

/** The names of jobs hold keys of people: they go soon when nobody looks. */
const KEPT_S = 600;

const aboutForm = z.object({
  takenMs: z.number(),
  tookMs: z.number(),
  signature: z.string(),
  generation: z.number(),
  groups: z.array(
    z.object({
      key: z.string(),
      queue: z.enum(QUEUES),
      reason: z.string(),
      firstMs: z.number(),
      lastMs: z.number(),
      listed: z.number(),
    }),
  ),
});
type StoredGroup = z.infer<typeof aboutForm>['groups'][number];

const refForm = z.tuple([z.enum(QUEUES), z.string()]);

/** Null: there is none, or one of another version. */
export async function readSnapshot(redis: RedisConnection, keys: FailureKeys): Promise<Snapshot | null> {
  const [text, counts] = await Promise.all([redis.get(keys.about), redis.hgetall(keys.counts)]);
  const about = aboutForm.safeParse(text === null ? null : JSON.parse(text)).data;
  if (about === undefined) return null;
  const groups = about.groups.map((group) => counted(group, counts)).filter(({ count }) => count > 0);
  return { ...about, groups: groups.toSorted((a, b) => b.count - a.count) };
}

function counted(
  { key, queue, reason, ...rest }: StoredGroup,
  fields: Readonly<Record<string, string>>,
): CountedGroup {
  const counts = new Map(
    QUEUES.flatMap((name) => {
      const count = Number(fields[countField(name, key)] ?? 0);
      return count > 0 ? [[name, count] as const] : [];
    }),
  );
  return { ...rest, key, sample: { queue, reason }, counts, count: sizeOf({ counts }) };
}

/** In one step: whoever reads meanwhile sees the one before. */
export async function saveSnapshot(
  redis: RedisConnection,
  keys: FailureKeys,
  { groups, ...about }: NewSnapshot,
): Promise<void> {
  const stored = groups.map(({ key, sample, firstMs, lastMs, newest }): StoredGroup => ({
    key,
    ...sample,
    firstMs,
    lastMs,
    listed: newest.length,
  }));
  const counts = groups.flatMap(({ key, counts: of }) =>
    [...of].map(([queue, count]) => [countField(queue, key), count] as const),
  );
  const steps = redis.multi().set(keys.about, JSON.stringify({ ...about, groups: stored }), 'EX', KEPT_S);
  steps.del(keys.counts);
  if (counts.length > 0) steps.hset(keys.counts, Object.fromEntries(counts)).expire(keys.counts, KEPT_S);
  for (const { key, newest } of groups) {
    const refs = newest.map(({ queue, id }) => JSON.stringify([queue, id] satisfies z.infer<typeof refForm>));
    steps
      .del(keys.newest(key))
      .rpush(keys.newest(key), ...refs)
      .expire(keys.newest(key), KEPT_S);
  }
  await steps.exec();
}

/** Some of the jobs of a group that are known by name, newest first; some may not be failed any more. */
export async function newestOf(
  redis: RedisConnection,
  keys: FailureKeys,
  group: string,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<readonly JobRef[]> {
  const texts = await redis.lrange(keys.newest(group), from, from + count - 1);
  return texts.map((text) => {
    const [queue, id] = refForm.parse(JSON.parse(text));
    return { queue, id };
  });
}
