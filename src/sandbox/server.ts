import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { systemClock, type Clock } from '../platform/clock.js';
import { createSandboxApp, type OpenCall } from './app.js';
import { CallFaults } from './faults.js';
import { createLimits } from './limits.js';
import { listen } from './processes.js';
import {
  legibleIssue,
  type Fault,
  type ReceivedCall,
  type ReceivedIssue,
  type SandboxOptions,
} from './types.js';
import { World } from './world.js';

/**
 * Opens a local Open Badge Factory on 127.0.0.1. It serves tests and the demo, and nothing else: it is
 * as strict as OBF, and knows no client but those it is given.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const server = createServer();
  const port = await listen(server, options.port);
  return new Sandbox(`http://127.0.0.1:${port}`, options.clock ?? systemClock, options, server);
}

export class Sandbox extends World {
  readonly #calls: OpenCall[] = [];
  readonly #stop = new AbortController();
  readonly #faults = new CallFaults(this.#stop.signal);
  readonly #closed: Promise<unknown>;

  constructor(
    url: string,
    clock: Clock,
    options: SandboxOptions,
    private readonly server: Server,
  ) {
    super(url, clock, options);
    this.#closed = once(server, 'close');
    const limits = createLimits(options, clock);
    server.on('request', createSandboxApp({ world: this, limits, faults: this.#faults, calls: this.#calls }));
  }

  get calls(): readonly ReceivedCall[] {
    return this.#calls;
  }

  /** Every issue call received, committed or not, in order. */
  issues(): readonly ReceivedIssue[] {
    return this.#calls.flatMap((call): ReceivedIssue[] => {
      const { clientId, badgeId } = call;
      if (clientId === null || badgeId === null) return [];
      const body = legibleIssue.parse(call.body);
      return [{ ...call, clientId, badgeId, recipients: body.recipient.map(({ email }) => email), body }];
    });
  }

  fault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Ends faults that wait, destroys every connection, and resolves when the port is free. */
  async close(): Promise<void> {
    if (!this.#stop.signal.aborted) this.server.close();
    this.#stop.abort();
    this.server.closeAllConnections();
    await this.#closed;
  }
}
