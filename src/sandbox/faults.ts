import { setTimeout as sleep } from 'node:timers/promises';
import { refused, type SandboxReply } from './exchange.js';
import type { Fault, ReceivedCall } from './types.js';

export type CallOutcome =
  /** `lost`: carried out, and not answered. */
  | { readonly kind: 'reply' | 'lost'; readonly reply: SandboxReply }
  /** `silence`: the connection stays open, and nothing is said. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' };

type FaultyCall = Pick<ReceivedCall, 'route' | 'clientId'>;

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
