import type { AssertionId, BadgeId, ClientId, EventId } from '../ids.js';

/** One act of issuing, as read from OBF. Times are Unix seconds. */
export interface ObfEvent {
  readonly id: EventId;
  readonly clientId: ClientId;
  readonly badgeId: BadgeId;
  readonly issuedOnS: number;
  readonly expiresOnS: number | null;
  /** When OBF recorded it; `issuedOnS` may lie long before. Null where OBF does not say. */
  readonly createdS: number | null;
  /** When OBF changed it last; null where OBF does not say. */
  readonly modifiedS: number | null;
  /** How many recipients OBF says it has; null where it does not say. */
  readonly recipientCount: number | null;
  /** The issuer's own note, parsed where it is JSON; null in list rows. */
  readonly logEntry: unknown;
}

/** One recipient of an event. `email` is as the issuer typed it. */
export interface ObfRecipient {
  readonly assertionId: AssertionId;
  readonly eventId: EventId;
  readonly email: string;
  readonly name: string | null;
  readonly issuedOnS: number;
  readonly expiresOnS: number | null;
  readonly revoked: boolean;
}

export type ListName = 'events' | 'recipients' | 'badges';

/** A row of a list that cannot be read. Holds nothing of a person. */
export interface OddRow {
  readonly clientId: ClientId;
  readonly list: ListName;
  /** Of which event, where the row says so. */
  readonly eventId: EventId | null;
  /** The first field at fault, e.g. `assertion_id`. */
  readonly field: string;
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly odd: readonly OddRow[];
  /** One for each row of the page, odd ones included, in OBF's order: tells rows apart. */
  readonly keys: readonly string[];
  /** How many there are in all; null where OBF does not say. */
  readonly total: number | null;
}

/** What came of reading a whole list. */
export interface ListRead {
  /** Distinct rows, odd ones included. */
  readonly distinct: number;
  /** As the last page said it; null where OBF does not say. */
  readonly total: number | null;
  /** As many distinct rows were read as OBF says there are. */
  readonly isWhole: boolean;
  readonly odd: readonly OddRow[];
}

/** The recipients of one event. */
export interface EventRecipients {
  /** Those with an address. */
  readonly recipients: readonly ObfRecipient[];
  /** How many distinct assertions the list shows, those without an address and odd rows included. */
  readonly distinct: number;
  /** False: the list was not seen in full, or changed each time it was read. */
  readonly isWhole: boolean;
  readonly odd: readonly OddRow[];
}

/** Receives rows of a list as they are read, each once. */
export type OnRows<T> = (rows: readonly T[]) => Promise<void> | void;

export interface PageQuery {
  readonly limit?: number;
  readonly offset?: number;
}

export interface IssueRequest {
  readonly badgeId: BadgeId;
  readonly recipients: readonly { readonly email: string; readonly name: string | null }[];
  readonly issuedOnS: number;
  /** Kept with the event and given back by `event()`. Holds no address. */
  readonly logEntry: Readonly<Record<string, unknown>>;
  /** Whether OBF writes to the recipients; default true. */
  readonly sendEmail?: boolean;
}

/**
 * One organisation's OBF account. Every call keeps to `OBF_MAX_RPS` with all processes together, and
 * throws an `ObfError` typed by certainty. An aborted signal rejects before the call is sent.
 */
export interface ObfAccount {
  readonly clientId: ClientId;
  /** The same account, whose calls leave only while no other call of this client waits. */
  inBackground(): ObfAccount;
  ping(signal?: AbortSignal): Promise<void>;
  /** How many badges the subscription may still issue; null where OBF does not say. */
  issuingLimit(signal?: AbortSignal): Promise<number | null>;
  /** Every badge but drafts. @throws ObfUnreadable when the list changes each time it is read */
  badges(
    signal?: AbortSignal,
    onOdd?: (row: OddRow) => void,
  ): Promise<readonly { readonly id: BadgeId; readonly name: string | null }[]>;
  event(eventId: EventId, signal?: AbortSignal): Promise<ObfEvent>;
  /** One page of the account's events, `limit` 1000 by default. */
  events(
    query: PageQuery & { readonly beginS?: number; readonly badgeId?: BadgeId },
    signal?: AbortSignal,
  ): Promise<Page<ObfEvent>>;
  /** One page of the recipients of all of the account's events, `limit` 1000 by default. */
  recipients(
    query: PageQuery & { readonly beginS?: number },
    signal?: AbortSignal,
  ): Promise<Page<ObfRecipient>>;
  /** Every recipient of one event, all pages. */
  recipientsOf(eventId: EventId, signal?: AbortSignal): Promise<EventRecipients>;
  /** Issues one event to all recipients; resolves with its id. The one call that must never be repeated blindly. */
  issue(request: IssueRequest, signal?: AbortSignal): Promise<EventId>;
  /** Revokes an event for some of its recipients; resolves with how many were. */
  revoke(eventId: EventId, emails: readonly string[], signal?: AbortSignal): Promise<number>;
}

/** Finds the account of a client; null: we hold no API key for it. */
export type ObfAccounts = (clientId: ClientId) => ObfAccount | null;
