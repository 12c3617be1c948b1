import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { systemClock } from '../platform/clock.js';
import { createAdmission, credentialsOf } from './admission.js';
import { API_ROUTES } from './api.js';
import {
  CallFaults,
  refused,
  type ApiRequest,
  type CallOutcome,
  type Fault,
  type RouteName,
  type SandboxReply,
} from './exchange.js';
import { PUBLIC_ROUTES } from './hosted.js';
import { listen } from './processes.js';
import { World, type SandboxOptions } from './world.js';

/** A call that was received: its end is written when it is known. */
export interface ReceivedCall {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly route: RouteName | 'unknown';
  /** Null on the public routes. */
  readonly clientId: string | null;
  readonly query: Readonly<Record<string, string>>;
  /** `'lost'`: no answer was given, or not yet. */
  status: number | 'lost' | 'reset';
  readonly body: unknown;
  /** Of an issue call. */
  readonly badgeId: string | null;
  /** What an issue call made, answered or not. */
  eventId: string | null;
}

export interface ReceivedIssue extends ReceivedCall {
  readonly clientId: string;
  readonly badgeId: string;
  readonly recipients: readonly string[];
  /** Fields that cannot be read are empty here, and whole in `calls`. */
  readonly body: z.output<typeof legibleIssue>;
}

/** What can be read of an issue body, whatever state it is in. */
const legibleIssue = z.preprocess(
  (body) => Object.assign({}, body),
  z.object({
    recipient: z.array(z.object({ email: z.string(), name: z.string().catch('') })).catch([]),
    issued_on: z.number().catch(0),
    api_consumer_id: z.string().catch(''),
    send_email: z.boolean().catch(false),
    show_report: z.boolean().catch(false),
    log_entry: z.unknown().catch(null),
  }),
);

/**
 * Opens a local Open Badge Factory on 127.0.0.1. It serves tests and the demo, and nothing else: it is
 * as strict as OBF, and knows no client but those it is given.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const server = createServer();
  const port = await listen(server, options.port);
  return new Sandbox(`http://127.0.0.1:${port}`, options, server);
}

export class Sandbox extends World {
  /** Every call received, in order. */
  readonly calls: ReceivedCall[] = [];
  readonly #stop = new AbortController();
  readonly faults = new CallFaults(this.#stop.signal);
  readonly #closed: Promise<unknown>;

  constructor(
    url: string,
    options: SandboxOptions,
    private readonly server: Server,
  ) {
    super(url, options.clock ?? systemClock, options);
    this.#closed = once(server, 'close');
    server.on('request', createSandboxApp(this, options));
  }

  /** Every issue call received, committed or not, in order. */
  issues(): readonly ReceivedIssue[] {
    return this.calls.flatMap((call): ReceivedIssue[] => {
      const { clientId, badgeId } = call;
      if (clientId === null || badgeId === null) return [];
      const body = legibleIssue.parse(call.body);
      return [{ ...call, clientId, badgeId, recipients: body.recipient.map(({ email }) => email), body }];
    });
  }

  fault(fault: Fault): void {
    this.faults.add(fault);
  }

  clearFaults(): void {
    this.faults.clear();
  }

  /** Ends faults that wait, destroys every connection, and resolves when the port is free. */
  async close(): Promise<void> {
    if (!this.#stop.signal.aborted) this.server.close();
    this.#stop.abort();
    this.server.closeAllConnections();
    await this.#closed;
  }
}

const methodOf = (name: RouteName) =>
  name.startsWith('GET') ? 'get' : name.startsWith('PUT') ? 'put' : 'post';

/**
 * OBF's API v2, then what anyone may read: the first route that fits is taken. The whole way of a call: recorded,
 * through the faults, let in, answered.
 */
function createSandboxApp(sandbox: Sandbox, options: SandboxOptions): Express {
  const admission = createAdmission(sandbox, options);
  const app = express().disable('x-powered-by').disable('etag');
  app.use(express.json({ limit: '8mb' }), express.urlencoded({ extended: false }));
  const turnAway = (req: Request, res: Response, status: number, message: string): void =>
    conclude({ kind: 'reply', reply: refused(status, message) }, record('unknown', req, sandbox), res);
  const serve = (name: RouteName, path: string, answer: (request: ApiRequest) => SandboxReply): void => {
    const route = app.route(path);
    route[methodOf(name)](async (req, res) => {
      const call = record(name, req, sandbox);
      conclude(await sandbox.faults.through(call, () => answer(requestOf(req))), call, res);
    });
    route.all((req, res) => turnAway(req, res, 405, 'no such method here'));
  };
  serve('POST token', '/v2/client/oauth2/token', (request) => admission.giveToken(request));
  for (const [name, path, answer] of API_ROUTES)
    serve(name, `/v2${path}`, (request) => admission.letIn(request, answer));
  for (const [name, path, answer] of PUBLIC_ROUTES) serve(name, path, (request) => answer(request, sandbox));
  app.use((req, res) => turnAway(req, res, 404, 'no such route'));
  const onError: ErrorRequestHandler = (error: unknown, req, res, _next) => {
    const status: unknown = Reflect.get(Object(error), 'status');
    turnAway(req, res, typeof status === 'number' ? status : 500, 'the body cannot be read');
  };
  return app.use(onError);
}

function record(route: ReceivedCall['route'], req: Request, { calls, clock }: Sandbox): ReceivedCall {
  const request = requestOf(req);
  const isPublic = route === 'unknown' || !req.path.startsWith('/v2/');
  const caller = route === 'POST token' ? credentialsOf(request).id : request.client;
  const call: ReceivedCall = {
    atMs: clock(),
    method: req.method,
    path: req.path,
    route,
    clientId: isPublic ? null : (caller ?? null),
    badgeId: route === 'POST issue' ? request.badge : null,
    query: request.query,
    status: 'lost',
    body: request.body,
    eventId: null,
  };
  calls.push(call);
  return call;
}

function conclude(outcome: CallOutcome, call: ReceivedCall, res: Response): void {
  if (outcome.kind === 'silence') return;
  if (outcome.kind === 'reset') {
    call.status = 'reset';
    return void res.socket?.resetAndDestroy();
  }
  const { status, body, headers, eventId = null } = outcome.reply;
  call.eventId = eventId;
  if (outcome.kind === 'lost') return void res.socket?.destroy();
  call.status = status;
  const [type, text] = typeof body === 'string' ? ['text', body] : ['json', JSON.stringify(body)];
  res
    .status(status)
    .type(type)
    .set({ ...headers })
    .send(text);
}

function requestOf(req: Request): ApiRequest {
  const part = (name: string): string => String(req.params[name] ?? '');
  const body: unknown = req.body;
  const [, search = ''] = req.originalUrl.split('?');
  return {
    client: part('client'),
    badge: part('badge'),
    event: part('event'),
    assertion: part('assertion').replace(/\.json$/, ''),
    query: Object.fromEntries(new URLSearchParams(search)),
    body,
    authorization: req.headers.authorization ?? '',
  };
}
