import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../platform/logger.js';
import type { Meter } from '../platform/meter.js';
import { ALWAYS, headOfProblem, textOf, type Answers } from './answers.js';
import { endAtOnce } from './at-once.js';
import { hasBody } from './body.js';
import type { WebhookDeps } from './deps.js';
import { countNotice } from './metrics.js';
import { Problem } from './problem.js';
import { requestLines, type WriteLine } from './request-line.js';

/** What a log line may say of a request: never an address, a URL, a header or a body. */
export interface Facts {
  kind?: 'event' | 'push' | 'unknown_type';
  by?: 'signature' | 'basic';
  clientId?: string;
  eventId?: string;
  /** How many credentials at OBF a push names. */
  credentials?: number;
  /** How much is left out, and which hosts it names elsewhere. */
  ignored?: number;
  ignoredHosts?: readonly string[];
  reason?: string;
}

/** One request on its way to its answer. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Of the process: what is said of this request names it. */
  readonly log: Logger;
  /** Of each request one. */
  readonly writeLine: WriteLine;
  /** What joins this request to the sender's own log, and to the job that it becomes. */
  readonly requestId: string;
  readonly meter: Meter | undefined;
  readonly answers: Answers;
  readonly route: string;
  readonly startedMs: number;
  readonly facts: Facts;
}

/** A good answer; a refusal is a `Problem`. */
export interface Reply {
  readonly status: 200 | 202;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One that is no JSON. */
export interface TextReply {
  readonly status: 200;
  readonly type: string;
  readonly text: string;
}

export type Outcome = Reply | TextReply | Problem;

/** How long what is still coming of a refused body is let in, milliseconds. */
const LINGER_MS = 2000;
/** What a sender may name a request: nothing that a log or a header could trip over. */
const REQUEST_ID = /^[\w.-]{1,128}$/;
/** What every exchange of an app has of it. */
interface Around extends Pick<WebhookDeps, 'log' | 'figures'> {
  readonly answers: Answers;
}

/** The exchanges of one app; each begins with a request. */
export function begin({ log, figures, answers }: Around) {
  const writeLine = requestLines(log);
  /** @param route a name for the log: the address that was asked for may hold anything */
  return (req: IncomingMessage, res: ServerResponse, route: string): Exchange => {
    const given = req.headers['x-request-id'];
    const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    const startedMs = performance.now();
    return {
      req,
      res,
      route,
      requestId,
      log,
      writeLine,
      meter: figures?.meter,
      answers,
      startedMs,
      facts: {},
    };
  };
}

/** The one place where answers leave, and where each request gets its line. */
export function answer(exchange: Exchange, outcome: Outcome): void {
  const { req, res } = exchange;
  exchange.writeLine(exchange, outcome);
  countNotice(exchange.meter, exchange, outcome);
  if (res.headersSent || res.destroyed) return;
  const closing = hasBody(req) && !req.complete;
  const known = req.method === 'POST' && !closing ? exchange.answers.known(outcome) : null;
  if (known === null) answerAsUsual(exchange, outcome, closing);
  else
    endAtOnce(
      res,
      outcome.status,
      ['X-Request-Id', exchange.requestId, 'Content-Length', known.length],
      known,
    );
}

function answerAsUsual({ req, res, requestId, answers }: Exchange, outcome: Outcome, closing: boolean): void {
  const { type, text } = textOf(outcome);
  res.writeHead(outcome.status, [
    ...answers.secureHead,
    'X-Request-Id',
    requestId,
    'Content-Type',
    type,
    'Content-Length',
    String(Buffer.byteLength(text)),
    ...ALWAYS,
    ...(outcome instanceof Problem ? headOfProblem(outcome) : []),
    ...(closing ? ['Connection', 'close'] : []),
  ]);
  if (closing) endLater(req, res, text);
  else res.end(text);
}

/**
 * Answers while the body is still coming. A connection closed under a sender's hands takes the answer
 * with it (TCP reset), so what comes is let in for a moment and thrown away.
 */
function endLater(req: IncomingMessage, res: ServerResponse, text: string): void {
  res.write(text);
  const end = (): void => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  req.once('end', end).once('close', end).resume();
}
