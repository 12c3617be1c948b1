import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import type { Client, World } from './world.js';

export type RouteName =
  | `GET ${'ping' | 'client' | 'badges' | 'events' | 'event' | 'recipient'}`
  | `GET ${'credential' | 'revoked' | 'assertion' | 'badgeclass' | 'issuer'}`
  | `POST ${'token' | 'issue'}`
  | 'PUT revoke';

/** What a route's handler is given of a call: the parts of its path (empty where it has none), and the rest. */
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
  /** An object leaves as JSON, a string as text. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What an issue call made. */
  readonly eventId?: string;
}

/** From a call to its answer, at once; of API v2 for the client that has shown its token. */
export type PublicHandler = (request: ApiRequest, world: World) => SandboxReply;
export type ClientHandler = (request: ApiRequest, world: World, client: Client) => SandboxReply;

/** The name of a route begins with its method. */
export type Routes<Handler> = readonly (readonly [name: RouteName, path: string, answer: Handler])[];

export const ok = (body: unknown): SandboxReply => ({ status: 200, body });

/** OBF's form of an error: `error` is the status in words, `message` says what is wrong. */
export const refused = (status: number, message: string): SandboxReply => ({
  status,
  body: { status, error: STATUS_CODES[status] ?? 'Error', message },
});

/** 429. `waitMs` leaves in whole seconds, as the header has it. */
export const throttled = (waitMs: number, message: string): SandboxReply => ({
  ...refused(429, message),
  headers: { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) },
});

/**
 * Reads a query or body by its schema, and answers, or 400. An unknown name is refused too: OBF would
 * let a misspelt filter pass, and give back everything.
 */
export function reading<T>(
  schema: z.ZodType<T>,
  input: unknown,
  answer: (input: T) => SandboxReply,
): SandboxReply {
  const read = schema.safeParse(input);
  if (read.success) return answer(read.data);
  const faults = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return refused(400, faults.join('; '));
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
