import type { IssueBody } from '../obf/wire.js';
import type { RouteName } from './route-names.js';

/** How the local Open Badge Factory behaves. `startSandbox` (server.ts) opens it. */
export interface SandboxOptions {
  /** 0, the default: any free one. */
  readonly port?: number;
  /** The present in milliseconds; dates, token expiry and the limits below follow it. A clock that stands still does not hold the limits: they also pass with real time. */
  readonly clock?: () => number;
  /** One token per client in so many ms; a sooner request is refused with 429. Default 10 000; 0: no limit. */
  readonly tokenEveryMs?: number;
  /** How long a token lasts, seconds. Default 3600. */
  readonly tokenTtlS?: number;
  /** Calls per client in any sliding second, tokens aside; above: 429 with `Retry-After`. Default 10; null: no limit. */
  readonly maxRps?: number | null;
  /** Badges that each client may still issue: counts down, then the issue call is refused. Default: no limit. */
  readonly issuingLimit?: number;
}

/** One HTTP call, in order of arrival. */
export interface ReceivedCall {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly route: RouteName | 'unknown';
  /** Null on the public routes. */
  readonly clientId: string | null;
  readonly query: Readonly<Record<string, string>>;
  /** `'lost'`: no answer was given, or not yet. */
  readonly status: number | 'lost' | 'reset';
  readonly body: unknown;
}

/** One issue call, whether it took effect or not. */
export interface ReceivedIssue extends ReceivedCall {
  readonly clientId: string;
  readonly badgeId: string;
  /** The addresses, as typed. */
  readonly recipients: readonly string[];
  /** What could be read of the body; fields that could not are empty here, and whole in `calls`. */
  readonly body: IssueBody;
  /** Null: nothing was issued. */
  readonly eventId: string | null;
}

/** One act of issuing, as its test or story needs it. */
export interface EventRecord {
  readonly id: string;
  readonly clientId: string;
  readonly badgeId: string;
  /** In the order in which the recipients were given. */
  readonly assertions: readonly AssertionRecord[];
}

export interface AssertionRecord {
  readonly id: string;
  readonly email: string;
  readonly revoked: boolean;
  /** Its Open Badges 3.0 credential. */
  readonly url: string;
  /** Its Open Badges 2.0 assertion. */
  readonly urlV1: string;
}

export interface HandIssue {
  readonly clientId: string;
  readonly badgeId: string;
  readonly recipients: readonly (string | { readonly email: string; readonly name: string })[];
  /** Default: midnight (UTC) of the clock's day, as OBF's own page has it. */
  readonly issuedOnS?: number;
  /** Default: by the badge's `expiresMonths`; null: never. */
  readonly expiresOnS?: number | null;
  readonly logEntry?: unknown;
}

/**
 * What goes wrong with the next `times` (default 1) calls of a route. Those of the first group act
 * instead of OBF, which then does nothing; those of the second act on a call that OBF has carried out
 * (a call that it refused is answered as usual, and the fault waits for the next one).
 */
export type Fault = {
  readonly route: RouteName | RegExp;
  readonly clientId?: string;
  readonly times?: number;
} & (
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfterS?: number;
      readonly body?: unknown;
    }
  | { readonly kind: 'reset' }
  /** Never answers, until the client gives up or the sandbox closes. */
  | { readonly kind: 'black-hole' }
  /** Late, then as usual. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Done; the connection is destroyed instead of an answer. */
  | { readonly kind: 'reply-lost' }
  /** Done; the answer is 200 with a page of HTML. */
  | { readonly kind: 'not-json' }
  /** Done; the answer says otherwise. */
  | { readonly kind: 'status-after-commit'; readonly status: number }
);

/** `recipients`, `events` and `badges` are rows of lists; `event` is the reply about one. */
export type RowKind = 'events' | 'recipients' | 'badges' | 'event';
export type ListName = Exclude<RowKind, 'event'>;

/** As recorded (the default), the other way round, or another order at each request. */
export type PageOrder = 'oldest-first' | 'newest-first' | 'shuffled';

/** Runs while a page is asked for: what it changes is on that page already. */
export type PageHook = (offset: number, query: Readonly<Record<string, string>>) => void;

/** Whether a change moves the event's `mtime`; what OBF does is unknown. */
export interface MtimeChoice {
  readonly movesMtime?: boolean;
}

/** What a human, or OBF itself, changes afterwards: without a call, and without a notice. */
export interface ChangesByHand {
  /** `recipient_count` grows, and `mtime` moves unless told not to. */
  appendByHand(eventId: string, recipients: HandIssue['recipients'], options?: MtimeChoice): EventRecord;
  /** `mtime` stays unless told to move. @throws when the event is unknown, or none of the addresses is its recipient. */
  revokeByHand(eventId: string, emails: readonly string[], options?: MtimeChoice): void;
  /** The event is gone, with its copies: from lists, by its id, and from `eventsOf`. */
  removeByHand(eventId: string): void;
  /** Sets the end of one recipient's copy. */
  expire(assertionId: string, expiresOnS: number): void;
  /** Lists of recipients leave these out, unless they are asked for by `event_id`. */
  hideRecipients(eventId: string, emails: readonly string[], hidden?: boolean): void;
  /** Lists of recipients show the first `visible` copies only, until `written`; `recipient_count` is whole. */
  stillWriting(eventId: string, visible: number): void;
  /** The same for the next event that a client, or a badge, issues by hand or by API. Several wait their turn. */
  writeSlowly(clientOrBadgeId: string, visible: number): void;
  /** Without an event: all of them, and none that comes is slow any more. */
  written(eventId?: string): void;
  /** Badges that may still be issued from now on; null: no limit. Null as client: every one. */
  setIssuingLimit(clientId: string | null, limit: number | null): void;
  setDraft(clientId: string, badgeId: string, draft: boolean): void;
  /** Its events stay. */
  removeBadge(clientId: string, badgeId: string): void;
  /** Every call of the client but that for a token is refused with 403 and JSON. */
  suspend(clientId: string, suspended?: boolean): void;
}

export interface Sandbox extends ChangesByHand {
  /** Like `http://127.0.0.1:40123`, without a slash at its end. */
  readonly url: string;
  readonly calls: readonly ReceivedCall[];
  /** Every issue call received, committed or not, in order. */
  issues(): readonly ReceivedIssue[];
  /**
   * The unrevoked badges that an address has, in any letter case, as `client/badge` in order of issuing:
   * one given twice stands twice. Expired ones are included.
   */
  awarded(email: string): readonly string[];
  /** What a client has issued (of one badge), in order, by hand or through the API. */
  eventsOf(clientId: string, badgeId?: string): readonly EventRecord[];
  addClient(client: { readonly id: string; readonly secret: string; readonly name: string }): void;
  addBadge(badge: {
    readonly clientId: string;
    readonly id: string;
    readonly name: string;
    readonly expiresMonths?: number;
    readonly draft?: boolean;
  }): void;
  /** Issues as a human would on OBF's site: no call, no rate, no quota. */
  issueByHand(issue: HandIssue): EventRecord;
  /** @returns what takes the hook away. */
  beforePage(clientId: string, list: ListName, hook: PageHook): () => void;
  /** `seed` decides how rows are shuffled. */
  orderPages(clientId: string, list: ListName, order: PageOrder, seed?: number): void;
  /**
   * A row, or the reply about one event, shows these fields instead of its own, until `mendRows`. `id` is that
   * of the event, the assertion or the badge.
   */
  oddRow(kind: RowKind, id: string, fields: Readonly<Record<string, unknown>>): void;
  mendRows(): void;
  fault(fault: Fault): void;
  clearFaults(): void;
  /** Destroys every connection, and resolves when the port is free. */
  close(): Promise<void>;
}
