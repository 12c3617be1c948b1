import { createEventReading } from './ingest/event-reading.js';
import { createRegionAccountSync } from './ingest/region-account.js';
import { openStores, type PipelineOptions } from './stores.js';

/** All that the jobs work with. */
export type Pipeline = ReturnType<typeof wirePipeline>['pipeline'];

/** Puts the pipeline together over one Redis connection, which stays the caller's. */
export function wirePipeline(options: PipelineOptions) {
  const stores = openStores(options);
  const pipeline = {
    ...stores,
    /** Reads the events that notices tell of. */
    reading: createEventReading(stores),
    regionSync: createRegionAccountSync(stores),
  };
  const close = async (): Promise<void> => {
    stores.obf.close();
    await Promise.all(Object.values(stores.queues).map((queue) => queue.close()));
  };
  return { pipeline, close };
}
