import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../platform/clock.js';
import type { Logger } from '../../platform/logger.js';
import type { RedisConnection } from '../../platform/redis.js';
import type { Pipeline } from '../../workers/pipeline.js';
import type { FailureKeys } from './keys.js';
import { takeLock, type Lock } from '../../platform/lock.js';
import { queuesOf, type Asked, type Replay } from './replay.js';
import type { ReplayStore } from './replay-store.js';
import { sendSome } from './send-some.js';

/** Sends many failed jobs again, in the background. */
export interface Replays {
  /** Resolves as soon as it is kept; it is gone on with even when this process ends, see `goOn`. */
  start(asked: Asked, by: string): Promise<Replay>;
  /** Goes on with what is under way and nobody works on, without waiting for it. */
  goOn(): void;
  /** Resolves when this replay is done, or when `withinMs` have passed, with what it is then. */
  awaited(replay: Replay, withinMs: number): Promise<Replay>;
}

export interface ReplayParts {
  readonly queues: Pipeline['queues'];
  readonly redis: RedisConnection;
  readonly keys: FailureKeys;
  readonly store: ReplayStore;
  readonly clock: Clock;
  readonly log: Logger;
}

const ASK_AGAIN_MS = 20;

export function createReplays(parts: ReplayParts): Replays {
  const { queues, redis, store, clock, log } = parts;
  let own: Promise<void> | null = null;
  const goOn = (): void => {
    own ??= sendAllUnderWay(parts)
      .catch((err: unknown) =>
        log.warn({ err }, 'a replay was broken off; it goes on with the next look at it'),
      )
      .finally(() => {
        own = null;
      });
  };
  return {
    async start(asked, by) {
      const sizes = await Promise.all(
        queuesOf(asked).map((name) => redis.zcard(queues[name].toKey('failed'))),
      );
      const toLookAt = sizes.reduce((sum, size) => sum + size, 0);
      const replay = await store.begin(asked, by, toLookAt, clock());
      goOn();
      return replay;
    },
    goOn,
    async awaited(replay, withinMs) {
      const limitMs = performance.now() + withinMs;
      for (let now = replay; ; now = (await store.find(replay.id)) ?? now) {
        if (now.endedMs !== null || performance.now() >= limitMs) return now;
        await pause(ASK_AGAIN_MS);
      }
    },
  };
}

/** One process for all: the others find the lock taken. */
async function sendAllUnderWay(parts: ReplayParts): Promise<void> {
  const { redis, keys, store, log } = parts;
  if (!(await store.isUnderWay())) return;
  const lock = await takeLock(redis, keys.sending);
  if (lock === null) return;
  try {
    for (let next = await store.underWay(); next !== null; next = await store.underWay()) {
      const done = await sendToEnd(parts, next, lock);
      if (done === null) return;
      const { id, by, sent, gone, left } = done;
      log.info({ replay: id, user: by, sent, gone, left }, 'failed jobs sent back to work');
    }
  } finally {
    await lock.giveBack();
  }
}

/** Null: another process has the lock by now. */
async function sendToEnd(
  { queues, store, clock }: ReplayParts,
  replay: Replay,
  { token }: Lock,
): Promise<Replay | null> {
  let now = replay;
  while (now.endedMs === null) {
    const step = await sendSome(queues, now, clock());
    if (!(await store.save(token, step.replay, step.taken))) return null;
    now = step.replay;
    // Whoever asks for a page is answered in between.
    await turn();
  }
  return now;
}
