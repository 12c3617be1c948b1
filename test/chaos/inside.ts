import type { Job, Queue } from 'bullmq';
import { asBadgeId, asClientId, type BadgeId, type EarnerKey } from '../../src/ids.js';
import type { Ledger } from '../../src/issuing/ledger.js';
import { createBatches, createOutbox } from '../../src/issuing/outbox.js';
import { createLogger } from '../../src/platform/logger.js';
import { closeRedis, openConsumer } from '../../src/platform/redis.js';
import { createVault } from '../../src/platform/vault.js';
import type { EarnerRecord } from '../../src/earners/record.js';
import { earnerKeyOf, type Portfolio, readPerson } from '../../src/earners/person.js';
import { createEventIndex } from '../../src/obf/read-state.js';
import { batchJobId, DATA_PREFIX, QUEUES } from '../../src/queue/jobs.js';
import { openQueue } from '../../src/queue/enqueue.js';
import { storesIn } from '../support/stores.js';
import type { Stage } from './stage.js';
import { REGION, REGION_BADGES } from './world.js';

export interface FailedJob {
  readonly queue: string;
  readonly id: string;
  readonly reason: string;
  readonly data: unknown;
}

/** What Palier itself believes: read in its Redis, with its own code. */
export interface Inside {
  keyOf(address: string): EarnerKey;
  readonly ledger: Ledger;
  portfolioOf(address: string): Promise<Portfolio>;
  recordOf(address: string): Promise<EarnerRecord>;
  seenOf(clientId: string): Promise<number>;
  failed(): Promise<readonly FailedJob[]>;
  /** All that is still to be done, in words; those that would wait for long are told to go on. */
  pending(hurryBeyondMs: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function openInside({ redis, palierKey }: Pick<Stage, 'redis' | 'palierKey'>): Inside {
  const connection = openConsumer(redis.address);
  connection.on('error', () => {});
  const log = createLogger('silent', 'chaos');
  const vault = createVault(palierKey);
  const region = asClientId(REGION);
  const { earners, ledger } = storesIn(connection, DATA_PREFIX, vault, Date.now);
  const outbox = createOutbox(connection, DATA_PREFIX, async () => Date.now());
  const batches = createBatches(connection, DATA_PREFIX, async () => Date.now());
  const events = createEventIndex(connection, DATA_PREFIX);
  const queues = QUEUES.map((name) => openQueue(name, connection, log));
  const keyOf: Inside['keyOf'] = (address) => earnerKeyOf(vault, address);

  const failed = async (): Promise<readonly FailedJob[]> => {
    const jobs = await Promise.all(queues.map(async (queue) => ({ queue, found: await queue.getFailed() })));
    return jobs.flatMap(({ queue, found }) =>
      found.map(({ id = '', failedReason, data }) => ({
        queue: queue.name,
        id,
        reason: failedReason,
        data: data as unknown,
      })),
    );
  };
  const unfinished = async (badgeId: BadgeId, settledIds: ReadonlySet<string>): Promise<string[]> => {
    const waiting = await outbox.waiting(badgeId);
    const open = (await batches.ids(badgeId)).filter((id) => !settledIds.has(batchJobId(id)));
    return [
      ...(waiting > 0 ? [`${waiting} in the outbox of ${badgeId}`] : []),
      ...open.map((id) => `batch ${id} of ${badgeId}`),
    ];
  };
  return {
    keyOf,
    ledger,
    portfolioOf: async (address) => (await readPerson({ region, earners }, keyOf(address))).portfolio,
    recordOf: (address) => earners.read(keyOf(address)),
    seenOf: (clientId) => events.count(asClientId(clientId)),
    failed,
    async pending(hurryBeyondMs) {
      const jobs = (await Promise.all(queues.map((queue) => pendingIn(queue, hurryBeyondMs)))).flat();
      const failedIds = new Set((await failed()).map(({ id }) => id));
      const left = await Promise.all(REGION_BADGES.map((id) => unfinished(asBadgeId(id), failedIds)));
      return [...jobs, ...left.flat()];
    },
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
      closeRedis(connection);
    },
  };
}

/** A scheduler always has its next job waiting. */
const isScheduled = ({ id, repeatJobKey }: Job): boolean =>
  repeatJobKey !== undefined || (id?.startsWith('repeat:') ?? false);

/**
 * Back-off grows to an hour. What waits that long is not waited for but sent on, as time would: it
 * shortens the run and nothing else.
 */
async function pendingIn(queue: Queue, hurryBeyondMs: number): Promise<string[]> {
  const jobs = await queue.getJobs(['waiting', 'active', 'delayed', 'prioritized']);
  const ours = jobs.filter((job) => (job as Job | undefined) !== undefined && !isScheduled(job));
  for (const job of ours)
    if (job.delay > hurryBeyondMs && (await job.isDelayed())) await job.promote().catch(() => {});
  return ours.map(({ id }) => `${queue.name}: ${id}`);
}
