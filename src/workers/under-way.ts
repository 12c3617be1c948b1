import { setTimeout as pause } from 'node:timers/promises';
import type { EarnerKey } from '../ids.js';
import { transition, type AwardRecord } from '../issuing/award-record.js';
import { secondsOf } from '../platform/clock.js';
import type { Pipeline } from './pipeline.js';

/**
 * An award of this person is on its way to OBF or being taken back, or what came in for them is being carried out,
 * and that was not done in time. Nothing is changed; to be tried again once it is.
 */
export class StillUnderWay extends Error {
  readonly code = 'still_under_way';
  constructor() {
    super('An award of this person, or what came in for them, is still on its way: try again in a minute');
    this.name = 'StillUnderWay';
  }
}

const LOOK_EVERY_MS = 250;

/** How long a call of unknown outcome, and what follows from it, takes at most in a good hour. */
export const arrivalMs = ({ pace }: Pick<Pipeline, 'pace'>): number => pace.sendWithinMs + 2 * pace.settleMs;

/** What waits for these addresses waits no more; what is on its way stays so. Resolves with how many waited. */
export async function withdrawWaiting(
  { ledger, outbox, clock }: Pick<Pipeline, 'ledger' | 'outbox' | 'clock'>,
  keys: readonly EarnerKey[],
): Promise<number> {
  const withdrawn = (record: AwardRecord | null): AwardRecord | null =>
    record?.state === 'due' ? transition(record, { type: 'withdraw' }, secondsOf(clock)) : record;
  let count = 0;
  for (const key of keys)
    for (const [badgeId, { state }] of await ledger.readAll(key)) {
      // One that is claimed meanwhile is not withdrawn: it may be sent at this moment.
      const now = state === 'due' ? await ledger.amend(key, badgeId, withdrawn) : null;
      if (now?.state === 'withdrawn') count += 1;
      await outbox.remove(badgeId, [key]);
    }
  return count;
}

/**
 * How far a person's awards are: `sending`, when OBF may be about to be told of one, or may have been told;
 * `revoking`, when one is being taken back; else nothing is on its way.
 */
export async function underWay(
  { ledger, batches }: Pick<Pipeline, 'ledger' | 'batches'>,
  keys: readonly EarnerKey[],
): Promise<'sending' | 'revoking' | null> {
  let found: 'revoking' | null = null;
  for (const key of keys)
    for (const [badgeId, record] of await ledger.readAll(key)) {
      if (record.state === 'revoking') found = 'revoking';
      if (record.state !== 'claimed' && record.state !== 'unknown') continue;
      // Without its batch, nobody sends it any more.
      if ((await batches.find(badgeId, record.batch)) !== null) return 'sending';
    }
  return found;
}

/** Asks every so often until `done`; false when `withinMs` have passed. */
export async function within(
  withinMs: number,
  signal: AbortSignal,
  done: () => Promise<boolean>,
): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    if (await done()) return true;
    if (performance.now() >= endMs) return false;
    await pause(LOOK_EVERY_MS, undefined, { signal });
  }
}
