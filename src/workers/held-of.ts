import type { EarnerKey } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import { lastingRecords } from './lasting-records.js';
import type { Pipeline } from './pipeline.js';
import { readAddresses, type Address } from './read-addresses.js';

/**
 * Whether more is held of an address than an erasure leaves: a portfolio, a link, a note of the account, a
 * record that says more than it must. What was at work during an erasure may have written some of it after.
 */
export async function isMoreHeldThanLasts(
  {
    portfolios,
    ledger,
    audit,
    region,
    clock,
  }: Pick<Pipeline, 'portfolios' | 'ledger' | 'audit' | 'region' | 'clock'>,
  key: EarnerKey,
): Promise<boolean> {
  const file = await portfolios.read(key);
  if (file.assertions.length > 0 || file.linkedTo !== null || file.linked.length > 0) return true;
  const addresses = await readAddresses({ portfolios, ledger }, [key]);
  const lasting = lastingRecords(region, addresses, secondsOf(clock));
  return addresses.some((one) => saysMore(one, lasting)) || (await audit.isNoted(key));
}

const saysMore = ({ records }: Address, lasting: Address['records']): boolean =>
  [...records].some(([badgeId, { state }]) => state !== 'revoking' && lasting.get(badgeId)?.state !== state);
