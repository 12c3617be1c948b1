import { setTimeout as sleep } from 'node:timers/promises';
import { refused, type Reply } from './exchange.js';
import { ROUTE_NAMES, type Fault, type FaultAfter, type FaultBefore } from './types.js';

/** What becomes of a call. `silence`: the connection stays open, and nothing is said. */
export type Outcome =
  | { readonly kind: 'reply'; readonly reply: Reply; readonly html?: boolean }
  | { readonly kind: 'reset' | 'silence' }
  /** Carried out, and not answered. */
  | { readonly kind: 'lost'; readonly eventId: string | null };

interface FaultyCall {
  readonly route: string;
  readonly clientId: string | null;
  /** Aborted when the sandbox closes. */
  readonly closing: AbortSignal;
}

type FaultOf<K> = Fault & K;
const isAfter = (fault: Fault): fault is FaultOf<FaultAfter> =>
  ['reply-lost', 'not-json', 'status-after-commit'].includes(fault.kind);
const isBefore = (fault: Fault): fault is FaultOf<FaultBefore> => !isAfter(fault);

const PAGE = '<!doctype html><title>Service</title><p>This is not JSON.</p>';

/** The faults that are still to happen, oldest first. */
export class CallFaults {
  #waiting: { readonly fault: Fault; left: number }[] = [];

  /** @throws when the fault names a route that does not exist: it would never happen */
  add(fault: Fault): void {
    if (typeof fault.route === 'string' && !ROUTE_NAMES.includes(fault.route))
      throw new Error(`Sandbox: no route "${fault.route}", see ROUTE_NAMES`);
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Lets a call through the faults that wait for it, to `answer` and back. */
  async through(call: FaultyCall, answer: () => Reply): Promise<Outcome> {
    const fault = this.#take(isBefore, call);
    if (fault?.kind === 'reset') return { kind: 'reset' };
    if (fault?.kind === 'black-hole') return { kind: 'silence' };
    if (fault?.kind === 'status') return { kind: 'reply', reply: replyInstead(fault) };
    if (fault?.kind === 'slow') {
      const closed = await sleep(fault.ms, false, { signal: call.closing }).catch(() => true);
      if (closed) return { kind: 'silence' };
    }
    const reply = answer();
    return reply.status >= 300 ? { kind: 'reply', reply } : this.#afterwards(call, reply);
  }

  #afterwards(call: FaultyCall, reply: Reply): Outcome {
    const fault = this.#take(isAfter, call);
    switch (fault?.kind) {
      case undefined:
        return { kind: 'reply', reply };
      case 'reply-lost':
        return { kind: 'lost', eventId: reply.eventId ?? null };
      case 'not-json':
        return { kind: 'reply', reply: { ...reply, body: PAGE }, html: true };
      case 'status-after-commit':
        return { kind: 'reply', reply: { ...reply, ...refused(fault.status, 'A fault, after it was done') } };
    }
  }

  #take<F extends Fault>(ofKind: (fault: Fault) => fault is F, call: FaultyCall): F | null {
    for (const waiting of this.#waiting) {
      const { fault } = waiting;
      if (!ofKind(fault) || !concerns(fault, call)) continue;
      waiting.left -= 1;
      this.#waiting = this.#waiting.filter(({ left }) => left > 0);
      return fault;
    }
    return null;
  }
}

function concerns(fault: Fault, { route, clientId }: FaultyCall): boolean {
  // `search`, not `test`: a pattern with the g flag remembers where it was.
  const here = typeof fault.route === 'string' ? fault.route === route : route.search(fault.route) !== -1;
  return here && (fault.clientId === undefined || fault.clientId === clientId);
}

function replyInstead({ status, retryAfterS, body }: Extract<FaultBefore, { kind: 'status' }>): Reply {
  const headers = retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) };
  return { status, body: body ?? refused(status, 'A fault: nothing was done').body, headers };
}
