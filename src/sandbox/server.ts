import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { z } from 'zod';
import { systemClock, type Clock } from '../platform/clock.js';
import { createApp, type OpenCall } from './app.js';
import { CallFaults } from './faults.js';
import { createRateLimit, createTimeLine, Tokens } from './limits.js';
import type { Fault, ReceivedCall, ReceivedIssue, SandboxOptions } from './types.js';
import { World } from './world.js';

/**
 * Opens a local Open Badge Factory on 127.0.0.1. It serves tests and the demo, and nothing else: it is
 * as strict as OBF, and knows no client but those it is given.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const server = createServer().listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The sandbox listens on no port');
  return new Sandbox(`http://127.0.0.1:${address.port}`, options.clock ?? systemClock, options, server);
}

/** A local OBF that serves, and what it received. */
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
    const timeLine = createTimeLine(clock);
    this.#closed = once(server, 'close');
    const app = createApp({
      world: this,
      tokens: new Tokens(options.tokenEveryMs ?? 10_000, options.tokenTtlS ?? 3600, timeLine),
      faults: this.#faults,
      calls: this.#calls,
      overRate: createRateLimit(options.maxRps === undefined ? 10 : options.maxRps, timeLine),
      clock,
    });
    server.on('request', app);
  }

  /** Every call received, in order of arrival. */
  get calls(): readonly ReceivedCall[] {
    return this.#calls;
  }

  /** Every issue call received, committed or not, in order. */
  issues(): readonly ReceivedIssue[] {
    return this.#calls.flatMap((call): ReceivedIssue[] => {
      const { clientId, badgeId } = call;
      if (clientId === null || badgeId === null) return [];
      const { expires_on, ...rest } = legible.parse(call.body);
      const body = { ...rest, ...(expires_on === undefined ? {} : { expires_on }) };
      const recipients = body.recipient.map(({ email }) => email);
      return [{ ...call, clientId, badgeId, recipients, body }];
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

/** What can be read of an issue body, whatever state it is in. */
const legible = z.preprocess(
  (body) => Object.assign({}, body),
  z.object({
    recipient: z.array(z.object({ email: z.string(), name: z.string().catch('') })).catch([]),
    issued_on: z.number().catch(0),
    expires_on: z.number().optional().catch(undefined),
    api_consumer_id: z.string().catch(''),
    send_email: z.boolean().catch(false),
    show_report: z.boolean().catch(false),
    log_entry: z.unknown().catch(null),
  }),
);
