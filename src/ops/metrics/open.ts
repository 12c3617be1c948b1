import type { Config } from '../../config.js';
import type { Logger } from '../../platform/logger.js';
import { keepFlushed, type Meter } from '../../platform/meter.js';
import { closeRedis, openProducer } from '../../platform/redis.js';
import type { Disposer } from '../../platform/lifecycle.js';
import { DATA_PREFIX } from '../../queue/jobs.js';
import type { Scheme } from '../../rules/types.js';
import { wirePipeline } from '../../workers/pipeline.js';
import { scrape } from './scrape.js';

export interface OpenFigures {
  readonly token: string;
  /** @throws when Redis does not tell them in time */
  readonly read: () => Promise<string>;
  readonly meter: Meter;
  /** In order of opening. */
  readonly releases: readonly Disposer[];
}

/**
 * Opens what the figures are read from, over a connection of its own that fails fast; no worker is started,
 * and OBF is not called. Null: without a token nobody may read them.
 * @param version Palier's own
 */
export function openFigures(
  config: Config,
  scheme: Scheme,
  version: string,
  log: Logger,
): OpenFigures | null {
  const token = config.watch.metricsToken;
  if (token === null) return null;
  const redis = openProducer(config.redis);
  redis.on('error', (err) => log.debug({ err }, 'Redis'));
  const { pipeline, close } = wirePipeline({ config, scheme, secrets: new Map(), redis, log });
  const needs = { ...pipeline, redis, prefix: DATA_PREFIX, pollEveryS: config.pollEveryS, version };
  return {
    token,
    read: () => scrape(needs),
    meter: pipeline.meter,
    releases: [() => closeRedis(redis), close, keepFlushed(pipeline.meter, log)],
  };
}
