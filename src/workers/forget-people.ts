import { secondsOf } from '../platform/clock.js';
import { badgesOf, type ErasedNumbers, type PersonToErase } from './erasing.js';
import { lastingRecords } from './lasting-records.js';
import { lowerFlagsOf } from './lower-flags.js';
import type { Pipeline } from './pipeline.js';
import { createPlanStore } from './plan-store.js';
import type { Address } from './read-addresses.js';
import { removeJobsAbout } from './remove-jobs.js';
import { isOfRevocation } from './settle-people.js';

/** With all that stands under their addresses, as it was read when nothing more could be given to them. */
export interface Going extends PersonToErase {
  readonly addresses: readonly Address[];
}

/** Everything but the portfolios. */
export async function forgetPeople(
  pipeline: Pipeline,
  people: readonly Going[],
  removed: number,
): Promise<ErasedNumbers> {
  const { audit } = pipeline;
  const addresses = people.flatMap((one) => one.addresses);
  const keys = new Set(addresses.map(({ key }) => key));
  let awards = 0;
  for (const one of people) awards += await shortenLedgers(pipeline, one);
  await createPlanStore(pipeline.people).forget(keys);
  const flags = await lowerFlagsOf(pipeline, keys);
  let entries = 0;
  for (const key of keys) entries += await audit.forget(key);
  const { removed: more } = await removeJobsAbout(pipeline, keys, isOfRevocation(addresses));
  return {
    people: people.length,
    addresses: addresses.length,
    assertions: addresses.reduce((sum, { assertions }) => sum + assertions.length, 0),
    entries,
    jobs: removed + more,
    flags,
    awards,
  };
}

/** Under every address the same: that they were one person's is forgotten, that each has its awards is not. */
async function shortenLedgers(
  { ledger, region, clock }: Pipeline,
  { addresses, keys }: Going,
): Promise<number> {
  const lasting = lastingRecords(region, addresses, secondsOf(clock));
  for (const key of keys)
    for (const badgeId of new Set([...badgesOf(addresses), ...lasting.keys()]))
      await ledger.amend(key, badgeId, (now) =>
        now?.state === 'revoking' ? now : (lasting.get(badgeId) ?? null),
      );
  return lasting.size;
}
