import { completenessOf } from '../obf/listed.js';
import type { EventRecipients, ObfAccount, ObfEvent } from '../obf/types.js';
import type { EventNotice } from '../queue/jobs.js';

/** What must be known of an event to keep it. */
export type EventToStore = Pick<ObfEvent, 'id' | 'clientId' | 'badgeId' | 'recipientCount' | 'modifiedS'> &
  Partial<Pick<ObfEvent, 'createdS'>>;

/** What is to be read of OBF, and what is known of it already where OBF itself listed it. */
export type EventAsked = Pick<EventNotice, 'clientId' | 'eventId' | 'revoked'> &
  Partial<Pick<EventNotice, 'badgeId' | 'recipientCount' | 'createdS' | 'modifiedS'>>;

/** An event and its recipients, read after they were asked for. */
export interface EventRead {
  readonly event: EventToStore;
  readonly recipients: EventRecipients;
}

/**
 * Two calls; one for an event that OBF itself listed, unless it does not show all of it: then its count is asked for
 * anew, since the list may be of before.
 * @throws ObfRefused, 404 for an event that was deleted since it was listed
 */
export async function readAlone(
  account: ObfAccount,
  asked: EventAsked,
  signal: AbortSignal,
): Promise<EventRead> {
  const event = await eventOf(account, asked, signal);
  const recipients = await account.recipientsOf(event.id, signal);
  const isListed = asked.badgeId !== undefined;
  if (!isListed || completenessOf(event, recipients) !== 'incomplete') return { event, recipients };
  return { event: await account.event(event.id, signal), recipients };
}

async function eventOf(
  account: ObfAccount,
  { clientId, eventId, badgeId, recipientCount = null, createdS = null, modifiedS = null }: EventAsked,
  signal: AbortSignal,
): Promise<EventToStore> {
  // Without its count it could not be told when all of it was read.
  if (badgeId === undefined || recipientCount === null) return account.event(eventId, signal);
  return { id: eventId, clientId, badgeId, recipientCount, createdS, modifiedS };
}
