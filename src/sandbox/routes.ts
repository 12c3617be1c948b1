import { z } from 'zod';
import { assertion, badgeClass, credential, issuer, revokedList } from './hosted.js';
import { aliases, badge, badges, client, event, events, issue, ping, recipients, revoke } from './api.js';
import { ok, refused, throttled, type ApiRequest, type Handler } from './exchange.js';
import type { RouteName } from './types.js';

export interface Route {
  readonly name: RouteName;
  readonly method: 'get' | 'post' | 'put';
  readonly path: string;
  /** `client`: a bearer token of the client in the path. */
  readonly access: 'token' | 'client' | 'public';
  readonly answer: Handler;
}

const v2 = (name: RouteName, method: Route['method'], path: string, answer: Handler): Route => ({
  name,
  method,
  path: `/v2${path}`,
  access: 'client',
  answer,
});

const open = (name: RouteName, path: string, answer: Handler): Route => ({
  name,
  method: 'get',
  path,
  access: 'public',
  answer,
});

const form = z.object({
  grant_type: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
});

/** OAuth 2.0 client credentials (RFC 6749, section 4.4), in the body or as HTTP Basic. */
const giveToken: Handler = (request, { world, tokens }) => {
  const body = form.safeParse(request.body).data;
  if (body?.grant_type !== 'client_credentials')
    return refused(400, 'grant_type must be "client_credentials", in a form');
  const { id, secret } = basicOf(request) ?? { id: body.client_id ?? '', secret: body.client_secret ?? '' };
  if (world.clients.get(id)?.secret !== secret) return refused(403, 'unknown client, or wrong secret');
  const grant = tokens.grant(id);
  return 'waitMs' in grant
    ? throttled(grant.waitMs, 'one token per client every ten seconds')
    : ok({ access_token: grant.token, expires_in: tokens.ttlS, token_type: 'Bearer' });
};

/** Who asks for a token, before anything is checked; null when nobody says. */
export const askingClient = (request: ApiRequest): string | null =>
  basicOf(request)?.id ?? form.safeParse(request.body).data?.client_id ?? null;

function basicOf({ authorization }: ApiRequest): { id: string; secret: string } | null {
  const [, encoded] = /^Basic ([\w+/=-]+)$/i.exec(authorization ?? '') ?? [];
  const pair = Buffer.from(encoded ?? '', 'base64').toString();
  const at = pair.indexOf(':');
  return at < 0 ? null : { id: pair.slice(0, at), secret: pair.slice(at + 1) };
}

/** The map of the sandbox: OBF's API v2, then what anyone may read. The first that fits is taken. */
export const ROUTES: readonly Route[] = [
  { name: 'POST token', method: 'post', path: '/v2/client/oauth2/token', access: 'token', answer: giveToken },
  v2('GET ping', 'get', '/client/:client/ping', ping),
  v2('GET alias', 'get', '/client/:client/alias', aliases),
  v2('GET client', 'get', '/client/:client', client),
  v2('GET badges', 'get', '/badge/:client', badges),
  v2('GET badge', 'get', '/badge/:client/:badge', badge),
  v2('GET events', 'get', '/event/:client', events),
  v2('GET recipient', 'get', '/event/:client/recipient', recipients),
  v2('GET event', 'get', '/event/:client/:event', event),
  v2('POST issue', 'post', '/event/:client/:badge/issue', issue),
  v2('PUT revoke', 'put', '/event/:client/:event/revoke', revoke),
  open('GET credential', '/obv3/credentials/:assertion', credential),
  open('GET revoked', '/obv3/revoked/:client/:badge', revokedList),
  open('GET assertion', '/v1/assertion/:assertion', assertion),
  open('GET badgeclass', '/v1/badge/_/:badge.json', badgeClass),
  open('GET issuer', '/v1/client', issuer),
];
