import { isRouteName } from './route-names.js';
import type { Fault } from './types.js';

/** Faults that act instead of OBF (or, for `slow`, before it does). */
export type FaultBefore = Extract<Fault, { kind: 'status' | 'reset' | 'black-hole' | 'slow' }>;
/** Faults that act on a call which OBF has carried out. */
export type FaultAfter = Exclude<Fault, FaultBefore>;

const AFTER: readonly Fault['kind'][] = ['reply-lost', 'not-json', 'status-after-commit'];
const isAfter = (fault: Fault): fault is FaultAfter => AFTER.includes(fault.kind);
const isBefore = (fault: Fault): fault is FaultBefore => !isAfter(fault);

interface Waiting {
  readonly fault: Fault;
  left: number;
}

/** The faults that are still to happen, oldest first. */
export class FaultDesk {
  #waiting: Waiting[] = [];

  /** @throws when the fault names a route that does not exist: it would never happen. */
  add(fault: Fault): void {
    if (typeof fault.route === 'string' && !isRouteName(fault.route))
      throw new Error(`Sandbox: no route "${String(fault.route)}", see route-names.ts`);
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  takeBefore(route: string, clientId: string | null): FaultBefore | null {
    return this.#take(isBefore, route, clientId);
  }

  takeAfter(route: string, clientId: string | null): FaultAfter | null {
    return this.#take(isAfter, route, clientId);
  }

  #take<F extends Fault>(
    kind: (fault: Fault) => fault is F,
    route: string,
    clientId: string | null,
  ): F | null {
    for (const waiting of this.#waiting) {
      const { fault } = waiting;
      if (!kind(fault) || waiting.left <= 0 || !concerns(fault, route, clientId)) continue;
      waiting.left -= 1;
      this.#waiting = this.#waiting.filter(({ left }) => left > 0);
      return fault;
    }
    return null;
  }
}

function concerns(fault: Fault, route: string, clientId: string | null): boolean {
  // `search`, not `test`: a pattern with the g flag remembers where it was.
  const here = typeof fault.route === 'string' ? fault.route === route : route.search(fault.route) !== -1;
  return here && (fault.clientId === undefined || fault.clientId === clientId);
}
