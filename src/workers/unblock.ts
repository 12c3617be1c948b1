import type { BadgeId, EarnerKey } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import { journalEntry } from '../earners/journal-entry.js';
import { enqueueEarners } from '../queue/enqueue.js';
import { readPerson } from '../earners/person.js';
import type { Pipeline } from './pipeline.js';

/**
 * Lifts the block of an award that was revoked by hand: it is given again as soon as its rule is met.
 * @returns false when it was not blocked
 */
export async function unblockAward(pipeline: Pipeline, asked: EarnerKey, badgeId: BadgeId): Promise<boolean> {
  const { ledger, queues, clock, log, scheme } = pipeline;
  const { earner, records, portfolio } = await readPerson(pipeline, asked);
  if (!portfolio.blocked.includes(badgeId)) return false;
  const revoked = portfolio.held.filter((assertion) => assertion.badgeId === badgeId && assertion.revoked);
  const events = revoked.flatMap(({ eventId }) => eventId ?? []);
  const known = records.filter((one) => one.badgeId === badgeId && one.record.state === 'blocked');
  // A block that no evaluation has written down yet is written down, to be lifted.
  if (known.length === 0) await ledger.applyIfPossible(earner, badgeId, { type: 'revoked-by-human' });
  const award = scheme.awards.find((one) => one.badgeId === badgeId)?.id ?? null;
  const lifted = known.length === 0 ? [earner] : known.map(({ key }) => key);
  for (const [nth, key] of lifted.entries())
    await ledger.apply(key, badgeId, { type: 'unblock', events }, () =>
      // It is told once of the person, under whichever address.
      nth > 0
        ? null
        : journalEntry('unblocked', secondsOf(clock), { earner: key, award, badgeId, cause: 'ops' }),
    );
  log.warn({ earner, badge: badgeId }, 'block lifted');
  await enqueueEarners(queues.earners, [earner], 'unblock');
  return true;
}
