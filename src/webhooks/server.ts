import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http';
import type { Express } from 'express';
import { createApp } from './app.js';
import type { WebhookDeps } from './context.js';

export interface RunningWebhooks {
  /** The port it listens on, which matters where 0 was asked for. */
  readonly port: number;
  /** Takes no more requests, ends those in flight, within `CLOSE_LIMIT_MS`. */
  close(): Promise<void>;
}

/** Below the 25 s in which the whole process must end. */
const CLOSE_LIMIT_MS = 10_000;
/** How often idle connections are looked for while closing. */
const CLOSE_EVERY_MS = 50;

/** Limits against slow senders. Milliseconds and bytes. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  /** How often the two above are checked; Node's default is 30 s. */
  connectionsCheckingInterval: 2000,
  /** Longer than a front proxy keeps its connections: it never meets one that closes meanwhile. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 8192,
};
/** With 8 KiB of a body each, see `BodyBudget`, and some 10 KiB of Node's, they fit a small container. */
const MAX_CONNECTIONS = 2000;

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
  const server = createServer({ ...LIMITS, ...presetExpressPrototypes(app) }, app);
  server.maxConnections = MAX_CONNECTIONS;
  // `readBody` tells a sender that asks with Expect whether to send.
  server.on('checkContinue', app);
  await once(server.listen(port, host), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port');
  return { port: address.port, close: () => close(server) };
}

/**
 * Makes Express's `setPrototypeOf` of each request and response a no-op. It deoptimises every request: two thirds
 * of the cost of a small one. The app's own prototypes stand behind those of the classes.
 */
export function presetExpressPrototypes(app: Express) {
  class Request extends IncomingMessage {}
  class Response extends ServerResponse<Request> {}
  app.request = Object.setPrototypeOf(Request.prototype, app.request);
  app.response = Object.setPrototypeOf(Response.prototype, app.response);
  return { IncomingMessage: Request, ServerResponse: Response };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection is idle only once its answer has left.
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_EVERY_MS);
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}
