import type { z } from 'zod';
import type { BadgeId, ClientId, EventId } from '../ids.js';
import type { eventRow, recipientRow } from './wire.js';

/** One act of issuing, as read from OBF. `logEntry` is parsed where it is JSON, and null in list rows. */
export type ObfEvent = Readonly<z.output<typeof eventRow>> & { readonly clientId: ClientId };

export type ObfRecipient = Readonly<z.output<typeof recipientRow>>;

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
  readonly total: number | null;
}

export interface ListRead {
  /** Distinct rows, odd ones included. */
  readonly distinct: number;
  /** As the last page said it; null where OBF does not say. */
  readonly total: number | null;
  /** As many distinct rows were read as OBF says there are. */
  readonly isWhole: boolean;
  readonly odd: readonly OddRow[];
}

/** The recipients of one event; `distinct` counts those without an address too. */
export interface EventRecipients extends Omit<ListRead, 'total'> {
  readonly recipients: readonly ObfRecipient[];
}

export interface PageQuery {
  readonly limit?: number;
  readonly offset?: number;
  /** Leaves out what is older. Whether OBF compares the date of issue or of recording is not known. */
  readonly beginS?: number;
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
