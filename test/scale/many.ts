import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ownRedis } from '../support/own-redis.js';
import { PROPOSAL, scaleWorld, type ScaleWorld } from './world.js';

/**
 * `npm run build && npx tsx test/scale/many.ts [earners] [command]`: fills a Redis of its own with so many
 * people (300 000), runs `palier simulate` on them as an operator would, and says how long it took and how
 * much memory at most. It holds itself to 30 s and 1 GiB; other work on the machine counts against it.
 */
const LIMITS = { seconds: 30, mebibytes: 1024 };
const COMMAND = 'dist/ops/cli/main.js';

async function main(): Promise<void> {
  const earners = Number(process.argv[2] ?? 300_000);
  const redis = await ownRedis();
  try {
    say(`filling a Redis with ${earners} earners...`);
    const world = await scaleWorld(redis.url, earners);
    const { exit, seconds, mebibytes } = await simulate(world, resolve(process.argv[3] ?? COMMAND));
    say(`${earners} earners: ${seconds.toFixed(1)} s, ${mebibytes.toFixed(0)} MiB at most`);
    await world.close();
    const well = exit === 0 && seconds < LIMITS.seconds && mebibytes < LIMITS.mebibytes;
    process.exitCode = well ? 0 : 1;
  } finally {
    await redis.stop();
  }
}

async function simulate({ cwd, env }: ScaleWorld, command: string) {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [command, 'simulate', '--rules', PROPOSAL], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  let most = 0;
  const look = async (): Promise<void> => {
    most = Math.max(most, await peakOf(child.pid));
  };
  const looking = setInterval(() => void look(), 50);
  const [exit] = (await once(child, 'exit')) as [number | null];
  clearInterval(looking);
  return { exit, seconds: (performance.now() - startedMs) / 1000, mebibytes: most };
}

/** The most memory that the process had so far, MiB; 0 where the system does not say. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
