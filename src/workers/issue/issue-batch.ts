import type { BadgeId, BatchId, EarnerKey } from '../../ids.js';
import { ObfRefused } from '../../obf/errors.js';
import { applyIfPossible } from '../../issuing/ledger.js';
import type { Batch } from '../../issuing/batches.js';
import { accountFault, passHold, putOnHold } from './refusal.js';
import { recordSent, send } from './send.js';
import { NotSettledYet, type DueAward, type Issuing, type IssueOutcome } from '../../issuing/types.js';

const NOTHING: IssueOutcome = { again: [], split: [] };

/**
 * Issues one batch. May be run again at any time, by anybody, after any fault: what OBF has is never
 * sent again, and what it may have is looked for first.
 * @throws NotSettledYet, OnHold, or an ObfError by certainty, when it is to be run again; ObfRefused when not
 */
export async function issueBatch(
  issuing: Issuing,
  badgeId: BadgeId,
  id: BatchId,
  signal: AbortSignal,
): Promise<void> {
  const batch = await issuing.batches.find(badgeId, id);
  if (batch === null) return;
  if (batch.state === 'sent' && batch.event !== null) {
    // We were stopped after OBF had answered.
    await conclude(issuing, batch, await recordSent(issuing, batch, batch.event, null));
    return;
  }
  try {
    await serve(issuing, batch, signal);
  } catch (error) {
    // Redis may have lost it under our hands: then nobody else knows whom it was for.
    if (await isLost(issuing, batch)) await issuing.evaluate(batch.earners, batch.suppressEmail);
    throw error;
  }
}

/** Not known to be lost while Redis does not answer. */
const isLost = ({ batches }: Issuing, { badgeId, id }: Batch): Promise<boolean> =>
  batches.find(badgeId, id).then(
    (kept) => kept === null,
    () => false,
  );

async function serve(issuing: Issuing, batch: Batch, signal: AbortSignal): Promise<void> {
  // What may be in OBF already is looked for all the same.
  const ended = batch.state === 'open' ? await passHold(issuing, batch, signal) : null;
  const sinceMs = await waitUntilSettled(issuing, batch);
  const { claimed, others } = await claim(issuing, batch);
  issuing.reached('after-claim');
  if (claimed.length > 0)
    await look(issuing, batch, batch.state === 'sending' || sinceMs > batch.createdMs, signal);
  const unread = await issuing.verify(batch.badgeId, claimed, signal);
  const { due, again, unreadable } = await sort(issuing, batch.badgeId, claimed, unread);
  // Before the call: were it to fail, nobody would remember them; nor those whom an earlier run left out.
  await issuing.evaluate([...others, ...again], batch.suppressEmail);
  if (unreadable.size > 0) {
    await conclude(issuing, batch, { again: [], split: await setAside(issuing, batch, unreadable) });
    return;
  }
  if (due.size === 0) {
    // The look alone has shown that it is mended: no answer to a call will.
    if (ended !== null && ended.code !== 'refusal') await issuing.holds.end(batch.badgeId);
    await conclude(issuing, batch, NOTHING);
    return;
  }
  if (batch.state !== 'open') await passHold(issuing, batch, signal);
  const outcome = await send(issuing, batch, due, signal);
  if (outcome.split.length === 0) await endRefusals(issuing, batch, signal);
  await conclude(issuing, batch, outcome);
}

/** Batches of one that OBF refused, for people who have the badge now, are run again: nothing is left to send, and they end. */
async function endRefusals(
  issuing: Issuing,
  { badgeId, id, earners }: Batch,
  signal: AbortSignal,
): Promise<void> {
  const { batches, sendAgain } = issuing;
  for (const otherId of await batches.of(badgeId)) {
    const other = otherId === id ? null : await batches.find(badgeId, otherId);
    const isOver = other?.refusedAlone === true && other.earners.every((earner) => earners.includes(earner));
    if (isOver) await sendAgain(badgeId, otherId, signal);
  }
}

/** @throws OnHold when the account cannot be read because OBF refuses all of its calls */
async function look(
  issuing: Issuing,
  { badgeId }: Batch,
  thorough: boolean,
  signal: AbortSignal,
): Promise<void> {
  try {
    await issuing.lookInObf(signal, thorough);
  } catch (error) {
    const refused = error instanceof Error && error.cause instanceof ObfRefused;
    const fault = refused ? await accountFault(issuing, badgeId, 0, signal) : null;
    throw fault === null ? error : await putOnHold(issuing, badgeId, fault);
  }
}

/**
 * Until a call that may be on its way must show in OBF: this batch's own, or one that a lost Redis knew of.
 * Resolves with since when Redis remembers.
 */
async function waitUntilSettled(issuing: Issuing, batch: Batch): Promise<number> {
  const { now, settleMs, incarnation, batches } = issuing;
  const sinceMs = await incarnation.knownSinceMs();
  const nowMs = await now();
  let sentMs = batch.state === 'sending' ? (batch.sentMs ?? nowMs) : 0;
  // Redis' clock was set back: from now on will do.
  if (sentMs > nowMs) sentMs = await batches.restamp(batch);
  const waitMs = Math.max(sentMs, sinceMs) + settleMs - nowMs;
  if (waitMs > 0) throw new NotSettledYet(waitMs);
  return sinceMs;
}

/** The earners that are this batch's to serve; the others were served, or withdrawn, before. */
async function claim({ ledger }: Issuing, batch: Batch) {
  const claims = await Promise.all(
    batch.earners.map(async (earner) => {
      const event = { type: 'claim', batch: batch.id } as const;
      const claimed = applyIfPossible(ledger, earner, batch.badgeId, event);
      // A record that cannot be read is found again, and told, when the earner is looked at.
      return { earner, mine: (await claimed.catch(() => true)) !== null };
    }),
  );
  const of = (wanted: boolean): readonly EarnerKey[] =>
    claims.filter(({ mine }) => mine === wanted).map(({ earner }) => earner);
  return { claimed: of(true), others: of(false) };
}

/** Decides anew for everyone: who holds it by now, who no longer is due it, who is to be sent it. */
async function sort(
  issuing: Issuing,
  badgeId: BadgeId,
  earners: readonly EarnerKey[],
  unread: ReadonlyMap<EarnerKey, unknown>,
) {
  const due = new Map<EarnerKey, DueAward>();
  const again: EarnerKey[] = [];
  const unreadable = new Map(unread);
  const sortOne = async (earner: EarnerKey): Promise<void> => {
    const standing = await issuing.checkEligibility(badgeId, earner);
    if (standing.is === 'due') due.set(earner, standing.award);
    else if (standing.is === 'held') {
      await issuing.ledger.apply(earner, badgeId, { type: 'record', event: standing.event });
      again.push(earner);
    } else if ((await withdraw(issuing, badgeId, earner)) || standing.moved === true) again.push(earner);
  };
  await Promise.all(
    earners
      .filter((earner) => !unread.has(earner))
      .map((earner) => sortOne(earner).catch((error: unknown) => void unreadable.set(earner, error))),
  );
  return { due, again, unreadable };
}

/**
 * One earner of whom Redis, or OBF, cannot be read does not hold up the others: the batch's place is taken by one
 * without them, and one for each of them. Alone, their fault is the job's.
 */
async function setAside(
  { ledger, batches }: Issuing,
  batch: Batch,
  unreadable: ReadonlyMap<EarnerKey, unknown>,
): Promise<readonly BatchId[]> {
  const [first] = unreadable.values();
  if (batch.earners.length === 1) throw first;
  const release = { type: 'release' } as const;
  const good = batch.earners.filter((earner) => !unreadable.has(earner));
  // A record that cannot be read cannot be released either; its next claim fails, and says so.
  await Promise.allSettled(
    batch.earners.map((earner) => applyIfPossible(ledger, earner, batch.badgeId, release)),
  );
  return batches.split(batch, [good, ...[...unreadable.keys()].map((earner) => [earner])]);
}

/**
 * Takes back what was due. An evaluation that found it due again while it was ours left it to us: if it
 * is due after all, the earner is evaluated once more.
 */
async function withdraw(issuing: Issuing, badgeId: BadgeId, earner: EarnerKey): Promise<boolean> {
  await applyIfPossible(issuing.ledger, earner, badgeId, { type: 'withdraw' });
  return (await issuing.checkEligibility(badgeId, earner)).is === 'due';
}

/** The batch is forgotten last: were we stopped before, all of this is done again. */
async function conclude(issuing: Issuing, batch: Batch, { again, split }: IssueOutcome): Promise<void> {
  await issuing.evaluate(again, batch.suppressEmail);
  if (split.length === 0) await issuing.batches.finish(batch);
  else await issuing.enqueueParts(batch.badgeId, split);
}
