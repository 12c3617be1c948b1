import type { WebhookDeps } from './deps.js';
import type { Exchange, Outcome } from './exchange.js';
import { healthz, readyz } from './health.js';
import { metrics } from './metrics.js';
import { passportDoor, receive, webhookDoor } from './receive.js';

export interface Route {
  /** Its name in logs. */
  readonly name: 'webhooks' | 'passport' | 'health' | 'ready' | 'metrics';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handle: (exchange: Exchange, deps: WebhookDeps) => Outcome | Promise<Outcome>;
}

/** Everything that is served, and where. */
export const ROUTES: readonly Route[] = [
  {
    name: 'webhooks',
    method: 'POST',
    path: '/webhooks/obf',
    handle: (exchange, deps) => receive(exchange, deps, webhookDoor),
  },
  {
    name: 'passport',
    method: 'POST',
    path: '/obpv1/factory/users_badges',
    handle: (exchange, deps) => receive(exchange, deps, passportDoor),
  },
  { name: 'health', method: 'GET', path: '/healthz', handle: healthz },
  { name: 'ready', method: 'GET', path: '/readyz', handle: (_, deps) => readyz(deps) },
  { name: 'metrics', method: 'GET', path: '/metrics', handle: metrics },
];

/** Without a token there are no figures, and nothing shows that there could be. */
export const routesOf = ({ figures }: WebhookDeps): readonly Route[] =>
  ROUTES.filter(({ name }) => name !== 'metrics' || figures !== undefined);

/** Whoever may GET may ask for the head of it (RFC 9110, 9.3.2). */
export const methodsOf = ({ method }: Route): readonly string[] =>
  method === 'GET' ? ['GET', 'HEAD'] : [method];
