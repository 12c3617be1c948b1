import { AggregatorRegistry } from 'prom-client';
import type { Config } from '../../config.js';
import type { Logger } from '../../platform/logger.js';
import { redisCause, type RedisFault } from '../../platform/redis-faults.js';
import type { Scheme } from '../../rules/types.js';
import { openPipeline } from '../../workers/pipeline.js';
import { countedFigures } from './counted.js';
import { type Family, type FigureNeeds, gauge, STATE_READERS } from './states.js';

/** Why a Redis that answers takes no write. */
const WRITE_FAULTS = ['memory_full', 'disk_full', 'read_only', 'replicas_missing', 'error'] as const;

/**
 * All figures of all processes, in Prometheus' text format: counts are added up in Redis, states are read at
 * this instant. So one scrape of any web process has them all. A Redis that takes no write can still be read.
 * @throws when Redis does not answer
 */
export async function scrape(needs: FigureNeeds): Promise<string> {
  const fault = await storeCounts(needs);
  const families = await Promise.all([...STATE_READERS, countedFigures].map((read) => read(needs)));
  const redisFault = gauge(
    'palier_redis_fault',
    '1 while Redis answers and takes no write, by its cause.',
    WRITE_FAULTS.map((one) => ({ labels: { fault: one }, value: Number(one === fault) })),
  );
  return written([redisFault, ...families.flat()]);
}

/** Adds what this process counted to what the scrape reads. Resolves with why Redis takes no write, if so. */
async function storeCounts({ meter, redis, prefix }: FigureNeeds): Promise<RedisFault | null> {
  try {
    await redis.set(`${prefix}:scraped`, '1', 'EX', 60);
    await meter.flush();
    return null;
  } catch (error) {
    return redisCause(error).fault;
  }
}

/** A registry of its own for each scrape, as prom-client makes one of what other processes counted. */
const written = (families: readonly Family[]): Promise<string> => {
  const metrics = families.map(({ samples, ...rest }) => ({ ...rest, values: samples, aggregator: 'first' }));
  return AggregatorRegistry.aggregate([metrics]).metrics();
};

/**
 * Opens what the figures are read from, over a connection of its own that fails fast; no worker is started,
 * and OBF is not called. Null: without a token nobody may read them.
 * @param version Palier's own
 */
export function openFigures(config: Config, scheme: Scheme, version: string, log: Logger) {
  const token = config.watch.metricsToken;
  if (token === null) return null;
  const { pipeline, releases } = openPipeline({ config, scheme, secrets: new Map(), log });
  const needs = { ...pipeline, pollEveryS: config.pollEveryS, version };
  return {
    token,
    /** @throws when Redis does not tell them in time */
    read: () => scrape(needs),
    meter: pipeline.meter,
    releases,
  };
}
