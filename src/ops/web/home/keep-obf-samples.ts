import { secondsOf } from '../../../platform/clock.js';
import type { Logger } from '../../../platform/logger.js';
import type { Disposer } from '../../../platform/lifecycle.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { readCounters } from './figures.js';
import { obfCountsIn } from './obf-counts.js';
import { createObfSamples } from './obf-samples.js';

const EVERY_MS = 60_000;

/** Keeps what was counted so far, once every five minutes, whoever asks for it. */
export async function keepObfSample(pipeline: Pipeline): Promise<void> {
  const samples = createObfSamples(pipeline.people.redis, pipeline.people.prefix);
  const nowS = secondsOf(pipeline.clock);
  if (await samples.isDue(nowS)) await samples.keep(obfCountsIn(await readCounters(pipeline), nowS));
}

/** Does so as long as the web process lives, so that the first page of the day can tell of the last hour. */
export function keepObfSamples(pipeline: Pipeline, log: Logger, everyMs = EVERY_MS): Disposer {
  const keep = (): void =>
    void keepObfSample(pipeline).catch((err: unknown) => log.debug({ err }, 'counts of OBF not kept yet'));
  keep();
  const timer = setInterval(keep, everyMs);
  return () => clearInterval(timer);
}
