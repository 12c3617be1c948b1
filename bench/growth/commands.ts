import { join, resolve } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import { ownRedis } from '../../test/support/own-redis.js';
import { PROPOSAL, scaleWorld } from '../../test/scale/world.js';
import { startChild, type Ran } from './child.js';
import type { CommandGrowth } from './types.js';

/** What an operator types among so many people, and among three times as many. */
export async function growthOfCommands(
  earners: readonly [number, number],
): Promise<readonly CommandGrowth[]> {
  const towns = [await runIn(earners[0]), await runIn(earners[1])] as const;
  return (['simulate', 'plan'] as const).map((command) => ({
    command,
    earners,
    microsecondsPerEarner: [
      (towns[0][command].seconds * 1e6) / earners[0],
      (towns[1][command].seconds * 1e6) / earners[1],
    ],
    peakMib: [towns[0][command].peakMib, towns[1][command].peakMib],
  }));
}

async function runIn(earners: number): Promise<Readonly<Record<'simulate' | 'plan', Ran>>> {
  const redis = await ownRedis();
  try {
    const world = await scaleWorld(redis.url, earners);
    const type = async (...args: string[]): Promise<Ran> => {
      const ran = await startChild([resolve('dist/ops/cli/main.js'), ...args, '--json'], world.env, world.cwd)
        .ended;
      if (ran.exit !== 0) throw new Error(`${args[0]} ended with ${ran.exit}`);
      return ran;
    };
    const simulate = await type('simulate', '--rules', PROPOSAL);
    // The proposal becomes the files: what `plan` compares with the rules in force.
    const proposal = await readFile(join(world.cwd, PROPOSAL), 'utf8');
    await writeFile(join(world.cwd, 'config/scheme.yaml'), proposal);
    const plan = await type('plan');
    await world.close();
    return { simulate, plan };
  } finally {
    await redis.stop();
  }
}
