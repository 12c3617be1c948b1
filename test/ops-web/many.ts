import { cpus } from 'node:os';
import { scaleWorld, type ScaleWorld } from '../scale/world.js';
import { ownRedis } from '../support/own-redis.js';
import { signedIn } from './support/browser.js';
import { asksOf, failuresCounted, fillMore, ownAsks, withWeb, type Ask } from './support/crowd.js';
import { OPERATOR } from './support/people.js';

/**
 * `npm run build && npx tsx test/ops-web/many.ts [earners] [failed jobs]`: fills a Redis of its own with so
 * many people (300 000) and failed jobs (100 000), an entry of the account for each person, and a plan of
 * them all; starts the web process, asks for each page again and again, and says how long an answer takes.
 * It holds itself to 300 ms for 19 answers of 20, people's own pages to 100; other work on the machine counts against it.
 */
const LIMIT_MS = 300;
const OWN_LIMIT_MS = 100;
const ROUNDS = 40;
/** Two operators at once. */
const AT_ONCE = 2;

async function main(): Promise<void> {
  const [earners = 300_000, failed = 100_000] = process.argv.slice(2).map(Number);
  const redis = await ownRedis();
  try {
    say(`filling a Redis with ${earners} earners and ${failed} failed jobs...`);
    const world = await scaleWorld(redis.url, earners);
    await fillMore(redis.url, world, earners, failed);
    const slow = await withWeb(world, async (origin) => {
      const own = await measure(await ownAsks(redis.url, origin, world, earners), OWN_LIMIT_MS);
      return own + (await measureOps(origin, world, failed));
    });
    await world.close();
    process.exitCode = slow === 0 ? 0 : 1;
  } finally {
    await redis.stop();
  }
}

async function measureOps(origin: string, world: ScaleWorld, failed: number): Promise<number> {
  const browser = await signedIn(origin, OPERATOR);
  const first = await timed(() => browser.get('/ops/echecs'));
  say(`${first.toFixed(0).padStart(6)} ms  /ops/echecs, the very first time, while they are counted`);
  await failuresCounted(browser, failed);
  return measure(await asksOf(browser, origin, world), LIMIT_MS);
}

/** Asks for each page; resolves with how many of them are too slow. */
async function measure(asks: readonly Ask[], limitMs: number): Promise<number> {
  say(`${cpus().length} cores, ${cpus()[0]?.model ?? ''}, Node ${process.version}`);
  say('   p50    p95 ms');
  let slow = 0;
  for (const { name, once } of asks) {
    const times = await timesOf(once);
    const [half, most] = [quantile(times, 0.5), quantile(times, 0.95)];
    const isSlow = most >= limitMs;
    slow += Number(isSlow);
    say(
      `${half.toFixed(0).padStart(6)} ${most.toFixed(0).padStart(6)}  ${name}${isSlow ? '  TOO SLOW' : ''}`,
    );
  }
  return slow;
}

async function timesOf(once: () => Promise<void>): Promise<readonly number[]> {
  await once();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS / AT_ONCE; round += 1)
    times.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => timed(once)))));
  return times;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

const quantile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1] ?? 0;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
