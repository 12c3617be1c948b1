import { Redis } from 'ioredis';
import { busyMs } from '../support/machine.js';
import { cpuOf } from '../support/wrk.js';

/** What processors did while something was measured, milliseconds of processor time. */
export interface Watched {
  readonly tookMs: number;
  readonly allMs: number | null;
  /** Of the subject, Redis and ourselves. */
  readonly oursMs: number;
}

/** So much of one processor may be used by others; the system's own work is among it. */
const MAX_OTHERS = 0.15;

/** The process id of a Redis server. */
export async function pidOf(redisUrl: string): Promise<number> {
  const redis = new Redis(redisUrl);
  const pid = Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1]);
  redis.disconnect();
  return pid;
}

/** Begins to watch; what is returned ends it. @param pid of the subject */
export async function watchMachine(
  redisUrl: string,
  pid: number | undefined,
): Promise<() => Promise<Watched>> {
  const redisPid = await pidOf(redisUrl);
  const look = async () => ({
    atMs: performance.now(),
    all: await busyMs(),
    ours: (await cpuOf(pid)) + (await cpuOf(redisPid)) + (await cpuOf(process.pid)),
  });
  const before = await look();
  return async () => {
    const after = await look();
    return {
      tookMs: after.atMs - before.atMs,
      allMs: after.all === null || before.all === null ? null : after.all - before.all,
      oursMs: after.ours - before.ours,
    };
  };
}

/** Pure: whether others were at work. @param loadMs processor time of the load */
export const isDisturbed = ({ tookMs, allMs, oursMs }: Watched, loadMs: number): boolean =>
  allMs !== null && allMs - oursMs - loadMs > MAX_OTHERS * tookMs;
