import { applyIfPossible } from '../issuing/ledger.js';
import type { OwnRecord } from '../earners/portfolio.js';
import type { Person } from '../earners/person.js';
import type { Pipeline } from './pipeline.js';

/**
 * A server that takes over may know of a claim and not of the batch that made it (decision 10): nobody would
 * ever send it. Such awards are due again once all of the Région's account was read: what the batch had sent,
 * if it had, is held by then.
 * @returns whether there were any: the person is to be decided anew
 */
export async function freeOrphans(
  { batches, ledger, mirror, log }: Pick<Pipeline, 'batches' | 'ledger' | 'mirror' | 'log'>,
  { records }: Pick<Person, 'records'>,
  signal: AbortSignal,
): Promise<boolean> {
  const claims = records.flatMap(claimIn);
  const known = await Promise.all(claims.map(({ badgeId, batch }) => batches.find(badgeId, batch)));
  const orphans = claims.filter((_, at) => known[at] === null);
  if (orphans.length === 0) return false;
  const missed = orphans.map(({ batch }) => batch);
  await mirror.readAfterLoss(missed, signal);
  for (const { key, badgeId, batch } of orphans) {
    log.warn(
      { earner: key, badge: badgeId, batch },
      'a batch is gone with a lost Redis: its award is due again',
    );
    // Not if its batch was ended properly since we read the record.
    await applyIfPossible(ledger, key, badgeId, { type: 'abandon', batch });
  }
  return true;
}

/** What the lost batch had sent all the same is ours: it was found in OBF, and is written down as issued. */
export async function recordHeld(
  { ledger }: Pick<Pipeline, 'ledger'>,
  { records, portfolio }: Pick<Person, 'records' | 'portfolio'>,
): Promise<void> {
  for (const { key, badgeId, record } of records) {
    const held = portfolio.held.find((one) => one.badgeId === badgeId && !one.revoked);
    const event = record.state === 'due' ? (held?.eventId ?? null) : null;
    if (event !== null) await applyIfPossible(ledger, key, badgeId, { type: 'record', event });
  }
}

const claimIn = ({ key, badgeId, record }: OwnRecord) =>
  record.state === 'claimed' || record.state === 'unknown' ? [{ key, badgeId, batch: record.batch }] : [];
