import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { refused, throttled, type ApiRequest, type Obf, type Reply } from './exchange.js';
import type { CallFaults, Outcome } from './faults.js';
import { askingClient, ROUTES, type Route } from './routes.js';
import type { ReceivedCall } from './types.js';

/** A call while it is served: its end is written when it is known. */
type OpenCall = { -readonly [K in keyof ReceivedCall]: ReceivedCall[K] } & {
  /** The badge in an issue call's path. */
  readonly badgeId: string | null;
  eventId: string | null;
};

export interface Service {
  readonly obf: Obf;
  readonly faults: CallFaults;
  /** Every call received, in order of arrival. */
  readonly calls: OpenCall[];
  /** Counts a call of that client; how long to wait, ms, when it came too soon. */
  readonly overRate: (clientId: string) => number | null;
  readonly closing: AbortSignal;
  readonly clock: () => number;
}

/** The whole way of a call: recorded, through the faults, let in, answered. */
export function createApp(service: Service): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.use(express.json({ limit: '8mb' }), express.urlencoded({ extended: false }));
  const turnAway = (req: Request, res: Response, status: number, message: string): void =>
    conclude({ kind: 'reply', reply: refused(status, message) }, record(null, req, service), res);
  const router = express.Router();
  for (const route of ROUTES) router[route.method](route.path, (req, res) => serve(route, req, res, service));
  for (const { path } of ROUTES)
    router.all(path, (req, res) => turnAway(req, res, 405, 'no such method here'));
  app.use(router);
  app.use((req, res) => turnAway(req, res, 404, 'no such route'));
  const onError: ErrorRequestHandler = (error: unknown, req, res, _next) =>
    turnAway(req, res, statusOf(error), 'the body cannot be read');
  app.use(onError);
  return app;
}

async function serve(route: Route, req: Request, res: Response, service: Service): Promise<void> {
  const call = record(route, req, service);
  const { clientId } = call;
  const faulty = { route: route.name, clientId, closing: service.closing };
  const outcome = await service.faults.through(faulty, () => answerOf(route, requestOf(req), service));
  conclude(outcome, call, res);
}

function record(route: Route | null, req: Request, { calls, clock }: Service): OpenCall {
  const request = requestOf(req);
  const call: OpenCall = {
    atMs: clock(),
    method: req.method,
    path: req.path,
    route: route?.name ?? 'unknown',
    clientId: route === null ? null : clientOf(route, request),
    badgeId: route?.name === 'POST issue' ? request.param('badge') : null,
    query: request.query,
    status: 'lost',
    body: request.body,
    eventId: null,
  };
  calls.push(call);
  return call;
}

function clientOf({ access }: Route, request: ApiRequest): string | null {
  if (access === 'client') return request.param('client');
  return access === 'token' ? askingClient(request) : null;
}

/** An unknown or expired token, or one of another client: OBF answers it in plain text. */
const FORBIDDEN: Reply = { status: 403, body: '403 Forbidden' };

function answerOf(route: Route, request: ApiRequest, { obf, overRate }: Service): Reply {
  if (route.access !== 'client') return route.answer(request, obf);
  const clientId = request.param('client');
  const [, token] = /^Bearer (\S+)$/.exec(request.authorization ?? '') ?? [];
  if (token === undefined || obf.tokens.holder(token) !== clientId) return FORBIDDEN;
  if (obf.world.clientNamed(clientId).suspended) return refused(403, 'client suspended');
  const waitMs = overRate(clientId);
  return waitMs === null ? route.answer(request, obf) : throttled(waitMs, 'Too many requests');
}

function conclude(outcome: Outcome, call: OpenCall, res: Response): void {
  switch (outcome.kind) {
    case 'reply':
      call.status = outcome.reply.status;
      call.eventId = outcome.reply.eventId ?? null;
      return send(outcome.reply, res, outcome.html === true ? 'html' : 'text');
    case 'reset':
      call.status = 'reset';
      res.socket?.resetAndDestroy();
      return;
    case 'lost':
      call.eventId = outcome.eventId;
      res.socket?.destroy();
      return;
    case 'silence':
  }
}

function send({ status, body, headers }: Reply, res: Response, textAs: 'html' | 'text'): void {
  res.status(status).set({ ...headers });
  if (typeof body === 'string') res.type(textAs).send(body);
  else res.json(body);
}

function requestOf(req: Request): ApiRequest {
  const body: unknown = req.body;
  const [, search = ''] = req.originalUrl.split('?');
  return {
    param(name) {
      const value = req.params[name];
      if (typeof value !== 'string') throw new Error(`The route table names no part ":${name}" here`);
      return value;
    },
    query: Object.fromEntries(new URLSearchParams(search)),
    body,
    authorization: req.headers.authorization ?? null,
  };
}

const statusOf = (error: unknown): number => {
  const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'status') : null;
  return typeof status === 'number' ? status : 500;
};
