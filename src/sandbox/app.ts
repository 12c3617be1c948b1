import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { badges, client, event, events, issue, ping, recipients, revoke } from './api.js';
import {
  ok,
  refused,
  throttled,
  type ApiRequest,
  type ClientHandler,
  type PublicHandler,
  type Reply,
} from './exchange.js';
import type { CallFaults, Outcome } from './faults.js';
import { assertion, badgeClass, credential, issuer, revokedList } from './hosted.js';
import type { Tokens } from './limits.js';
import type { ReceivedCall, RouteName } from './types.js';
import type { World } from './world.js';

/** A call while it is served: its end is written when it is known. */
export type OpenCall = { -readonly [K in keyof ReceivedCall]: ReceivedCall[K] } & {
  /** The badge in an issue call's path. */
  readonly badgeId: string | null;
  eventId: string | null;
};

interface Service {
  readonly world: World;
  readonly tokens: Tokens;
  readonly faults: CallFaults;
  /** Every call received, in order of arrival. */
  readonly calls: OpenCall[];
  /** Counts a call of that client; how long to wait, ms, when it came too soon. */
  readonly overRate: (clientId: string) => number | null;
  readonly clock: () => number;
}

type Route = {
  readonly name: RouteName;
  readonly method: 'get' | 'post' | 'put';
  readonly path: string;
} & (
  | { readonly access: 'token' }
  /** A bearer token of the client in the path. */
  | { readonly access: 'client'; readonly answer: ClientHandler }
  | { readonly access: 'public'; readonly answer: PublicHandler }
);

const v2 = (
  name: RouteName,
  path: string,
  answer: ClientHandler,
  method: Route['method'] = 'get',
): Route => ({
  name,
  method,
  path: `/v2${path}`,
  access: 'client',
  answer,
});

const open = (name: RouteName, path: string, answer: PublicHandler): Route => ({
  name,
  method: 'get',
  path,
  access: 'public',
  answer,
});

/** The map of the sandbox: OBF's API v2, then what anyone may read. The first that fits is taken. */
const ROUTES: readonly Route[] = [
  { name: 'POST token', method: 'post', path: '/v2/client/oauth2/token', access: 'token' },
  v2('GET ping', '/client/:client/ping', ping),
  v2('GET client', '/client/:client', client),
  v2('GET badges', '/badge/:client', badges),
  v2('GET events', '/event/:client', events),
  v2('GET recipient', '/event/:client/recipient', recipients),
  v2('GET event', '/event/:client/:event', event),
  v2('POST issue', '/event/:client/:badge/issue', issue, 'post'),
  v2('PUT revoke', '/event/:client/:event/revoke', revoke, 'put'),
  open('GET credential', '/obv3/credentials/:assertion', credential),
  open('GET revoked', '/obv3/revoked/:client/:badge', revokedList),
  open('GET assertion', '/v1/assertion/:assertion', assertion),
  open('GET badgeclass', '/v1/badge/_/:badge.json', badgeClass),
  open('GET issuer', '/v1/client', issuer),
];

/** The whole way of a call: recorded, through the faults, let in, answered. */
export function createApp(service: Service): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.use(express.json({ limit: '8mb' }), express.urlencoded({ extended: false }));
  const turnAway = (req: Request, res: Response, status: number, message: string): void =>
    conclude({ kind: 'reply', reply: refused(status, message) }, record(null, req, service), res);
  for (const route of ROUTES)
    app[route.method](route.path, async (req, res) => {
      const call = record(route, req, service);
      const answer = (): Reply => answerOf(route, requestOf(req), service);
      conclude(await service.faults.through(call, answer), call, res);
    });
  for (const { path } of ROUTES) app.all(path, (req, res) => turnAway(req, res, 405, 'no such method here'));
  app.use((req, res) => turnAway(req, res, 404, 'no such route'));
  const onError: ErrorRequestHandler = (error: unknown, req, res, _next) => {
    const status: unknown = Reflect.get(Object(error), 'status');
    turnAway(req, res, typeof status === 'number' ? status : 500, 'the body cannot be read');
  };
  return app.use(onError);
}

function record(route: Route | null, req: Request, { calls, clock }: Service): OpenCall {
  const request = requestOf(req);
  const clientIds = {
    client: () => request.param('client'),
    token: () => credentialsOf(request).id ?? null,
    public: () => null,
  };
  const call: OpenCall = {
    atMs: clock(),
    method: req.method,
    path: req.path,
    route: route?.name ?? 'unknown',
    clientId: clientIds[route?.access ?? 'public'](),
    badgeId: route?.name === 'POST issue' ? request.param('badge') : null,
    query: request.query,
    status: 'lost',
    body: request.body,
    eventId: null,
  };
  calls.push(call);
  return call;
}

function answerOf(route: Route, request: ApiRequest, { world, tokens, overRate }: Service): Reply {
  if (route.access === 'token') return giveToken(request, world, tokens);
  if (route.access === 'public') return route.answer(request, world);
  const [, token = ''] = /^Bearer (\S+)$/.exec(request.authorization ?? '') ?? [];
  const found = world.clients.get(request.param('client'));
  // An unknown or expired token, or one of another client: OBF answers it in plain text.
  if (found === undefined || tokens.holder(token) !== found.id) return { status: 403, body: '403 Forbidden' };
  if (found.suspended) return refused(403, 'client suspended');
  const waitMs = overRate(found.id);
  return waitMs === null ? route.answer(request, world, found) : throttled(waitMs, 'Too many requests');
}

const form = z.object({ grant_type: z.string(), client_id: z.string(), client_secret: z.string() }).partial();

/** OAuth 2.0 client credentials (RFC 6749, section 4.4). */
function giveToken(request: ApiRequest, world: World, tokens: Tokens): Reply {
  if (form.safeParse(request.body).data?.grant_type !== 'client_credentials')
    return refused(400, 'grant_type must be "client_credentials", in a form');
  const { id = '', secret } = credentialsOf(request);
  if (secret === undefined || world.clients.get(id)?.secret !== secret)
    return refused(403, 'unknown client, or wrong secret');
  const grant = tokens.grant(id);
  return 'waitMs' in grant
    ? throttled(grant.waitMs, 'one token per client every ten seconds')
    : ok({ access_token: grant.token, expires_in: tokens.ttlS, token_type: 'Bearer' });
}

/** Who asks for a token, as HTTP Basic or in the body, before anything is checked. */
function credentialsOf({ authorization, body }: ApiRequest): {
  id?: string | undefined;
  secret?: string | undefined;
} {
  const [, encoded = ''] = /^Basic ([\w+/=-]+)$/i.exec(authorization ?? '') ?? [];
  const [, id, secret] = /^(.*?):(.*)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const { client_id, client_secret } = form.safeParse(body).data ?? {};
  return id === undefined ? { id: client_id, secret: client_secret } : { id, secret };
}

function conclude(outcome: Outcome, call: OpenCall, res: Response): void {
  if (outcome.kind === 'silence') return;
  if (outcome.kind === 'reset') {
    call.status = 'reset';
    res.socket?.resetAndDestroy();
    return;
  }
  const { status, body, headers, eventId = null } = outcome.reply;
  call.eventId = eventId;
  if (outcome.kind === 'lost') return void res.socket?.destroy();
  call.status = status;
  const isText = typeof body === 'string';
  res
    .status(status)
    .type(isText ? 'text' : 'json')
    .set({ ...headers });
  res.send(isText ? body : JSON.stringify(body));
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
