import { ownRedis } from '../../test/support/own-redis.js';
import { polling } from './polling.js';
import { aClass, singles } from './scenes.js';
import type { CallsResult, Compared } from './types.js';

export interface CallsOptions {
  readonly class: number;
  readonly singles: number;
  readonly partners: number;
  readonly periods: number;
  /** Calls per second and client, as `OBF_MAX_RPS` has it. */
  readonly rps: number;
  /** Over how long the single events come, milliseconds. */
  readonly overMs: number;
}

export const CALLS: CallsOptions = {
  class: 1000,
  singles: 1000,
  partners: 300,
  periods: 3,
  rps: 8,
  overMs: 60_000,
};

/**
 * Counts the calls that OBF receives, at its own rate, in real time: two minutes. Brings a Redis of its own.
 * @throws when anybody was given anything but one award
 */
export async function runCalls(options: Partial<CallsOptions> = {}): Promise<CallsResult> {
  const { rps, overMs, ...sizes } = { ...CALLS, ...options };
  const redis = await ownRedis();
  const before = process.env['TEST_REDIS_URL'];
  process.env['TEST_REDIS_URL'] = redis.url;
  try {
    const compared = [
      await aClass({ earners: sizes.class, rps, overMs: 0 }),
      await singles({ earners: sizes.singles, rps, overMs }),
      await polling({ partners: sizes.partners, periods: sizes.periods, rps }),
    ] as const;
    return { name: 'calls', figures: figuresOf(...compared), compared };
  } finally {
    if (before === undefined) delete process.env['TEST_REDIS_URL'];
    else process.env['TEST_REDIS_URL'] = before;
    await redis.stop();
  }
}

const each = ({ ours, per }: Compared): number => ours.total / per;

const figuresOf = (aClassOf: Compared, single: Compared, polls: Compared): CallsResult['figures'] => ({
  'calls.class1000.total': aClassOf.ours.total,
  'calls.class1000.seconds': aClassOf.ours.seconds,
  'calls.perAward.class1000': each(aClassOf),
  'calls.perAward.single': each(single),
  'calls.single.seconds': single.ours.seconds,
  'calls.perPartnerPoll': each(polls),
  'calls.straightforward.class1000.total': aClassOf.straightforward.total,
  'calls.straightforward.class1000.seconds': aClassOf.straightforward.seconds,
  'calls.straightforward.perAward.single': single.straightforward.total / single.per,
  'calls.straightforward.single.seconds': single.straightforward.seconds,
});
