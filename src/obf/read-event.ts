import { completenessOf } from './list.js';
import type { EventRecipients, ObfAccount, ObfEvent } from './types.js';
import type { BadgeId, ClientId, EventId } from '../ids.js';

/** What must be known of an event to keep it. */
export type EventToStore = Pick<ObfEvent, 'id' | 'clientId' | 'badgeId' | 'recipientCount' | 'modifiedS'> &
  Partial<Pick<ObfEvent, 'createdS'>>;

/** What is to be read of OBF, and what is known of it already where OBF itself listed it. */
export interface EventAsked {
  readonly clientId: ClientId;
  readonly eventId: EventId;
  readonly badgeId?: BadgeId | undefined;
  readonly recipientCount?: number | null | undefined;
  readonly createdS?: number | null | undefined;
  readonly modifiedS?: number | null | undefined;
  /** A revocation was told: a list may leave out who was revoked. */
  readonly revoked?: boolean | undefined;
  /** An update was told, which may be a revocation. */
  readonly updated?: boolean | undefined;
}

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

/** OBF shows fewer recipients of an event than it says it has: it is looked at again, at growing distances. */
export class EventIncomplete extends Error {
  readonly code = 'event_incomplete';
  constructor(
    { clientId, id, recipientCount }: EventToStore,
    readonly seen: number,
    /** How soon it is looked at again, at first, milliseconds. */
    readonly firstMs: number,
  ) {
    super(
      `OBF shows ${seen} of ${recipientCount ?? 'an unknown number of'} recipients of event ${id} of client ${clientId}; ` +
        'those are stored, and it is read again',
    );
    this.name = 'EventIncomplete';
  }
}

/** Rows of OBF cannot be read. The others are stored; it is OBF's to mend. */
export class RowUnreadable extends Error {
  readonly code = 'row_unreadable';
  constructor(clientId: ClientId, where: string, fields: readonly string[]) {
    super(
      `OBF shows a row that cannot be read: client ${clientId}, ${where}, field ${fields.join(', ')}. ` +
        'The others are stored. Have OBF mend it, then send this again',
    );
    this.name = 'RowUnreadable';
  }
}
