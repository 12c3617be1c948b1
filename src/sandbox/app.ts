import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { forbidden, refused, throttled, type ApiRequest, type Obf, type Reply } from './exchange.js';
import type { FaultDesk } from './fault-desk.js';
import { throughFaults, type Outcome } from './faults.js';
import type { Journal, OpenCall } from './journal.js';
import { ROUTES, type Route } from './routes.js';
import { askingClient } from './routes/token.js';

export interface Service {
  readonly obf: Obf;
  readonly faults: FaultDesk;
  readonly journal: Journal;
  readonly overRate: (clientId: string) => number | null;
  readonly closing: AbortSignal;
  nowMs(): number;
}

/** The whole way of a call: recorded, through the faults, let in, answered. */
export function createApp(service: Service): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.use(express.json({ limit: '8mb' }), express.urlencoded({ extended: false }));
  const router = express.Router();
  for (const route of ROUTES) router[route.method](route.path, (req, res) => serve(route, req, res, service));
  for (const { path } of ROUTES)
    router.all(path, (req, res) => turnAway(req, res, service, refused(405, 'no such method here')));
  app.use(router);
  app.use((req, res) => turnAway(req, res, service, refused(404, 'no such route')));
  const onError: ErrorRequestHandler = (error: unknown, req, res, _next) =>
    turnAway(req, res, service, refused(statusOf(error), 'the body cannot be read'));
  app.use(onError);
  return app;
}

async function serve(route: Route, req: Request, res: Response, service: Service): Promise<void> {
  const request = requestOf(req);
  const call = service.journal.open(openCall(route, req, request, service.nowMs()));
  const faulty = { route: route.name, clientId: call.clientId, closing: service.closing };
  const outcome = await throughFaults(service.faults, faulty, () => answerOf(route, request, service));
  conclude(outcome, call, res);
}

function answerOf(route: Route, request: ApiRequest, { obf, overRate }: Service): Reply {
  if (route.access !== 'client') return route.answer(request, obf);
  const clientId = request.param('client');
  const [, token] = /^Bearer (\S+)$/.exec(request.authorization ?? '') ?? [];
  if (token === undefined || obf.tokens.holder(token) !== clientId) return forbidden;
  if (obf.world.client(clientId)?.suspended === true) return refused(403, 'client suspended');
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

/** A call that reached no route, or whose body cannot be read. */
function turnAway(req: Request, res: Response, service: Service, reply: Reply): void {
  const call = service.journal.open(openCall(null, req, requestOf(req), service.nowMs()));
  conclude({ kind: 'reply', reply }, call, res);
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

const openCall = (route: Route | null, req: Request, request: ApiRequest, atMs: number): OpenCall => ({
  atMs,
  method: req.method,
  path: req.path,
  route: route?.name ?? 'unknown',
  clientId: route === null ? null : clientOf(route, request),
  badgeId: route?.name === 'POST issue' ? request.param('badge') : null,
  query: request.query,
  status: 'lost',
  body: request.body,
  eventId: null,
});

function clientOf({ access }: Route, request: ApiRequest): string | null {
  if (access === 'client') return request.param('client');
  return access === 'token' ? askingClient(request) : null;
}

const statusOf = (error: unknown): number => {
  const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'status') : null;
  return typeof status === 'number' ? status : 500;
};
