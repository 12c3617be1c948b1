import { setTimeout as pause } from 'node:timers/promises';
import type { AwardRecord } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import { transition } from '../issuing/award-record.js';
import { secondsOf } from '../platform/clock.js';
import type { Stores } from './stores.js';

/** OBF may be receiving an award of this person at this moment, and did not answer in time. To be tried again. */
export class AwardInFlight extends Error {
  readonly code = 'still_under_way';
  constructor() {
    super('An award of this person, or what came in for them, is still on its way: try again in a minute');
    this.name = 'AwardInFlight';
  }
}

/** How long to wait for what is in flight, milliseconds, and until when. */
export interface Waiting {
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/** How long a call of unknown outcome, and what follows from it, takes at most in a good hour. */
export const arrivalMs = ({ pace }: Pick<Stores, 'pace'>): number => pace.sendWithinMs + 2 * pace.settleMs;

/** Withdraws what waits for these addresses; what is in flight stays so. @returns how many waited */
export async function withdrawWaiting(
  { ledger, outbox, clock }: Stores,
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

/** Resolves when OBF is being told of no award of these addresses. @throws AwardInFlight */
export async function drainInFlight(
  stores: Stores,
  keys: readonly EarnerKey[],
  { withinMs, signal }: Waiting,
): Promise<void> {
  if (!(await within(withinMs, signal, async () => !(await isAnyInFlight(stores, keys)))))
    throw new AwardInFlight();
}

async function isAnyInFlight({ ledger, batches }: Stores, keys: readonly EarnerKey[]): Promise<boolean> {
  for (const key of keys)
    for (const [badgeId, record] of await ledger.readAll(key)) {
      if (record.state !== 'claimed' && record.state !== 'unknown') continue;
      // An open batch decides its people anew; without its batch, no award is sent.
      const batch = await batches.find(badgeId, record.batch);
      if (batch !== null && batch.state !== 'open') return true;
    }
  return false;
}

const LOOK_EVERY_MS = 250;

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
