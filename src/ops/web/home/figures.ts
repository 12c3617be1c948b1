import { z } from 'zod';
import { asClientId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import type { Disposer } from '../../../platform/lifecycle.js';
import type { Logger } from '../../../platform/logger.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { countedFigures, type Sample } from '../../metrics/counted.js';
import { readState } from '../../shared/state.js';
import { readFlags, readHolds } from '../../shared/stats.js';

/** The counters of `/metrics`, so that the page and the alerts never disagree. */
export type Figures = Awaited<ReturnType<typeof readCounters>>;

export async function readCounters(pipeline: Pipeline) {
  const families = await countedFigures(pipeline);
  const samples = (name: string): readonly Sample[] =>
    families.find((family) => family.name === name)?.samples ?? [];
  return {
    samples,
    /** The sum of all series of this name with these labels; 0: there is none. */
    sum: (name: string, labels: Sample['labels']): number =>
      samples(name)
        .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
        .reduce((sum, { value }) => sum + value, 0),
  };
}

/** Above so many flags, reading them all takes too long; the journal lists them. */
const MAX_FLAGS_READ = 1000;

/** The state at this instant. */
export type Now = Awaited<ReturnType<typeof readNow>>;

/** Some hundred commands of Redis, however many earners and failed jobs there are. */
export async function readNow(pipeline: Pipeline) {
  const [state, schedules, holds] = await Promise.all([
    readState(pipeline),
    pipeline.queues.notices.getJobSchedulersCount(),
    readHolds(pipeline),
  ]);
  const { notices, earners, awards } = state.queues;
  const waitingIn = ({ jobs }: typeof notices): number => jobs.waiting + jobs.delayed;
  const unknown = state.batches.filter((batch) => batch.state === 'unknown').length;
  return {
    notices: {
      // Of each account's schedule, one job always waits for its time.
      waiting: state.arrived + Math.max(0, waitingIn(notices) - schedules),
      /** 0: none waits. */
      oldestAgeS: state.noticeAgeS ?? 0,
    },
    earners: { waiting: waitingIn(earners), oldestAgeS: state.earnerAgeS },
    /** Jobs that need an operator to go on. */
    failed: Object.values(state.queues).reduce((sum, { jobs }) => sum + jobs.failed, 0),
    paused: awards.paused,
    /** Awards that OBF's account keeps from being issued. */
    holds,
    /** Awards that are due and in no batch yet. */
    due: state.due.reduce((sum, { count }) => sum + count, 0),
    unknown: { batches: unknown, ageS: state.unknownAgeS },
    flags: {
      count: state.flags,
      /** Oldest first; none are listed when there are too many to read them all. */
      listed: state.flags > 0 && state.flags <= MAX_FLAGS_READ ? await readFlags(pipeline) : [],
    },
    quota: state.quota,
    /** How late the polls are: no worker runs, or they do not keep up. */
    lateS: state.schedules.find(({ schedule }) => schedule === 'poll')?.lateS ?? 0,
  };
}

const counts = z.record(z.string(), z.number());

/** The counters of OBF's calls since the beginning, at an instant. */
const obfCounts = z.object({
  /** Unix seconds. */
  atS: z.number(),
  /** Calls by the class of their answer: `2xx`, `429`, `none`... */
  calls: counts,
  /** Answers that took no longer than so many seconds (`+Inf`: all), as Prometheus has it. */
  within: counts,
  /** By client: tokens that OBF gave, and refused. */
  given: counts,
  refused: counts,
});
export type ObfCounts = z.output<typeof obfCounts>;

function obfCountsIn(figures: Figures, atS: number): ObfCounts {
  const sumBy = (label: string, name: string, outcome?: string): ObfCounts['calls'] => {
    const sums: ObfCounts['calls'] = {};
    for (const { labels, value } of figures.samples(name)) {
      const of = labels[label];
      if (of === undefined || (outcome !== undefined && labels['outcome'] !== outcome)) continue;
      sums[of] = (sums[of] ?? 0) + value;
    }
    return sums;
  };
  return {
    atS,
    calls: sumBy('status', 'palier_obf_calls_total'),
    // The sum of a histogram, and its count, have no limit.
    within: sumBy('le', 'palier_obf_call_duration_seconds'),
    given: sumBy('client', 'palier_token_requests_total', 'given'),
    refused: sumBy('client', 'palier_token_requests_total', 'refused'),
  };
}

/** One sample each five minutes; enough of them for the last hour. */
const SLOT_S = 300;
const KEPT = 14;
const slotOf = (atS: number): number => Math.floor(atS / SLOT_S);

const keyOf = (prefix: string): string => `${prefix}:obf-samples`;
type Sampling = Pick<Pipeline, 'redis' | 'prefix'>;

/** Keeps the sample of these five minutes, unless another process did. */
export async function keepSample({ redis, prefix }: Sampling, sample: ObfCounts): Promise<void> {
  const [key, slot] = [keyOf(prefix), slotOf(sample.atS)];
  if ((await redis.hsetnx(key, String(slot), JSON.stringify(sample))) === 0) return;
  const old = (await redis.hkeys(key)).filter((one) => !(Number(one) > slot - KEPT));
  if (old.length > 0) await redis.hdel(key, ...old);
}

/** The samples of the last hour, oldest first. */
export async function readSamples({ redis, prefix }: Sampling): Promise<readonly ObfCounts[]> {
  const texts = Object.values(await redis.hgetall(keyOf(prefix)));
  return texts
    .flatMap((text) => obfCounts.safeParse(JSON.parse(text)).data ?? [])
    .toSorted((a, b) => a.atS - b.atS);
}

/**
 * Pure. The latest sample that is at least so old, else the oldest; null: there is none.
 * @param samples oldest first
 */
export const sampleBefore = (samples: readonly ObfCounts[], nowS: number, ageS: number): ObfCounts | null =>
  samples.findLast(({ atS }) => atS <= nowS - ageS) ?? samples[0] ?? null;

/** How OBF answered between two instants. */
export type ObfAnswers = ReturnType<typeof answersBetween>;

/** Pure. Counters that were lost meanwhile begin at 0 again. */
export function answersBetween(before: ObfCounts, now: ObfCounts) {
  const grown = (of: 'calls' | 'within' | 'given' | 'refused', name: string): number => {
    const [value, known] = [now[of][name] ?? 0, before[of][name] ?? 0];
    return value < known ? value : value - known;
  };
  const calls = (...classes: readonly string[]): number =>
    classes.reduce((sum, one) => sum + grown('calls', one), 0);
  const within = new Map(Object.keys(now.within).map((limit) => [limit, grown('within', limit)]));
  return {
    /** Seconds between them. */
    overS: Math.max(0, now.atS - before.atS),
    calls: calls(...Object.keys(now.calls)),
    /** But for 429. */
    refused: calls('4xx'),
    throttled: calls('429'),
    /** 5xx, or no whole answer. */
    failed: calls('5xx', 'none'),
    /** Percentiles, seconds; null: no answer came. */
    p50S: quantile(within, 0.5),
    p95S: quantile(within, 0.95),
    /** Clients whose API key OBF refused, and never took. */
    keysRefused: Object.keys(now.refused)
      .filter((client) => grown('refused', client) > 0 && grown('given', client) === 0)
      .map(asClientId),
  };
}

/**
 * Pure, as Prometheus' `histogram_quantile`: linear within a bucket; above the last limit, that limit.
 * @param within each limit in seconds, `+Inf` too, and how many took no longer. @returns null: there were none
 */
export function quantile(within: ReadonlyMap<string, number>, share: number): number | null {
  const rank = share * (within.get('+Inf') ?? 0);
  if (rank === 0) return null;
  let below = { limitS: 0, count: 0 };
  const limits = [...within].map(([le, count]) => ({ limitS: le === '+Inf' ? Infinity : Number(le), count }));
  for (const { limitS, count } of limits.toSorted((a, b) => a.limitS - b.limitS)) {
    if (count >= rank && limitS < Infinity)
      return below.limitS + ((limitS - below.limitS) * (rank - below.count)) / (count - below.count);
    if (limitS < Infinity) below = { limitS, count };
  }
  return below.limitS;
}

/** How OBF answered lately. Null: there is no sample to compare with. */
export async function readObfAnswers(pipeline: Sampling & Pick<Pipeline, 'clock'>, figures: Figures) {
  const nowS = secondsOf(pipeline.clock);
  const samples = await readSamples(pipeline);
  const now = obfCountsIn(figures, nowS);
  const over = (ageS: number): ObfAnswers | null => {
    const before = sampleBefore(samples, nowS, ageS);
    return before === null ? null : answersBetween(before, now);
  };
  // The last minutes are five to ten.
  return { lastHour: over(3600), lastMinutes: over(SLOT_S) };
}

/** Keeps a sample of the counters, once every five minutes; idempotent. */
export async function keepObfSample(pipeline: Pipeline): Promise<void> {
  const nowS = secondsOf(pipeline.clock);
  const isKept = await pipeline.redis.hexists(keyOf(pipeline.prefix), String(slotOf(nowS)));
  if (isKept === 0) await keepSample(pipeline, obfCountsIn(await readCounters(pipeline), nowS));
}

/** Does so as long as the web process lives: the first page of the day tells of the last hour. */
export function keepObfSamples(pipeline: Pipeline, log: Logger, everyMs = 60_000): Disposer {
  const keep = (): void =>
    void keepObfSample(pipeline).catch((err: unknown) => log.debug({ err }, 'counts of OBF not kept yet'));
  keep();
  const timer = setInterval(keep, everyMs);
  return () => clearInterval(timer);
}
