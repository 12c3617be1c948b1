import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import type { Client, World } from './world.js';

export type RouteName =
  | `GET ${'ping' | 'client' | 'badges' | 'events' | 'event' | 'recipient'}`
  | `GET ${'credential' | 'revoked' | 'assertion' | 'badgeclass' | 'issuer'}`
  | `POST ${'token' | 'issue'}`
  | 'PUT revoke';

/** A parsed call. A path parameter that the route does not have is ''. */
export interface ApiRequest {
  readonly client: string;
  readonly badge: string;
  readonly event: string;
  readonly assertion: string;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed; undefined when it is neither JSON nor a form. */
  readonly body: unknown;
  readonly authorization: string;
}

export interface SandboxReply {
  readonly status: number;
  /** An object is sent as JSON, a string as text. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The event that an issue call created. */
  readonly eventId?: string;
}

/** Handlers return their reply at once. A `ClientHandler` of API v2 gets the client of a valid token. */
export type PublicHandler = (request: ApiRequest, world: World) => SandboxReply;
export type ClientHandler = (request: ApiRequest, world: World, client: Client) => SandboxReply;

/** A route's name begins with its method. */
export type Routes<Handler> = readonly (readonly [name: RouteName, path: string, answer: Handler])[];

export const ok = (body: unknown): SandboxReply => ({ status: 200, body });

/** Returns an error in OBF's form: `error` is the status in words, `message` the reason. */
export const refused = (status: number, message: string): SandboxReply => ({
  status,
  body: { status, error: STATUS_CODES[status] ?? 'Error', message },
});

/** Returns 429. `waitMs` is rounded up to the whole seconds of the header. */
export const throttled = (waitMs: number, message: string): SandboxReply => ({
  ...refused(429, message),
  headers: { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) },
});

/**
 * Parses a query or body, and answers; replies 400 when it is invalid. Unknown fields are refused too: OBF would
 * ignore a misspelt filter, and return everything.
 */
export function parseOr400<T>(
  schema: z.ZodType<T>,
  input: unknown,
  answer: (input: T) => SandboxReply,
): SandboxReply {
  const parsed = schema.safeParse(input);
  if (parsed.success) return answer(parsed.data);
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return refused(400, faults.join('; '));
}

/**
 * A fault of the next `times` (default 1) calls of a route. The first four kinds act instead of OBF (`slow`: before
 * it). The others act after OBF has carried out the call; a refused call does not use them up.
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
  /** Destroys the connection instead of answering. */
  | { readonly kind: 'reply-lost' }
  /** Answers with an HTML page. */
  | { readonly kind: 'not-json' }
  /** Answers with this status, although the call was carried out. */
  | { readonly kind: 'status-after-commit'; readonly status: number }
);
