import type { EventRecipients, ObfAccount } from '../obf/types.js';
import type { EventNotice } from '../queue/jobs.js';
import type { EventToStore } from './store-event.js';

/** What is to be read of OBF, and what is known of it already where OBF itself listed it. */
export type EventAsked = Pick<EventNotice, 'clientId' | 'eventId' | 'revoked'> &
  Partial<Pick<EventNotice, 'badgeId' | 'recipientCount' | 'createdS' | 'modifiedS'>>;

/** An event and its recipients, read after they were asked for. */
export interface EventRead {
  readonly event: EventToStore;
  readonly recipients: EventRecipients;
}

/** Two calls; one for an event that OBF itself listed. */
export async function readAlone(
  account: ObfAccount,
  asked: EventAsked,
  signal: AbortSignal,
): Promise<EventRead> {
  const event = await eventOf(account, asked, signal);
  return { event, recipients: await account.recipientsOf(event.id, signal) };
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
