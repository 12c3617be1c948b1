import type { Config } from '../config.js';
import type { IssuingPorts } from '../issuing/parts.js';
import { createRegionAccountSync, REGION_READ } from '../issuing/region-account-sync.js';
import type { Disposer } from '../platform/lifecycle.js';
import { flushPeriodically } from '../platform/meter.js';
import { closeRedis, openProducer } from '../platform/redis.js';
import { enqueueEarners } from '../queue/enqueue.js';
import { checkEligibility } from './decide.js';
import { createEventReader } from './ingest/ingest-event.js';
import { recordUnreadableRows } from './ingest/poll-events.js';
import { enqueueEvaluationsFor, storeEvent, type StoreOptions } from './ingest/store-event.js';
import { issueSoon } from './issue/gather-awards.js';
import { openStores, type PipelineOptions } from './stores.js';

/** Everything that job handlers use. */
export type Pipeline = ReturnType<typeof wirePipeline>['pipeline'];

/**
 * Opens the pipeline without a worker, over its own Redis connection, which fails fast.
 * @returns `releases`: what closes it, in order of opening
 */
export function openPipeline(
  options: Omit<PipelineOptions, 'redis'> & { readonly config: Pick<Config, 'redis'> },
) {
  const redis = openProducer(options.config.redis);
  redis.on('error', (err) => options.log.debug({ err }, 'Redis'));
  const { pipeline, close } = wirePipeline({ ...options, redis });
  const releases: readonly Disposer[] = [
    () => closeRedis(redis),
    close,
    flushPeriodically(pipeline.meter, options.log),
  ];
  return { pipeline, releases };
}

/** Wires the pipeline over one Redis connection, which the caller closes. */
export function wirePipeline(options: PipelineOptions) {
  const stores = openStores(options);
  const { queues, region, obf } = stores;
  const storeOptions: StoreOptions = { source: 'list', evaluate: enqueueEvaluationsFor(stores, REGION_READ) };
  const ports: IssuingPorts = {
    checkEligibility: (...args) => checkEligibility(stores, ...args),
    evaluate: (earners, suppressEmail) => enqueueEarners(queues.earners, earners, 'awards', suppressEmail),
    issueSoon: (...args) => issueSoon(stores, ...args),
  };
  const pipeline = {
    ...stores,
    ports,
    readEvent: createEventReader(stores),
    regionSync: createRegionAccountSync({
      ...stores,
      storeEvent: (read, signal) => storeEvent(stores, read, storeOptions, signal),
      recordUnreadableRows: async (odd) => (await recordUnreadableRows(stores, region, odd)).unread,
    }),
  };
  const close = async (): Promise<void> => {
    obf.close();
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
  };
  return { pipeline, close };
}
