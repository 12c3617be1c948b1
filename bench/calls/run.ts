import { atMost, tableOf, type Part } from '../report.js';
import { onOwnRedis } from '../support/redis.js';
import { nightly, reconciledByArithmetic } from '../verification.js';
import type { Scene } from './counted.js';
import { polling } from './polling.js';
import { aClass, singles } from './scenes.js';

/** Calls per second and client, as `OBF_MAX_RPS` has it. */
export const RPS = 8;

/** Counts the calls that OBF receives, at its own rate, in real time: some four minutes; needs `dist`. */
export async function benchCalls(quick: boolean): Promise<Part> {
  const partners = quick ? 30 : 300;
  const scenes: readonly Scene[] = [
    await onOwnRedis(() => aClass({ earners: 1000, rps: RPS, overMs: 0 })),
    await onOwnRedis(() => singles({ earners: 1000, rps: RPS, overMs: 60_000 })),
    await onOwnRedis(() => polling({ partners, periods: 3, rps: RPS })),
    await nightly(partners, RPS),
    await reconciledByArithmetic(RPS),
  ];
  const head = ['what', 'calls', 'each', `s at ${RPS} calls/s`, 'straightforward'];
  const rows = scenes.map(({ what, ours, per, straightforward }) => {
    const [each, seconds] = [(ours.total / per).toFixed(3), ours.seconds.toFixed(1)];
    return [what, ours.total, each, seconds, straightforward];
  });
  const goals = scenes.map(({ what, goal, ours }) => atMost(`${what}, calls`, goal, ours.total));
  return { text: tableOf(head, rows), goals };
}
