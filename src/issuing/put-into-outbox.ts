import type { BadgeId, EventId } from '../ids.js';
import { applyIfPossible } from './ledger.js';
import type { Decision } from '../workers/decide.js';
import { isUnderWayElsewhere, type Person } from '../earners/person.js';
import type { Pipeline } from '../workers/pipeline.js';

/** How an award leaves. */
export interface Leaving {
  /** What set it off. */
  readonly cause: string;
  /** OBF sends no e-mail. */
  readonly quiet: boolean;
}

/**
 * Puts what is due to one person into the outbox; whoever calls has it gathered. An award that is already
 * on its way in a batch stays there, and one that was issued meanwhile stays issued.
 * @returns how many wait for each badge that this person waits for now
 */
export async function putIntoOutbox(
  { ledger, outbox }: Pick<Pipeline, 'ledger' | 'outbox'>,
  { person, due }: Pick<Decision, 'person' | 'due'>,
  leaving: Leaving,
): Promise<ReadonlyMap<BadgeId, number>> {
  const { earner } = person;
  const waiting = new Map<BadgeId, number>();
  for (const { badgeId } of due.map(({ award }) => award)) {
    if (isUnderWayElsewhere(person, badgeId)) continue;
    const event = { type: 'comes-due', over: eventsOf(person, badgeId), ...leaving } as const;
    const record = await applyIfPossible(ledger, earner, badgeId, event);
    if (record?.state === 'due') waiting.set(badgeId, await outbox.put(badgeId, earner, record.quiet));
  }
  return waiting;
}

/** The events of this badge that the person is known to have had, and that are over. */
const eventsOf = ({ portfolio }: Person, badgeId: BadgeId): readonly EventId[] =>
  portfolio.held.filter((assertion) => assertion.badgeId === badgeId).flatMap(({ eventId }) => eventId ?? []);
