import type { IssuingPorts } from '../issuing/parts.js';
import { createRegionAccountSync } from '../issuing/region-account-sync.js';
import { enqueueEarners } from '../queue/enqueue.js';
import { createEventReading } from './ingest/event-reading.js';
import { noteOddRows } from './ingest/odd-rows.js';
import { storeEvent, type StoreOptions } from './ingest/store-event.js';
import { checkEligibility, verifyHosted } from './issue/eligibility.js';
import { enqueueBatch, retryBatch } from './issue/gather-awards.js';
import { openStores, type PipelineOptions, type Stores } from './stores.js';

/** All that the jobs work with. */
export type Pipeline = ReturnType<typeof wirePipeline>['pipeline'];

/** Puts the pipeline together over one Redis connection, which stays the caller's. */
export function wirePipeline(options: PipelineOptions) {
  const stores = openStores(options);
  const pipeline = {
    ...stores,
    /** Reads the events that notices tell of. */
    reading: createEventReading(stores),
    regionSync: regionSyncOver(stores),
    /** What `issuing` asks of the rules and the queues. */
    ports: portsOver(stores),
  };
  const close = async (): Promise<void> => {
    stores.obf.close();
    await Promise.all(Object.values(stores.queues).map((queue) => queue.close()));
  };
  return { pipeline, close };
}

/** The cause of evaluations that a reading of the Région's account sets off. */
export const REGION_READ = 'region-account';

function regionSyncOver(stores: Stores) {
  const evaluate: StoreOptions['evaluate'] = (written) =>
    enqueueEarners(
      stores.queues.earners,
      written.map(({ earner }) => earner),
      REGION_READ,
    );
  return createRegionAccountSync({
    ...stores,
    storeEvent: (read, signal) => storeEvent(stores, read, { source: 'list', evaluate }, signal),
    noteOddRows: async (odd) => (await noteOddRows(stores, stores.region, odd)).unread,
  });
}

const portsOver = (stores: Stores): IssuingPorts => ({
  checkEligibility: (...about) => checkEligibility(stores, ...about),
  verifyHosted: (...about) => verifyHosted(stores, ...about),
  evaluate: (earners, suppressEmail) =>
    enqueueEarners(stores.queues.earners, earners, 'awards', suppressEmail),
  enqueueBatch: (badgeId, batchId) => enqueueBatch(stores, badgeId, batchId, 'first'),
  retryBatch: (...about) => retryBatch(stores, ...about),
});
