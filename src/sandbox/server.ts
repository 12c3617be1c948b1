import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { systemClock } from '../platform/clock.js';
import { createAdmission, credentialsOf } from './admission.js';
import { API_ROUTES } from './api.js';
import { refused, type ApiRequest, type Fault, type RouteName, type SandboxReply } from './exchange.js';
import { PUBLIC_ROUTES } from './hosted.js';
import { listen } from './processes.js';
import { World, type SandboxOptions } from './world.js';

/** A received call; `status` and `eventId` change when it ends. */
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
  /** The badge of an issue call; null for other calls. */
  readonly badgeId: string | null;
  /** The event that an issue call created, answered or not. */
  eventId: string | null;
}

export interface ReceivedIssue extends ReceivedCall {
  readonly clientId: string;
  readonly badgeId: string;
  readonly recipients: readonly string[];
  /** Invalid fields are empty here, and as received in `calls`. */
  readonly body: z.output<typeof lenientIssue>;
}

/** Parses any body of an issue call: invalid fields become empty. */
const lenientIssue = z.preprocess(
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
 * Opens a local Open Badge Factory on 127.0.0.1, for tests and the demo. It is as strict as OBF, and knows only
 * the clients that it is given.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const server = createServer();
  const port = await listen(server, options.port);
  return new Sandbox(`http://127.0.0.1:${port}`, options, server);
}

/** Faults that act after the call was carried out; the others act before it, or instead. */
const AFTER_CALL: readonly Fault['kind'][] = ['reply-lost', 'not-json', 'status-after-commit'];

export class Sandbox extends World {
  /** Every call received, in order. */
  readonly calls: ReceivedCall[] = [];
  readonly #stop = new AbortController();
  /** Faults still to happen, oldest first. */
  #faults: { readonly fault: Fault; left: number }[] = [];
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
      const body = lenientIssue.parse(call.body);
      return [{ ...call, clientId, badgeId, recipients: body.recipient.map(({ email }) => email), body }];
    });
  }

  fault(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  clearFaults(): void {
    this.#faults = [];
  }

  /** Takes the oldest fault for a call that acts `before` or `after` it is carried out; null: there is none. */
  takeFault({ route, clientId }: ReceivedCall, when: 'before' | 'after'): Fault | null {
    const match = this.#faults.find(
      ({ fault }) =>
        AFTER_CALL.includes(fault.kind) === (when === 'after') &&
        (typeof fault.route === 'string' ? fault.route === route : fault.route.test(route)) &&
        (fault.clientId === undefined || fault.clientId === clientId),
    );
    if (match === undefined) return null;
    match.left -= 1;
    this.#faults = this.#faults.filter(({ left }) => left > 0);
    return match.fault;
  }

  /** Resolves after `ms`, or when the sandbox closes. @returns whether it closed */
  closesWithin(ms: number): Promise<boolean> {
    return sleep(ms, false, { signal: this.#stop.signal }).catch(() => true);
  }

  /** Ends waiting faults, destroys every connection, and resolves when the port is free. Idempotent. */
  async close(): Promise<void> {
    if (!this.#stop.signal.aborted) this.server.close();
    this.#stop.abort();
    this.server.closeAllConnections();
    await this.#closed;
  }
}

const methodOf = (name: RouteName) =>
  name.startsWith('GET') ? 'get' : name.startsWith('PUT') ? 'put' : 'post';

/** Builds the app: OBF's API v2, then the public routes. The first route that matches is taken. */
function createSandboxApp(sandbox: Sandbox, options: SandboxOptions): Express {
  const admission = createAdmission(sandbox, options);
  const app = express().disable('x-powered-by').disable('etag');
  app.use(express.json({ limit: '8mb' }), express.urlencoded({ extended: false }));
  const refuseCall = (req: Request, res: Response, status: number, message: string): void =>
    send(refused(status, message), recordCall('unknown', req, sandbox), res);
  const serve = (name: RouteName, path: string, answer: (request: ApiRequest) => SandboxReply): void => {
    const route = app.route(path);
    route[methodOf(name)]((req, res) =>
      handleCall(sandbox, recordCall(name, req, sandbox), res, () => answer(requestOf(req))),
    );
    route.all((req, res) => refuseCall(req, res, 405, 'no such method here'));
  };
  serve('POST token', '/v2/client/oauth2/token', (request) => admission.grantToken(request));
  for (const [name, path, answer] of API_ROUTES)
    serve(name, `/v2${path}`, (request) => admission.authorize(request, answer));
  for (const [name, path, answer] of PUBLIC_ROUTES) serve(name, path, (request) => answer(request, sandbox));
  app.use((req, res) => refuseCall(req, res, 404, 'no such route'));
  const onError: ErrorRequestHandler = (error: unknown, req, res, _next) => {
    const status: unknown = Reflect.get(Object(error), 'status');
    refuseCall(req, res, typeof status === 'number' ? status : 500, 'the body cannot be read');
  };
  return app.use(onError);
}

function recordCall(route: ReceivedCall['route'], req: Request, { calls, clock }: Sandbox): ReceivedCall {
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

/** Handles a call by `answer`, with the faults that act before and after it. */
async function handleCall(
  sandbox: Sandbox,
  call: ReceivedCall,
  res: Response,
  answer: () => SandboxReply,
): Promise<void> {
  const before = sandbox.takeFault(call, 'before');
  if (before?.kind === 'black-hole') return;
  if (before?.kind === 'reset') {
    call.status = 'reset';
    return void res.socket?.resetAndDestroy();
  }
  if (before?.kind === 'status') {
    const { status, body, retryAfterS } = before;
    const headers = retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) };
    const instead = refused(status, 'A fault: nothing was done');
    return send({ status, body: body ?? instead.body, headers }, call, res);
  }
  if (before?.kind === 'slow' && (await sandbox.closesWithin(before.ms))) return;
  const reply = answer();
  call.eventId = reply.eventId ?? null;
  const after = reply.status < 300 ? sandbox.takeFault(call, 'after') : null;
  if (after?.kind === 'reply-lost') return void res.socket?.destroy();
  if (after?.kind === 'not-json')
    return send({ ...reply, body: PAGE, headers: { 'Content-Type': 'text/html' } }, call, res);
  if (after?.kind === 'status-after-commit')
    return send({ ...reply, ...refused(after.status, 'A fault, after it was done') }, call, res);
  send(reply, call, res);
}

const PAGE = '<!doctype html><title>Service</title><p>This is not JSON.</p>';

function send({ status, body, headers }: SandboxReply, call: ReceivedCall, res: Response): void {
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
