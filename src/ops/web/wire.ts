import { keepObfSamples } from './home/keep-obf-samples.js';
import type { RequestHandler } from 'express';
import type { Config } from '../../config.js';
import type { ClientId } from '../../ids.js';
import { systemClock, type Clock } from '../../platform/clock.js';
import type { Logger } from '../../platform/logger.js';
import { keepFlushed } from '../../platform/meter.js';
import { closeRedis, openProducer } from '../../platform/redis.js';
import type { Disposer } from '../../platform/lifecycle.js';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../../queue/jobs.js';
import type { Scheme } from '../../rules/types.js';
import { wirePipeline, type PipelineOptions } from '../../workers/pipeline.js';
import { createOpsApp } from './app.js';
import type { Logo } from './logo.js';

export interface OpsWiring {
  readonly config: PipelineOptions['config'] & Pick<Config, 'redis' | 'opsUsers' | 'ops'>;
  readonly scheme: Scheme;
  /** The partners' API keys; one that is not set is an organisation that cannot be read from here. */
  readonly secrets: ReadonlyMap<ClientId, string>;
  readonly logo: Logo | null;
  readonly log: Logger;
  readonly vault?: PipelineOptions['vault'];
  readonly clock?: Clock;
  readonly prefixes?: { readonly queues: string; readonly data: string };
}

/** Whether anybody could sign in; without, the pages do not exist. */
export const hasOps = ({ opsUsers, ops }: Pick<Config, 'opsUsers' | 'ops'>): boolean =>
  opsUsers.length > 0 || ops.oidc !== null;

/**
 * Opens what the ops pages need: a connection of their own, which says soon that Redis is away, and the
 * pipeline over it, without a worker.
 * @returns the pages, and what gives back what was opened, in order of opening
 */
export function wireOps(wiring: OpsWiring): {
  readonly handler: RequestHandler;
  readonly releases: readonly Disposer[];
} {
  const { config, scheme, secrets, logo, log, clock = systemClock } = wiring;
  const prefixes = wiring.prefixes ?? { queues: DEFAULT_PREFIX, data: DATA_PREFIX };
  const redis = openProducer(config.redis);
  redis.on('error', (err) => log.debug({ err }, 'Redis'));
  const { pipeline, close } = wirePipeline({
    config,
    scheme,
    secrets,
    redis,
    log,
    clock,
    prefixes,
    ...(wiring.vault === undefined ? {} : { vault: wiring.vault }),
  });
  // From the answer on, `clock` is Redis' time.
  pipeline.now().catch(() => undefined);
  const handler = createOpsApp({ pipeline, redis, prefix: prefixes.data, config, logo, log, clock });
  const keeping = [keepFlushed(pipeline.meter, log), keepObfSamples(pipeline, log)];
  return { handler, releases: [() => closeRedis(redis), close, ...keeping] };
}
