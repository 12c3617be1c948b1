import { setTimeout as sleep } from 'node:timers/promises';
import { refused, type Reply } from './exchange.js';
import type { FaultDesk } from './fault-desk.js';

/** What becomes of a call. `silence`: the connection stays open, and nothing is said. */
export type Outcome =
  | { readonly kind: 'reply'; readonly reply: Reply; readonly html?: boolean }
  | { readonly kind: 'reset' | 'silence' }
  /** Carried out, and not answered. */
  | { readonly kind: 'lost'; readonly eventId: string | null };

export interface FaultyCall {
  readonly route: string;
  readonly clientId: string | null;
  /** Aborted when the sandbox closes. */
  readonly closing: AbortSignal;
}

const PAGE = '<!doctype html><title>Service</title><p>This is not JSON.</p>';

/** Lets a call through the faults that are waiting for it, to `answer` and back. */
export async function throughFaults(
  desk: FaultDesk,
  { route, clientId, closing }: FaultyCall,
  answer: () => Reply,
): Promise<Outcome> {
  const before = desk.takeBefore(route, clientId);
  if (before?.kind === 'reset') return { kind: 'reset' };
  if (before?.kind === 'black-hole') return { kind: 'silence' };
  if (before?.kind === 'status') return { kind: 'reply', reply: replyOf(before) };
  if (before?.kind === 'slow' && !(await waited(before.ms, closing))) return { kind: 'silence' };
  return afterwards(desk, { route, clientId, closing }, answer());
}

function afterwards(desk: FaultDesk, { route, clientId }: FaultyCall, reply: Reply): Outcome {
  if (reply.status >= 300) return { kind: 'reply', reply };
  const fault = desk.takeAfter(route, clientId);
  if (fault === null) return { kind: 'reply', reply };
  if (fault.kind === 'reply-lost') return { kind: 'lost', eventId: reply.eventId ?? null };
  if (fault.kind === 'not-json') return { kind: 'reply', reply: { ...reply, body: PAGE }, html: true };
  return { kind: 'reply', reply: { ...reply, ...refused(fault.status, 'A fault, after it was done') } };
}

function replyOf(fault: { status: number; retryAfterS?: number; body?: unknown }): Reply {
  const { body } = refused(fault.status, 'A fault: nothing was done');
  const headers = fault.retryAfterS === undefined ? {} : { 'Retry-After': String(fault.retryAfterS) };
  return { status: fault.status, body: fault.body ?? body, headers };
}

/** False when the sandbox closed meanwhile. */
const waited = (ms: number, closing: AbortSignal): Promise<boolean> =>
  sleep(ms, true, { signal: closing }).catch(() => false);
