import { z } from 'zod';

export type RouteName =
  | `GET ${'ping' | 'client' | 'badges' | 'events' | 'event' | 'recipient'}`
  | `GET ${'credential' | 'revoked' | 'assertion' | 'badgeclass' | 'issuer'}`
  | `POST ${'token' | 'issue'}`
  | 'PUT revoke';

/** How the local Open Badge Factory behaves. `startSandbox` (server.ts) opens it. */
export interface SandboxOptions {
  readonly port?: number;
  /** Unix milliseconds, for dates, token expiry and limits. The limits also pass with real time. */
  readonly clock?: () => number;
  /** One token per client in so many ms; a sooner request gets 429. Default 10 000; 0: no limit. */
  readonly tokenEveryMs?: number;
  readonly tokenTtlS?: number;
  /** Calls per client in any sliding second, tokens aside; above: 429. Default 10; null: no limit. */
  readonly maxRps?: number | null;
  /** The most rows of a page, whatever is asked for: a long list without its length. Default 1000. */
  readonly pageRows?: number;
  /** Badges that each client may issue: counts down, then the issue call is refused. Default: no limit. */
  readonly issuingLimit?: number;
}

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
  /** Of an issue call. */
  readonly badgeId: string | null;
  /** What an issue call made, answered or not. */
  readonly eventId: string | null;
}

export interface ReceivedIssue extends ReceivedCall {
  readonly clientId: string;
  readonly badgeId: string;
  readonly recipients: readonly string[];
  /** Fields that cannot be read are empty here, and whole in `calls`. */
  readonly body: z.output<typeof legibleIssue>;
}

/** What can be read of an issue body, whatever state it is in. */
export const legibleIssue = z.preprocess(
  (body) => Object.assign({}, body),
  z.object({
    recipient: z.array(z.object({ email: z.string(), name: z.string().catch('') })).catch([]),
    issued_on: z.number().catch(0),
    api_consumer_id: z.string().catch(''),
    send_email: z.boolean().catch(false),
    show_report: z.boolean().catch(false),
    log_entry: z.unknown().catch(null),
  }),
);

/** One act of issuing, as a test or story needs it: what happens to it later shows in it. */
export interface EventRecord {
  readonly id: string;
  readonly clientId: string;
  readonly badgeId: string;
  readonly assertions: readonly AssertionRecord[];
}

export interface AssertionRecord {
  readonly id: string;
  readonly email: string;
  readonly revoked: boolean;
  readonly url: string;
  readonly urlV1: string;
}

export interface HandIssue {
  readonly clientId: string;
  readonly badgeId: string;
  readonly recipients: readonly (string | { readonly email: string; readonly name: string })[];
  /** Default: midnight (UTC) of the clock's day, as on OBF's own page. */
  readonly issuedOnS?: number;
  /** Default, and null: never. */
  readonly expiresOnS?: number | null;
  readonly logEntry?: unknown;
}

/**
 * What goes wrong with the next `times` (default 1) calls of a route. The first four act instead of OBF
 * (`slow`: before it). The others act on a call that OBF has carried out; a refused one does not use them up.
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
  | { readonly kind: 'slow'; readonly ms: number }
  /** The connection is destroyed instead of an answer. */
  | { readonly kind: 'reply-lost' }
  /** The answer is 200 with a page of HTML. */
  | { readonly kind: 'not-json' }
  /** The answer says otherwise. */
  | { readonly kind: 'status-after-commit'; readonly status: number }
);

/** `recipients`, `events` and `badges` are rows of lists; `event` is the reply about one. */
export type RowKind = 'events' | 'recipients' | 'badges' | 'event';
export type ListedKind = Exclude<RowKind, 'event'>;

/** As recorded (the default), the other way round, or another order at each request. */
export type PageOrder = 'oldest-first' | 'newest-first' | 'shuffled';

/** Runs while a page is asked for: what it changes is on that page already. */
export type PageHook = (offset: number, query: Readonly<Record<string, string>>) => void;
