import type { RequestHandler } from 'express';
import type { Config } from '../../config.js';
import { systemClock, type Clock } from '../../platform/clock.js';
import { keepFlushed } from '../../platform/meter.js';
import { closeRedis, openProducer } from '../../platform/redis.js';
import type { Disposer } from '../../platform/lifecycle.js';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../../queue/jobs.js';
import { wirePipeline } from '../../workers/pipeline.js';
import type { PipelineOptions } from '../../workers/stores.js';
import { createOpsApp } from './app.js';
import type { Logo } from './assets.js';
import { keepObfSamples } from './home/obf.js';

/** `secrets`: an organisation without its API key there cannot be read from here. */
export interface OpsWiring extends Pick<PipelineOptions, 'scheme' | 'secrets' | 'log' | 'vault'> {
  readonly config: PipelineOptions['config'] & Pick<Config, 'redis' | 'opsUsers' | 'ops' | 'parcours'>;
  readonly logo: Logo | null;
  readonly clock?: Clock;
  /** See `OpsDeps`. */
  readonly isOurs?: () => boolean | null;
  readonly prefixes?: { readonly queues: string; readonly data: string };
}

/** Whether anybody could sign in; if not, the pages do not exist. */
export const hasOps = ({ opsUsers, ops }: Pick<Config, 'opsUsers' | 'ops'>): boolean =>
  opsUsers.length > 0 || ops.oidc !== null;

/**
 * Opens what the ops pages need: a fail-fast connection, and the pipeline over it without a worker.
 * @returns the pages, and the disposers in order of opening
 */
export function wireOps(wiring: OpsWiring): {
  readonly handler: RequestHandler;
  readonly releases: readonly Disposer[];
} {
  const { logo, isOurs, ...rest } = wiring;
  const { config, log, clock = systemClock } = rest;
  const prefixes = rest.prefixes ?? { queues: DEFAULT_PREFIX, data: DATA_PREFIX };
  const redis = openProducer(config.redis);
  redis.on('error', (err) => log.debug({ err }, 'Redis'));
  const { pipeline, close } = wirePipeline({ ...rest, redis, clock, prefixes });
  // From the answer on, the pipeline's clock is Redis' time.
  pipeline.now().catch(() => undefined);
  const app = { pipeline, redis, prefix: prefixes.data, config, logo, log, clock: pipeline.clock, isOurs };
  const handler = createOpsApp(app);
  const keeping = [keepFlushed(pipeline.meter, log), keepObfSamples(pipeline, log)];
  return { handler, releases: [() => closeRedis(redis), close, ...keeping] };
}
