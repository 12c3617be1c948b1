import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';

/** What goes on whether anybody is told of anything or not, and what asking costs. */
const ANYWAY = new Set([
  'info',
  'config',
  'config|resetstat',
  'bzpopmin',
  'hincrby',
  'ping',
  'client',
  'hello',
]);

/** How often Redis carried out each command since `CONFIG RESETSTAT`; what a script does within counts too. */
export async function commandsIn(redis: Redis): Promise<ReadonlyMap<string, number>> {
  const stats = await redis.info('commandstats');
  return new Map(
    [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].flatMap(([, name = '', calls]) =>
      ANYWAY.has(name) ? [] : [[name, Number(calls)] as const],
    ),
  );
}

/** Resolves once the condition holds and Redis is sent nothing any more, without sending what would be counted. */
export async function whenQuiet(redis: Redis, condition: () => boolean): Promise<void> {
  for (let before = ''; ;) {
    const now = JSON.stringify([...(await commandsIn(redis))]);
    if (condition() && now === before) return;
    before = now;
    await pause(25);
  }
}
