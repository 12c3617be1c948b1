import type { BadgeId, EarnerKey } from '../ids.js';
import { applyIfPossible } from '../issuing/ledger.js';
import { enqueueEarners } from './enqueue-earners.js';
import type { Pipeline } from './pipeline.js';
import { readPortfolio } from './read-portfolio.js';

/**
 * Lifts the block of an award that was revoked by hand: it is given again as soon as its rule is met.
 * @returns false when it was not blocked
 */
export async function unblockAward(
  pipeline: Pipeline,
  earner: EarnerKey,
  badgeId: BadgeId,
): Promise<boolean> {
  const { held, blocked } = await readPortfolio(pipeline, earner);
  if (!blocked.includes(badgeId)) return false;
  const revoked = held.filter((assertion) => assertion.badgeId === badgeId && assertion.revoked);
  const events = revoked.flatMap(({ eventId }) => eventId ?? []);
  // A block that no evaluation has written down yet is written down, to be lifted.
  await applyIfPossible(pipeline.ledger, earner, badgeId, { type: 'revoked-by-human' });
  await pipeline.ledger.apply(earner, badgeId, { type: 'unblock', events });
  pipeline.log.warn({ earner, badge: badgeId }, 'block lifted');
  await enqueueEarners(pipeline.queues.earners, [earner], 'unblock');
  return true;
}
