import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { API_ROUTES } from './api.js';
import {
  ok,
  refused,
  throttled,
  type ApiRequest,
  type ClientHandler,
  type SandboxReply,
} from './exchange.js';
import type { CallFaults, CallOutcome } from './faults.js';
import { PUBLIC_ROUTES } from './hosted.js';
import type { SandboxLimits } from './limits.js';
import type { ReceivedCall, RouteName } from './types.js';
import type { World } from './world.js';

/** A call while it is served: its end is written when it is known. */
export type OpenCall = { -readonly [K in keyof ReceivedCall]: ReceivedCall[K] };

interface Service {
  readonly world: World;
  readonly limits: SandboxLimits;
  readonly faults: CallFaults;
  readonly calls: OpenCall[];
}

const methodOf = (name: RouteName) =>
  name.startsWith('GET') ? 'get' : name.startsWith('PUT') ? 'put' : 'post';

/**
 * OBF's API v2, then what anyone may read: the first route that fits is taken. The whole way of a call: recorded,
 * through the faults, let in, answered.
 */
export function createSandboxApp(service: Service): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.use(express.json({ limit: '8mb' }), express.urlencoded({ extended: false }));
  const turnAway = (req: Request, res: Response, status: number, message: string): void =>
    conclude({ kind: 'reply', reply: refused(status, message) }, record('unknown', req, service), res);
  const serve = (name: RouteName, path: string, answer: (request: ApiRequest) => SandboxReply): void => {
    const route = app.route(path);
    route[methodOf(name)](async (req, res) => {
      const call = record(name, req, service);
      conclude(await service.faults.through(call, () => answer(requestOf(req))), call, res);
    });
    route.all((req, res) => turnAway(req, res, 405, 'no such method here'));
  };
  serve('POST token', '/v2/client/oauth2/token', (request) => giveToken(request, service));
  for (const [name, path, answer] of API_ROUTES)
    serve(name, `/v2${path}`, (request) => letIn(request, service, answer));
  for (const [name, path, answer] of PUBLIC_ROUTES)
    serve(name, path, (request) => answer(request, service.world));
  app.use((req, res) => turnAway(req, res, 404, 'no such route'));
  const onError: ErrorRequestHandler = (error: unknown, req, res, _next) => {
    const status: unknown = Reflect.get(Object(error), 'status');
    turnAway(req, res, typeof status === 'number' ? status : 500, 'the body cannot be read');
  };
  return app.use(onError);
}

function record(route: OpenCall['route'], req: Request, { calls, world }: Service): OpenCall {
  const request = requestOf(req);
  const isPublic = route === 'unknown' || !req.path.startsWith('/v2/');
  const caller = route === 'POST token' ? credentialsOf(request).id : request.client;
  const call: OpenCall = {
    atMs: world.clock(),
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

/** A bearer token of the client in the path, and not too soon. */
function letIn(request: ApiRequest, { world, limits }: Service, answer: ClientHandler): SandboxReply {
  const [, token = ''] = /^Bearer (\S+)$/.exec(request.authorization) ?? [];
  const client = world.clients.get(request.client);
  // An unknown or expired token, or one of another client: OBF answers it in plain text.
  if (client === undefined || limits.holder(token) !== client.id)
    return { status: 403, body: '403 Forbidden' };
  if (client.suspended) return refused(403, 'client suspended');
  const waitMs = limits.overRate(client.id);
  return waitMs === null ? answer(request, world, client) : throttled(waitMs, 'Too many requests');
}

const form = z.object({ grant_type: z.string(), client_id: z.string(), client_secret: z.string() }).partial();

/** OAuth 2.0 client credentials (RFC 6749, section 4.4). */
function giveToken(request: ApiRequest, { world, limits }: Service): SandboxReply {
  if (form.safeParse(request.body).data?.grant_type !== 'client_credentials')
    return refused(400, 'grant_type must be "client_credentials", in a form');
  const { id = '', secret } = credentialsOf(request);
  if (secret === undefined || world.clients.get(id)?.secret !== secret)
    return refused(403, 'unknown client, or wrong secret');
  const granted = limits.grant(id);
  return typeof granted === 'number'
    ? throttled(granted, 'one token per client every ten seconds')
    : ok({ access_token: granted, expires_in: limits.tokenTtlS, token_type: 'Bearer' });
}

/** Who asks for a token, as HTTP Basic or in the body, before anything is checked. */
function credentialsOf({ authorization, body }: ApiRequest) {
  const [, encoded = ''] = /^Basic ([\w+/=-]+)$/i.exec(authorization) ?? [];
  const [, id, secret] = /^(.*?):(.*)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const { client_id, client_secret } = form.safeParse(body).data ?? {};
  return id === undefined ? { id: client_id, secret: client_secret } : { id, secret };
}

function conclude(outcome: CallOutcome, call: OpenCall, res: Response): void {
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
