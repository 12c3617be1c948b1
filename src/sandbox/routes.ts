import type { Handler } from './exchange.js';
import type { RouteName } from './route-names.js';
import { assertion, badgeClass, issuer } from './routes/assertion.js';
import { badge, badges } from './routes/badge.js';
import { aliases, client, ping } from './routes/client.js';
import { credential, revokedList } from './routes/credential.js';
import { event, events } from './routes/event.js';
import { issue } from './routes/issue.js';
import { recipients } from './routes/recipient.js';
import { revoke } from './routes/revoke.js';
import { giveToken } from './routes/token.js';

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
