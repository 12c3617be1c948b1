import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { ClientId, EarnerKey } from '../ids.js';
import type { Logger } from '../platform/logger.js';
import type { Meter } from '../platform/meter.js';
import type { WriteProbe } from '../platform/redis-health.js';
import type { NoticeJob } from '../queue/jobs.js';
import type { Authenticate } from './authenticate.js';
import { createBodyBudget, hasBody } from './body.js';
import { Problem } from './problems.js';

/** What the web process depends on. */
export interface WebhookDeps {
  /** Active partners and the Région's own client. Notices of others are ignored. */
  readonly participants: ReadonlySet<ClientId>;
  readonly authenticate: Authenticate;
  /** Credentials at other servers are ignored. */
  readonly obfBaseUrl: string;
  /** Resolves when all are stored; rejects when that is not certain in time. Idempotent. */
  readonly enqueueNotices: (notices: readonly NoticeJob[]) => Promise<void>;
  /** Null while a notice could be stored, else the reason. */
  readonly ready: WriteProbe;
  readonly earnerKeyOf: (address: string) => EarnerKey;
  /** Encrypts an address; `context` is needed to decrypt it. */
  readonly seal: (text: string, context: string) => string;
  readonly log: Logger;
  /** The pages below `/ops`; without them it answers 404. */
  readonly ops?: RequestHandler | undefined;
  /** The earner's own pages, mounted at `/parcours`. */
  readonly parcours?: RequestHandler | undefined;
  /** Absent without `METRICS_TOKEN`: `/metrics` answers 404. */
  readonly metrics?: Metrics;
}

interface Metrics {
  readonly token: string;
  /** The metrics of all processes in Prometheus' text format. Rejects when Redis does not answer in time. */
  readonly read: () => Promise<string>;
  readonly meter: Meter;
}

/** What a log line may say of a request: never an address, a URL, a header or a body. */
export interface LogFields {
  kind?: 'event' | 'push' | 'unknown_type';
  by?: 'signature' | 'basic';
  clientId?: string;
  eventId?: string;
  /** How many credentials at OBF a push names. */
  credentials?: number;
  /** How many of its entries are left out, and the foreign hosts that it names. */
  ignored?: number;
  ignoredHosts?: readonly string[];
  reason?: string;
}

/** What all requests of an app share. */
export type AppContext = ReturnType<typeof createAppContext>;

export const createAppContext = (deps: WebhookDeps) => ({
  ...deps,
  /** Logs without redaction, which costs a tenth of a request's time: `LogFields` holds nothing to redact. */
  requestLog: deps.log.child({}, { redact: [] }),
  bodies: createBodyBudget(),
});

/**
 * The headers of every answer: names and values in turn, as `writeHead` takes them. A middleware that sets them would
 * take a third of a request's time.
 * @see https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
 */
const HEADERS = Object.entries({
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'Cache-Control': 'no-store',
}).flat();

/** One request, until it is answered. */
export type RequestContext = Readonly<ReturnType<typeof createContext>>;

/** `type` is the Content-Type, JSON by default. */
export interface Reply {
  readonly status: 200 | 202;
  readonly type?: string;
  readonly body: Readonly<Record<string, unknown>> | string;
}
export type Outcome = Reply | Problem;

/** Safe in a log line and in a header. */
const REQUEST_ID = /^[\w.-]{1,128}$/;

/** @param route a name for logs and metrics: the path may hold anything */
export function createContext(app: AppContext, req: IncomingMessage, res: ServerResponse, route: string) {
  const given = req.headers['x-request-id'];
  /** Joins this request to the sender's log, and to the jobs that it becomes. */
  const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  const fields: LogFields = {};
  return { app, req, res, route, requestId, startedMs: performance.now(), fields };
}

/** The one place that answers, logs and counts requests. */
export function respond(context: RequestContext, outcome: Outcome): void {
  const { req, res, requestId } = context;
  logRequest(context, outcome);
  countNotice(context, outcome);
  if (res.headersSent || res.destroyed) return;
  const [type, body] =
    outcome instanceof Problem
      ? ['application/problem+json', outcome]
      : [outcome.type ?? 'application/json', outcome.body];
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const isEarly = hasBody(req) && !req.complete;
  res.writeHead(outcome.status, [
    ...HEADERS,
    'X-Request-Id',
    requestId,
    'Content-Type',
    type,
    'Content-Length',
    String(Buffer.byteLength(text)),
    ...(outcome instanceof Problem ? outcome.headers : []),
    ...(isEarly ? ['Connection', 'close'] : []),
  ]);
  if (isEarly) endLater(req, res, text);
  else res.end(text);
}

/** How long the rest of a refused body is read and dropped. */
const LINGER_MS = 2000;

/** Answers before the whole body has arrived. Closing at once would reset the connection, and lose the answer. */
function endLater(req: IncomingMessage, res: ServerResponse, text: string): void {
  res.write(text);
  const end = (): void => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  req.once('end', end).once('close', end).resume();
}

/** Platforms and Prometheus ask every few seconds: their successful requests are logged at debug level. */
const PROBES: ReadonlySet<string> = new Set(['health', 'metrics']);

function logRequest(
  { app, req, requestId, route, startedMs, fields }: RequestContext,
  outcome: Outcome,
): void {
  const { status } = outcome;
  const level = PROBES.has(route) && status === 200 ? 'debug' : 'info';
  const refusal = outcome instanceof Problem ? { code: outcome.code, field: outcome.field } : {};
  const durationMs = Math.round(performance.now() - startedMs);
  const line = { method: req.method, route, status, requestId, ...refusal, ...fields, durationMs };
  app.requestLog[level](line, 'request');
}

/** The routes that notices come to, as `palier_notices_total` names them. */
const NOTICE_ROUTES: ReadonlySet<string> = new Set(['webhooks', 'passport']);

function countNotice({ app, route, fields }: RequestContext, outcome: Outcome): void {
  if (!NOTICE_ROUTES.has(route)) return;
  const { reason = 'stored' } = fields;
  const labels =
    outcome instanceof Problem
      ? { outcome: 'refused', reason: outcome.code }
      : { outcome: fields.reason === undefined ? 'accepted' : 'ignored', reason };
  app.metrics?.meter.count('palier_notices_total', {
    door: route,
    status: String(outcome.status),
    ...labels,
  });
}
