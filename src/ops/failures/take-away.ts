import type { QueueName } from '../../queue/names.js';
import type { RedisConnection } from '../../platform/redis.js';
import type { FailureKeys } from './keys.js';

/** So many of a group, of one queue, are not failed any more. */
export interface TakenAway {
  readonly queue: QueueName;
  readonly group: string;
  readonly count: number;
}

/** A field of the counts. */
export const countField = (queue: QueueName, group: string): string => `${queue} ${group}`;

/** As a script takes it: field and number, in turn. */
export const fieldsOf = (taken: readonly TakenAway[]): readonly (string | number)[] =>
  taken.flatMap(({ queue, group, count }) => [countField(queue, group), count]);

/** Part of a script. KEYS[1]: the counts, KEYS[2]: their generation. */
export const TAKE_AWAY_FROM = (first: number): string => `
for i = ${first}, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 and redis.call('HINCRBY', KEYS[1], ARGV[i], -ARGV[i + 1]) <= 0 then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
redis.call('INCR', KEYS[2])
return 1`;

const TAKE_AWAY = TAKE_AWAY_FROM(1);

/** What was sent again is seen to be gone at once, in every process: counting anew may take a while. */
export async function takeAway(
  redis: RedisConnection,
  { counts, generation }: FailureKeys,
  taken: readonly TakenAway[],
): Promise<void> {
  await redis.eval(TAKE_AWAY, 2, counts, generation, ...fieldsOf(taken));
}
