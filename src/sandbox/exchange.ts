import { STATUS_CODES } from 'node:http';
import type { ListFaults } from './list-faults.js';
import type { TokenDesk } from './token-desk.js';
import type { World } from './world.js';

/** What a route's handler is given of a call. */
export interface ApiRequest {
  /** A part of the path by its name in the route table. @throws when the table names no such part */
  param(name: string): string;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed; undefined when it is neither JSON nor a form. */
  readonly body: unknown;
  readonly authorization: string | null;
}

export interface Reply {
  readonly status: number;
  /** An object leaves as JSON, a string as text. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What an issue call made. */
  readonly eventId?: string;
}

/** What the handlers act upon. */
export interface Obf {
  readonly world: World;
  readonly tokens: TokenDesk;
  readonly lists: ListFaults;
  readonly url: string;
  nowS(): number;
}

/** One route: from a call to its answer, at once. */
export type Handler = (request: ApiRequest, obf: Obf) => Reply;

export const ok = (body: unknown): Reply => ({ status: 200, body });

/** OBF's form of an error: `error` is the status in words, `message` says what is wrong. */
export const refused = (status: number, message: string): Reply => ({
  status,
  body: { status, error: STATUS_CODES[status] ?? 'Error', message },
});

/** 429. `waitMs` is told in whole seconds, as the header has it. */
export const throttled = (waitMs: number, message: string): Reply => ({
  ...refused(429, message),
  headers: { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) },
});

/** An unknown or expired token, or one of another client: OBF answers it in plain text. */
export const forbidden: Reply = { status: 403, body: '403 Forbidden' };
