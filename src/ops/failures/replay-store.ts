import { randomBytes } from 'node:crypto';
import type { RedisConnection } from '../../platform/redis.js';
import type { FailureKeys } from './keys.js';
import { LOCK_MS } from '../../platform/lock.js';
import { replayForm, type Asked, type Replay } from './replay.js';
import { fieldsOf, TAKE_AWAY_FROM, type TakenAway } from './take-away.js';

/** The replays of all web processes. */
export interface ReplayStore {
  begin(asked: Asked, by: string, toLookAt: number, nowMs: number): Promise<Replay>;
  find(id: string): Promise<Replay | null>;
  /** The one to go on with; null: all are done. */
  underWay(): Promise<Replay | null>;
  isUnderWay(): Promise<boolean>;
  /** Newest first. */
  recent(): Promise<readonly Replay[]>;
  /**
   * Keeps how far it is, and takes what was sent out of the counts.
   * @returns false: whoever holds `token` does not hold the lock any more, and nothing was kept
   */
  save(token: string, replay: Replay, sent: readonly TakenAway[]): Promise<boolean>;
}

const KEPT_S = 7 * 24 * 3600;
const RECENT = 5;

/**
 * KEYS: counts, generation, lock, replay, those under way. ARGV: token, the replay, how long it is kept (s),
 * how long the lock is (ms), its id, '1' when it is done, then what is taken away.
 */
const SAVE = `
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[3], ARGV[4])
redis.call('SET', KEYS[4], ARGV[2], 'EX', ARGV[3])
if ARGV[6] == '1' then redis.call('LREM', KEYS[5], 0, ARGV[5]) end
${TAKE_AWAY_FROM(7)}`;

export function createReplayStore(redis: RedisConnection, keys: FailureKeys): ReplayStore {
  const find = (id: string): Promise<Replay | null> => findReplay(redis, keys, id);
  return {
    begin: (asked, by, toLookAt, nowMs) => beginReplay(redis, keys, begun(asked, by, toLookAt, nowMs)),
    find,
    async underWay() {
      for (;;) {
        const id = await redis.lindex(keys.underWay, 0);
        const replay = id === null ? null : await find(id);
        if (id === null || replay !== null) return replay;
        // Nobody went on with it for a week.
        await redis.lrem(keys.underWay, 0, id);
      }
    },
    isUnderWay: async () => (await redis.llen(keys.underWay)) > 0,
    async recent() {
      const ids = await redis.lrange(keys.replays, 0, RECENT - 1);
      return (await Promise.all(ids.map(find))).filter((replay) => replay !== null);
    },
    async save(token, replay, sent) {
      const { counts, generation, sending, underWay } = keys;
      const ended = replay.endedMs === null ? '0' : '1';
      const names = [counts, generation, sending, keys.replay(replay.id), underWay];
      const values = [token, JSON.stringify(replay), KEPT_S, LOCK_MS, replay.id, ended, ...fieldsOf(sent)];
      return (await redis.eval(SAVE, names.length, ...names, ...values)) === 1;
    },
  };
}

async function findReplay(redis: RedisConnection, keys: FailureKeys, id: string): Promise<Replay | null> {
  const text = /^[\w-]{1,64}$/.test(id) ? await redis.get(keys.replay(id)) : null;
  return text === null ? null : (replayForm.safeParse(JSON.parse(text)).data ?? null);
}

async function beginReplay(redis: RedisConnection, keys: FailureKeys, replay: Replay): Promise<Replay> {
  await redis
    .multi()
    .set(keys.replay(replay.id), JSON.stringify(replay), 'EX', KEPT_S)
    .lpush(keys.replays, replay.id)
    .ltrim(keys.replays, 0, RECENT - 1)
    .expire(keys.replays, KEPT_S)
    .rpush(keys.underWay, replay.id)
    .exec();
  return replay;
}

const begun = (
  { queue, group, sinceMs }: Asked,
  by: string,
  toLookAt: number,
  startedMs: number,
): Replay => ({
  id: randomBytes(9).toString('base64url'),
  by,
  queue,
  group,
  sinceMs,
  startedMs,
  endedMs: null,
  toLookAt,
  looked: 0,
  sent: 0,
  gone: 0,
  left: 0,
  at: { queue: 0, cursor: '0' },
});
