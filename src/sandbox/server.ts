import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { secondsOf, systemClock } from '../platform/clock.js';
import { createApp, type Service } from './app.js';
import { awarded, eventRecord, handsOf, issueByHand } from './by-hand.js';
import { FaultDesk } from './fault-desk.js';
import { Journal } from './journal.js';
import { ListFaults } from './list-faults.js';
import { createRateLimit } from './rate-limit.js';
import { createTimeLine } from './time-line.js';
import { createTokenDesk } from './token-desk.js';
import type { Sandbox, SandboxOptions } from './types.js';
import { World } from './world.js';

/**
 * Opens a local Open Badge Factory on 127.0.0.1. It serves tests and the demo, and nothing else: it is
 * as strict as OBF, and knows no client but those it is given.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const server = createServer().listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const stop = new AbortController();
  const service = serviceOf(options, urlOf(server), stop.signal);
  server.on('request', createApp(service));
  return sandboxOf(service, closer(server, stop));
}

function serviceOf(options: SandboxOptions, url: string, closing: AbortSignal): Service {
  const clock = options.clock ?? systemClock;
  const timeLine = createTimeLine(clock);
  const tokenLimits = { everyMs: options.tokenEveryMs ?? 10_000, ttlS: options.tokenTtlS ?? 3600 };
  return {
    obf: {
      world: new World(clock, options.issuingLimit ?? null),
      tokens: createTokenDesk(tokenLimits, timeLine),
      lists: new ListFaults(),
      url,
      nowS: () => secondsOf(clock),
    },
    faults: new FaultDesk(),
    journal: new Journal(),
    overRate: createRateLimit(options.maxRps === undefined ? 10 : options.maxRps, timeLine),
    closing,
    nowMs: clock,
  };
}

function sandboxOf({ obf, faults, journal }: Service, close: () => Promise<void>): Sandbox {
  const { world, lists, url } = obf;
  return {
    url,
    calls: journal.calls,
    issues: () => journal.issues(),
    awarded: (email) => awarded(world, email),
    eventsOf: (clientId, badgeId) =>
      world
        .eventsOf(clientId)
        .filter(({ badge }) => badgeId === undefined || badge.id === badgeId)
        .map((event) => eventRecord(event, url)),
    addClient: (client) => world.addClient(client),
    addBadge: (badge) => world.addBadge({ expiresMonths: 0, draft: false, ...badge }),
    issueByHand: (hand) => eventRecord(issueByHand(world, hand, obf.nowS()), url),
    ...handsOf(world, url),
    beforePage: (clientId, list, hook) => lists.beforePage(clientId, list, hook),
    orderPages: (clientId, list, order, seed = 1) => lists.orderPages(clientId, list, order, seed),
    oddRow: (kind, id, fields) => lists.oddRow(kind, id, fields),
    mendRows: () => lists.mendRows(),
    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    close,
  };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The sandbox listens on no port');
  return `http://127.0.0.1:${address.port}`;
}

/** Ends faults that wait and destroys every connection, so that nothing is left open. */
function closer(server: Server, stop: AbortController): () => Promise<void> {
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      stop.abort();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return () => (closed ??= close());
}
