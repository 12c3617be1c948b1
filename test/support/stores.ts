import { createEarnerStore, type EarnerStore } from '../../src/earners/store.js';
import { createReviewFlags, type ReviewFlags } from '../../src/issuing/review-flags.js';
import { createLedger, type Ledger } from '../../src/issuing/ledger.js';
import { createJournal, type Journal } from '../../src/journal/journal.js';
import { systemClock, type Clock } from '../../src/platform/clock.js';
import type { RedisConnection } from '../../src/platform/redis.js';
import type { Vault } from '../../src/platform/vault.js';
import { withLinked, withLinkedTo } from '../../src/workers/link-addresses.js';
import type { EarnerKey } from '../../src/ids.js';

/** What is stored of people, as the pipeline opens it. */
export interface Stores {
  readonly earners: EarnerStore;
  readonly journal: Journal;
  readonly vault: Vault;
  readonly ledger: Ledger;
  readonly flags: ReviewFlags;
}

/** @param prefix of the keys */
export function storesIn(
  redis: RedisConnection,
  prefix: string,
  vault: Vault,
  clock: Clock = systemClock,
): Stores {
  const earners = createEarnerStore(redis, prefix, vault);
  const journal = createJournal({ redis, prefix, earners, vault, timeZone: 'Europe/Paris' });
  return {
    earners,
    journal,
    vault,
    ledger: createLedger(earners, journal, clock),
    flags: createReviewFlags(redis, prefix, earners, journal),
  };
}

/** Leaves two addresses as a link does. */
export async function linkRecords(
  { update }: Pick<EarnerStore, 'update'>,
  person: EarnerKey,
  other: EarnerKey,
): Promise<void> {
  await update(other, withLinkedTo(person));
  await update(person, withLinked([other]));
}
