import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from './app.js';
import { bornFor } from './born.js';
import type { WebhookDeps } from './deps.js';

export interface RunningWebhooks {
  /** The port it listens on, which matters where 0 was asked for. */
  readonly port: number;
  /** Takes no more requests, ends those under way, within `CLOSE_LIMIT_MS`. */
  close(): Promise<void>;
}

/** Below the 25 s in which the whole process is to be gone. */
const CLOSE_LIMIT_MS = 10_000;
/** How often idle connections are looked for while closing. */
const CLOSE_EVERY_MS = 50;

/** Limits against senders that are slow, on purpose or not. Milliseconds and bytes. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  /** How often the two above are looked at; by default every 30 s. */
  connectionsCheckingInterval: 2000,
  /** Longer than a front proxy keeps its connections, so that it is never us who closes under its hands. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 8192,
};

/**
 * @param port 0 takes any free one
 * @throws when the port cannot be had
 */
export async function startWebhooks(
  deps: WebhookDeps,
  port: number,
  host = '127.0.0.1',
): Promise<RunningWebhooks> {
  const app = createApp(deps);
  const server = createServer({ ...LIMITS, ...bornFor(app) }, app);
  // A sender that asks before it sends is told yes or no by the route: see `readBody`.
  server.on('checkContinue', app);
  await listen(server, port, host);
  return { port: addressOf(server).port, close: () => close(server) };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port');
  return address;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<true>((resolve) => server.close(() => resolve(true)));
  const limit = performance.now() + CLOSE_LIMIT_MS;
  while (performance.now() < limit) {
    // A connection is idle only once its answer has left.
    server.closeIdleConnections();
    if ((await Promise.race([closed, pause(CLOSE_EVERY_MS)])) === true) return;
  }
  server.closeAllConnections();
  await closed;
}
