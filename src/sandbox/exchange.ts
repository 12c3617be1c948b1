import { STATUS_CODES } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
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

interface FaultyCall {
  readonly route: RouteName | 'unknown';
  readonly clientId: string | null;
}

export type CallOutcome =
  /** `lost`: carried out, and not answered. */
  | { readonly kind: 'reply' | 'lost'; readonly reply: SandboxReply }
  /** `silence`: the connection stays open, and nothing is said. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' };

/** They act on a call that was carried out; the others act before it, or instead. */
const AFTER: readonly Fault['kind'][] = ['reply-lost', 'not-json', 'status-after-commit'];
const PAGE = '<!doctype html><title>Service</title><p>This is not JSON.</p>';

/** The faults that are still to happen, oldest first. */
export class CallFaults {
  #waiting: { readonly fault: Fault; left: number }[] = [];

  /** @param closing aborted when the sandbox closes */
  constructor(private readonly closing: AbortSignal) {}

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Lets a call through the faults that wait for it, to `answer` and back. */
  async through(call: FaultyCall, answer: () => SandboxReply): Promise<CallOutcome> {
    const before = this.#take(call, (kind) => !AFTER.includes(kind));
    if (before?.kind === 'reset') return { kind: 'reset' };
    if (before?.kind === 'black-hole') return { kind: 'silence' };
    if (before?.kind === 'status') {
      const { status, body, retryAfterS } = before;
      const headers = retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) };
      const instead = refused(status, 'A fault: nothing was done');
      return { kind: 'reply', reply: { status, body: body ?? instead.body, headers } };
    }
    if (before?.kind === 'slow') {
      const closed = await sleep(before.ms, false, { signal: this.closing }).catch(() => true);
      if (closed) return { kind: 'silence' };
    }
    const reply = answer();
    const after = reply.status < 300 ? this.#take(call, (kind) => AFTER.includes(kind)) : null;
    if (after?.kind === 'reply-lost') return { kind: 'lost', reply };
    if (after?.kind === 'not-json')
      return { kind: 'reply', reply: { ...reply, body: PAGE, headers: { 'Content-Type': 'text/html' } } };
    if (after?.kind === 'status-after-commit')
      return { kind: 'reply', reply: { ...reply, ...refused(after.status, 'A fault, after it was done') } };
    return { kind: 'reply', reply };
  }

  #take({ route, clientId }: FaultyCall, isOfKind: (kind: Fault['kind']) => boolean): Fault | null {
    const found = this.#waiting.find(
      ({ fault }) =>
        isOfKind(fault.kind) &&
        (typeof fault.route === 'string' ? fault.route === route : fault.route.test(route)) &&
        (fault.clientId === undefined || fault.clientId === clientId),
    );
    if (found === undefined) return null;
    found.left -= 1;
    this.#waiting = this.#waiting.filter(({ left }) => left > 0);
    return found.fault;
  }
}
