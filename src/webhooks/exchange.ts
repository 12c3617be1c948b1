import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../platform/logger.js';
import { hasBody } from './body.js';
import { Problem } from './problem.js';

/** What a log line may say of a request: never an address, a URL, a header or a body. */
export interface Facts {
  kind?: 'event' | 'push' | 'unknown_type';
  by?: 'signature' | 'basic';
  clientId?: string;
  eventId?: string;
  /** How many credentials at OBF a push names. */
  credentials?: number;
  /** How many elsewhere, which are left out, and where. */
  ignored?: number;
  ignoredHosts?: readonly string[];
  reason?: string;
}

/** One request on its way to its answer. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly log: Logger;
  readonly route: string;
  readonly startedMs: number;
  readonly facts: Facts;
}

/** A good answer; a refusal is a `Problem`. */
export interface Reply {
  readonly status: 200 | 202;
  readonly body: Readonly<Record<string, unknown>>;
}

export type Outcome = Reply | Problem;

/** How long what is still coming of a refused body is let in, milliseconds. */
const LINGER_MS = 2000;
/** A 401 must name a way in (RFC 9110, 11.6.1); of ours only this one has a registered name. */
const CHALLENGE = 'Basic realm="Palier", charset="UTF-8"';
/** What a sender is asked to wait after a 503, seconds. */
const RETRY_AFTER_S = 10;

/** @param route a name for the log: the address that was asked for may hold anything */
export function begin(req: IncomingMessage, res: ServerResponse, log: Logger, route: string): Exchange {
  const given = req.headers['x-request-id'];
  const requestId = typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : randomUUID();
  res.setHeader('X-Request-Id', requestId);
  return { req, res, route, log: log.child({ requestId }), startedMs: performance.now(), facts: {} };
}

/** The one place where answers leave, and where each request gets its line. */
export function answer(exchange: Exchange, outcome: Outcome): void {
  const { req, res } = exchange;
  line(exchange, outcome);
  if (res.headersSent || res.destroyed) return;
  const isProblem = outcome instanceof Problem;
  const text = JSON.stringify(isProblem ? outcome : outcome.body);
  res.statusCode = outcome.status;
  res.setHeader('Content-Type', isProblem ? 'application/problem+json' : 'application/json');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.setHeader('Cache-Control', 'no-store');
  if (outcome.status === 503) res.setHeader('Retry-After', RETRY_AFTER_S);
  if (outcome.status === 401) res.setHeader('WWW-Authenticate', CHALLENGE);
  if (hasBody(req) && !req.complete) endLater(req, res, text);
  else res.end(text);
}

/**
 * Answers while the body is still coming. A connection closed under a sender's hands takes the answer
 * with it (TCP reset), so what comes is let in for a moment and thrown away.
 */
function endLater(req: IncomingMessage, res: ServerResponse, text: string): void {
  res.setHeader('Connection', 'close');
  res.write(text);
  const end = (): void => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  req.once('end', end).once('close', end).resume();
}

function line({ req, log, route, startedMs, facts }: Exchange, outcome: Outcome): void {
  const said = {
    method: req.method,
    route,
    status: outcome.status,
    ...(outcome instanceof Problem ? { code: outcome.code, field: outcome.field } : {}),
    ...facts,
    durationMs: Math.round(performance.now() - startedMs),
  };
  // A platform asks for its health every few seconds: that is no news as long as it is good.
  if (route === 'health' && outcome.status === 200) log.debug(said, 'request');
  else log.info(said, 'request');
}
