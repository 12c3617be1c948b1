import { join, resolve } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { DEFAULT_PREFIX } from '../../src/queue/names.js';
import { planJobId } from '../../src/workers/scheme-jobs.js';
import { ownRedis } from '../../test/support/own-redis.js';
import { PROPOSAL, scaleWorld, type ScaleWorld } from '../../test/scale/world.js';
import { openArithmeticObf } from './arithmetic-obf.js';
import { startChild, type Ran } from './child.js';
import type { CommandGrowth } from './types.js';

const MEASURED = ['simulate', 'plan', 'worker'] as const;
type Measured = (typeof MEASURED)[number];

/**
 * What an operator types among so many people, and among many more; and the worker that makes the plan which the ops
 * pages show.
 */
export async function growthOfCommands(
  earners: readonly [number, number],
): Promise<readonly CommandGrowth[]> {
  const towns = [await runIn(earners[0]), await runIn(earners[1])] as const;
  return MEASURED.map((command) => {
    const [small, large] = [towns[0][command], towns[1][command]];
    return {
      command,
      earners,
      microsecondsPerEarner: [(small.seconds * 1e6) / earners[0], (large.seconds * 1e6) / earners[1]],
      peakMib: [small.peakMib, large.peakMib],
      liveMib: [small.liveMib, large.liveMib],
    };
  });
}

async function runIn(earners: number): Promise<Readonly<Record<Measured, Ran>>> {
  const redis = await ownRedis();
  try {
    const world = await scaleWorld(redis.url, earners);
    const type = async (...args: string[]): Promise<Ran> => {
      const { ended } = await startChild(
        [resolve('dist/ops/cli/main.js'), ...args, '--json'],
        world.env,
        world.cwd,
      );
      const ran = await ended;
      if (ran.exit !== 0) throw new Error(`${args[0]} ended with ${ran.exit}`);
      return ran;
    };
    const simulate = await type('simulate', '--rules', PROPOSAL);
    // The proposal becomes the files: what `plan` compares with the rules in force.
    const proposal = await readFile(join(world.cwd, PROPOSAL), 'utf8');
    await writeFile(join(world.cwd, 'config/scheme.yaml'), proposal);
    const plan = await type('plan');
    const worker = await workerPlans(world, redis.url);
    await world.close();
    return { simulate, plan, worker };
  } finally {
    await redis.stop();
  }
}

/** From its start to the plan's end. */
async function workerPlans(world: ScaleWorld, redisUrl: string): Promise<Ran> {
  const obf = await openArithmeticObf({
    clientId: 'nobody',
    badges: [],
    events: 0,
    recipientsEach: 0,
    earners: 0,
  });
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('maintenance', { connection, prefix: DEFAULT_PREFIX });
  const id = planJobId(null);
  await queue.add('plan', { kind: 'plan', only: null }, { jobId: id, removeOnComplete: true });
  const startedMs = performance.now();
  const worker = await startChild(
    [resolve('dist/workers/main.js')],
    {
      ...world.env,
      ...(await partnersKeys(world)),
      OBF_BASE_URL: obf.url,
      WEBHOOK_BASIC: 'a:b',
      LOG_LEVEL: 'warn',
    },
    world.cwd,
  );
  const planned = async (): Promise<void> => {
    while ((await queue.getJob(id)) !== undefined) await pause(200);
  };
  await Promise.race([planned(), worker.ended.then(tooSoon)]);
  const seconds = (performance.now() - startedMs) / 1000;
  worker.stop();
  const ran = await worker.ended;
  await queue.close();
  connection.disconnect();
  await obf.close();
  return { ...ran, seconds };
}

/** The worker does not start without the keys that partners.yaml names. */
async function partnersKeys({ cwd }: ScaleWorld): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(cwd, 'config/partners.yaml'), 'utf8');
  return Object.fromEntries(
    [...text.matchAll(/^\s+secret_env: (\w+)/gm)].map(([, name = '']) => [name, 'key']),
  );
}

function tooSoon({ exit, output }: Ran): never {
  throw new Error(`the worker ended with ${exit} before its work: ${output}`);
}
