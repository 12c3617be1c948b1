import { cpus, totalmem } from 'node:os';
import { Redis } from 'ioredis';
import { ownRedis } from '../test/support/own-redis.js';
import { measureMemory, type MemoryFigures } from './memory-measure.js';

/**
 * `npm run bench:memory -- [earners...]`: fills a Redis of its own with so many people (100 000, then
 * 1 000 000), each with six badges of partners, two awards issued and read back, told in the journal, address
 * and name, in classes of twenty; says on the error output how many bytes of Redis an earner takes, and prints the same as JSON.
 */
const USUAL = [100_000, 1_000_000];

export interface MemoryReport {
  readonly redis: string;
  readonly machine: string;
  readonly runs: readonly MemoryFigures[];
}

export async function benchMemory(
  numbers: readonly number[],
  say: (line: string) => void,
): Promise<MemoryReport> {
  const runs: MemoryFigures[] = [];
  let version = '';
  for (const earners of numbers) {
    const redis = await ownRedis();
    try {
      version = await versionAt(redis.url);
      const figures = await measureMemory(redis.url, earners);
      say(lineOf(figures));
      runs.push(figures);
    } finally {
      await redis.stop();
    }
  }
  return { redis: version, machine: machine(), runs };
}

function lineOf({ earners, people, seen, index, all, seconds }: MemoryFigures): string {
  const [own, events, entries, sum] = [people, seen, index, all].map((bytes) => bytes.toFixed(1));
  return (
    `${earners} earners: ${sum} bytes each (record ${own}, journal's index ${entries}, events read ${events}), ` +
    `in ${seconds.toFixed(0)} s`
  );
}

async function versionAt(url: string): Promise<string> {
  const redis = new Redis(url);
  const info = await redis.info('server');
  redis.disconnect();
  return /^redis_version:(\S+)/m.exec(info)?.[1] ?? '';
}

const machine = (): string =>
  `${cpus().length} x ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;

async function main(): Promise<void> {
  const asked = process.argv.slice(2).map(Number);
  if (asked.some((number) => !Number.isInteger(number) || number < 1)) throw new Error('how many earners?');
  const report = await benchMemory(
    asked.length > 0 ? asked : USUAL,
    (line) => void process.stderr.write(`${line}\n`),
  );
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

if (process.argv[1]?.endsWith('memory.ts') === true)
  main().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  });
