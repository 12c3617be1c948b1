import { AggregatorRegistry } from 'prom-client';
import type { Config } from '../../config.js';
import type { Logger } from '../../platform/logger.js';
import { redisCause, type RedisFault } from '../../platform/redis-faults.js';
import type { Scheme } from '../../rules/types.js';
import { openPipeline, type Pipeline } from '../../workers/pipeline.js';
import { type SystemState, JOBS_READ_PER_END, readSystemState } from '../shared/stats.js';
import { readCountedMetrics, type Family, type Sample } from './counted.js';

/** What the metrics are read from. Its connection fails fast. */
export interface MetricSources extends Pipeline {
  readonly pollEveryS: number;
  /** Palier's own. */
  readonly version: string;
}

/** What a gauge can read. */
interface GaugeSources extends SystemState {
  readonly needs: MetricSources;
  /** Why Redis refuses writes; null: it takes them. */
  readonly fault: RedisFault | null;
}

const sample = (value: number, labels: Sample['labels'] = {}): Sample => ({ labels, value });

/** Why a Redis that answers refuses writes. */
const WRITE_FAULTS = ['memory_full', 'disk_full', 'read_only', 'replicas_missing', 'error'] as const;
const BATCH_STATES = ['open', 'sending', 'sent', 'unknown'] as const;

/** Gauges, read at each scrape: one value, several series, or nothing (null). */
const SCRAPED_GAUGES: readonly (readonly [
  name: string,
  help: string,
  read: (sources: GaugeSources) => number | null | readonly Sample[],
])[] = [
  [
    'palier_redis_fault',
    '1 while Redis answers and takes no write, by its cause.',
    ({ fault }) => WRITE_FAULTS.map((one) => sample(Number(one === fault), { fault: one })),
  ],
  [
    'palier_rules_change_waiting',
    '1 while changed rules wait to be applied.',
    ({ rules }) => Number(rules.rollout !== null),
  ],
  [
    'palier_build_info',
    'Always 1: which Palier, and which rules new facts are judged by.',
    ({ needs, rules }) => [sample(1, { version: needs.version, scheme: rules.scheme.version })],
  ],
  [
    'palier_queue_jobs',
    'Jobs in a queue (failed: for good, until ops sends them again; delayed: until their next attempt or time).',
    ({ queues }) =>
      Object.entries(queues).flatMap(([queue, { jobs }]) =>
        Object.entries(jobs).map(([state, count]) => sample(count, { queue, state })),
      ),
  ],
  [
    'palier_queue_paused',
    '1 while a queue is paused (awards: issuing is).',
    ({ queues }) => Object.entries(queues).map(([queue, { paused }]) => sample(Number(paused), { queue })),
  ],
  [
    'palier_notices_oldest_age_seconds',
    `How long the oldest notice has waited to be read, tried again or not (0: none waits; of ${4 * JOBS_READ_PER_END} looked at).`,
    ({ noticeAgeS }) => noticeAgeS ?? 0,
  ],
  [
    'palier_notices_unsorted',
    'Notices that came in and no worker has taken yet: more than for a moment, none runs.',
    ({ arrived }) => arrived,
  ],
  [
    'palier_earners_oldest_age_seconds',
    `How long the oldest evaluation of an earner has waited, tried again or not (0: none waits; of ${4 * JOBS_READ_PER_END} looked at).`,
    ({ earnerAgeS }) => earnerAgeS,
  ],
  [
    'palier_awards_waiting',
    'Awards that are due and wait for the next issue call.',
    ({ due }) => due.map(({ award, count }) => sample(count, { award: award.id })),
  ],
  [
    'palier_flags',
    'Held awards whose rule is no longer met: a human is to look at them.',
    ({ flags }) => flags,
  ],
  [
    'palier_quota_left',
    'Badges that OBF lets the Région issue yet, as last read, less what was issued since (absent: OBF does not say).',
    ({ quota }) => quota.reading?.left ?? null,
  ],
  [
    'palier_quota_age_seconds',
    'How long ago the quota was read in OBF (absent: never).',
    ({ quota: { reading }, needs }) =>
      reading === null ? null : Math.max(0, needs.clock() - reading.readMs) / 1000,
  ],
  [
    'palier_quota_floor',
    'Issuing stops rather than leave fewer badges than this.',
    ({ quota }) => quota.floor,
  ],
  [
    'palier_batches',
    'Batches of awards under way (unknown: the call was made and its outcome is not known).',
    ({ batches }) =>
      BATCH_STATES.map((state) => sample(batches.filter((one) => one.state === state).length, { state })),
  ],
  [
    'palier_batch_unknown_oldest_age_seconds',
    'How long ago the call was made whose outcome has been unknown the longest (0: none is).',
    ({ unknownAgeS }) => unknownAgeS,
  ],
  [
    'palier_schedule_lateness_seconds',
    'How long ago the next run that the clock sets off should have begun (0: it is yet to come).',
    ({ schedules }) => schedules.map(({ schedule, lateS }) => sample(lateS, { schedule })),
  ],
  [
    'palier_poll_period_seconds',
    'How often the events of each client are to be read.',
    ({ needs }) => needs.pollEveryS,
  ],
];

/**
 * Returns all metrics of all processes, in Prometheus' text format. Redis adds up the counts, and gauges are read
 * now, so one scrape of any web process is enough. Works while Redis refuses writes.
 * @throws when Redis does not answer
 */
export async function scrape(needs: MetricSources): Promise<string> {
  const fault = await storeCounts(needs);
  const [state, counted] = await Promise.all([readSystemState(needs), readCountedMetrics(needs)]);
  const gauges = SCRAPED_GAUGES.map(([name, help, read]): Family => {
    const values = read({ ...state, needs, fault });
    const samples = values === null ? [] : typeof values === 'number' ? [sample(values)] : values;
    return { name, help, type: 'gauge', samples };
  });
  // prom-client aggregates other processes' counts in a new registry, as its cluster mode does.
  const metrics = [...gauges, ...counted].map(({ samples, ...rest }) => ({
    ...rest,
    values: samples,
    aggregator: 'first',
  }));
  return AggregatorRegistry.aggregate([metrics]).metrics();
}

/** Sends this process's counts to Redis. Resolves with why Redis refuses writes; null: it takes them. */
async function storeCounts({ meter, redis, prefix }: MetricSources): Promise<RedisFault | null> {
  try {
    await redis.set(`${prefix}:scraped`, '1', 'EX', 60);
    await meter.flush();
    return null;
  } catch (error) {
    return redisCause(error).fault;
  }
}

/**
 * Opens the metrics over a Redis connection of their own that fails fast. Starts no worker, and does not call OBF.
 * @param version Palier's own
 * @returns null without a metrics token: nobody may read them
 */
export function openMetrics(config: Config, scheme: Scheme, version: string, log: Logger) {
  const token = config.watch.metricsToken;
  if (token === null) return null;
  const { pipeline, releases } = openPipeline({ config, scheme, secrets: new Map(), log });
  const needs = { ...pipeline, pollEveryS: config.pollEveryS, version };
  return {
    token,
    /** @throws when Redis does not answer in time */
    read: () => scrape(needs),
    meter: pipeline.meter,
    releases,
  };
}
