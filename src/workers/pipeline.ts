import type { IssuingPorts } from '../issuing/parts.js';
import { createRegionAccountSync, REGION_READ } from '../issuing/region-account-sync.js';
import { enqueueEarners } from '../queue/enqueue.js';
import { createEventReading } from './ingest/event-reading.js';
import { noteOddRows } from './ingest/poll-events.js';
import { evaluatingFor, storeEvent, type StoreOptions } from './ingest/store-event.js';
import { checkEligibility } from './issue/eligibility.js';
import { issueSoon } from './issue/gather-awards.js';
import { openStores, type PipelineOptions } from './stores.js';

/** All that the jobs work with. */
export type Pipeline = ReturnType<typeof wirePipeline>['pipeline'];

/** Puts the pipeline together over one Redis connection, which stays the caller's. */
export function wirePipeline(options: PipelineOptions) {
  const stores = openStores(options);
  const { queues, region, obf } = stores;
  const howToStore: StoreOptions = { source: 'list', evaluate: evaluatingFor(stores, REGION_READ) };
  const ports: IssuingPorts = {
    checkEligibility: (...about) => checkEligibility(stores, ...about),
    evaluate: (earners, suppressEmail) => enqueueEarners(queues.earners, earners, 'awards', suppressEmail),
    issueSoon: (...about) => issueSoon(stores, ...about),
  };
  const pipeline = {
    ...stores,
    ports,
    /** Reads the events that notices tell of. */
    reading: createEventReading(stores),
    regionSync: createRegionAccountSync({
      ...stores,
      storeEvent: (read, signal) => storeEvent(stores, read, howToStore, signal),
      noteOddRows: async (odd) => (await noteOddRows(stores, region, odd)).unread,
    }),
  };
  const close = async (): Promise<void> => {
    obf.close();
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
  };
  return { pipeline, close };
}
