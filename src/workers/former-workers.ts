import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../platform/logger.js';
import { isCluster, type RedisConnection } from '../platform/redis.js';
import { DEFAULT_PREFIX, prefixOf, QUEUES } from '../queue/names.js';
import { WORKER_NAME } from './start.js';

/** Workers of an older Palier, which keep people where today's do not look. */
export interface FormerWorkers {
  /** Waits until none is at work. Looked for at most every `LOOK_EVERY_MS`. @throws FormerWorkersStay */
  untilNone(): Promise<void>;
  /** Looks at once, and waits. @returns whether any was seen since this was asked the last time */
  wereSeen(): Promise<boolean>;
}

export interface LookingForWorkers {
  readonly redis: RedisConnection;
  /** Of the queues; by default `DEFAULT_PREFIX`. */
  readonly queuePrefix?: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** For how long they are waited for in all, milliseconds; by default `PATIENCE_MS`. */
  readonly patienceMs?: number;
}

/** They were to be stopped first, and go on working. */
export class FormerWorkersStay extends Error {
  readonly code = 'former_workers';
  constructor(at: readonly string[]) {
    super(
      `Workers of an older Palier are still at work (connected to Redis from ${at.join(', ')}), so this one does ` +
        'not start: stop them, then start it again (docs/operating.md)',
    );
    this.name = 'FormerWorkersStay';
  }
}

const LOOK_EVERY_MS = 2000;
/** A deploy lets old and new ones overlap for half a minute. */
const PATIENCE_MS = 10 * 60_000;

export function lookForFormerWorkers(looking: LookingForWorkers): FormerWorkers {
  const { log, signal, patienceMs = PATIENCE_MS } = looking;
  let [seen, lookedMs, waitedMs] = [false, -Infinity, 0];
  const untilNone = async (): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      const at = await formerWorkers(looking);
      lookedMs = performance.now();
      if (at.length === 0) return;
      seen = true;
      if (waitedMs >= patienceMs) throw new FormerWorkersStay(at);
      log.warn({ at }, 'waiting for the workers of an older Palier to stop: stop them, if nobody does');
      await pause(Math.min(LOOK_EVERY_MS, patienceMs), undefined, { signal });
      waitedMs += LOOK_EVERY_MS;
    }
  };
  return {
    async untilNone() {
      if (performance.now() - lookedMs >= LOOK_EVERY_MS) await untilNone();
    },
    async wereSeen() {
      await untilNone();
      const were = seen;
      seen = false;
      return were;
    },
  };
}

/** From where they are connected. Older workers gave themselves no name, in a cluster not even one for each queue. */
async function formerWorkers({
  redis,
  queuePrefix = DEFAULT_PREFIX,
  log,
}: LookingForWorkers): Promise<readonly string[]> {
  const names = namesOf(queuePrefix);
  const found = new Set<string>();
  for (const node of isCluster(redis) ? redis.nodes('master') : [redis])
    for (const { name, addr } of clientsIn(String(await node.client('LIST').catch(untold(log)))))
      if (names.some((one) => name === one || (name.startsWith(`${one}:w:`) && !isOurs(name))))
        found.add(addr);
  return [...found].toSorted();
}

const isOurs = (name: string): boolean => name.endsWith(`:w:${WORKER_NAME}`);

/** What BullMQ calls the connections of a queue's workers, under its prefix of today and of before. */
const namesOf = (prefix: string): readonly string[] =>
  QUEUES.flatMap((queue) =>
    [prefix, prefixOf(prefix, queue, true)].map((one) => `${one}:${Buffer.from(queue).toString('base64')}`),
  );

const clientsIn = (list: string): readonly { readonly name: string; readonly addr: string }[] =>
  list.split('\n').map((line) => ({
    name: / name=(\S*)/.exec(line)?.[1] ?? '',
    addr: / addr=(\S*)/.exec(line)?.[1] ?? '',
  }));

/** Where Redis does not list its clients, nothing is known. */
const untold =
  (log: Logger) =>
  (error: unknown): string => {
    if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
    log.warn('Redis does not list its clients: stop the workers of an older Palier before this one starts');
    return '';
  };
