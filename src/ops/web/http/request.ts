import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Config } from '../../../config.js';
import type { Logger } from '../../../platform/logger.js';
import { createWriteProbe } from '../../../platform/redis-health.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { cookieJar, isSameOrigin, openSealed, pageHeaders } from '../../shared/browser.js';
import { createGate, createSignInLimits } from '../sign-in/limits.js';
import { createOidc } from '../sign-in/oidc.js';
import { createAccounts, createSessions, type Signed, type User } from '../sign-in/sessions.js';
import { OpsProblem } from './problem.js';

/** What the ops pages need from outside. */
export interface OpsDeps {
  /** The read side, and what an operator may start; its connection should fail fast. */
  readonly pipeline: Pipeline;
  readonly config: Pick<Config, 'opsUsers' | 'ops' | 'parcours'>;
  readonly logo: Logo | null;
  /** Whether Redis is under our key; null: it has not answered yet. Without it, it is. */
  readonly isOurs?: (() => boolean | null) | undefined;
}

/** The header's picture. */
export interface Logo {
  readonly type: 'image/svg+xml' | 'image/png';
  readonly bytes: Buffer;
}

/** One place of the navigation. */
interface NavItem {
  /** The route's. */
  readonly name: string;
  readonly href: string;
  readonly words: string;
}

/** What every request works with; made once a process. */
type Services = ReturnType<typeof createServices>;

export function createServices({ pipeline, config, logo }: OpsDeps, nav: readonly NavItem[]) {
  const { redis, prefix, vault, clock, log } = pipeline;
  const { oidc } = config.ops;
  const accounts = createAccounts(config, vault);
  return {
    pipeline,
    log,
    config: config.ops,
    /** Why Redis takes no writes; null: it does. */
    storage: createWriteProbe(redis, `${prefix}:ops-writable`),
    accounts,
    sessions: createSessions(redis, prefix, vault, accounts, clock),
    limits: createSignInLimits(redis, prefix, vault),
    /** Bounds concurrent password checks. */
    gate: createGate(),
    hasPasswords: config.opsUsers.length > 0,
    oidc: oidc === null ? null : createOidc(oidc),
    setHeaders: pageHeaders({
      imgSrc: ["'self'", 'data:'],
      // Signing out sends a form of ours to the identity provider.
      formAction: ["'self'", ...(oidc === null ? [] : [new URL(oidc.issuer).origin])],
    }),
    nav,
    hasLogo: logo !== null,
    /** People have pages of their own. */
    hasParcours: config.parcours !== null,
  };
}

/** One request on its way to its answer. */
export interface OpsRequest extends Services {
  readonly req: Request;
  readonly res: Response;
  readonly requestId: string;
  readonly log: Logger;
  readonly query: URLSearchParams;
  readonly startedMs: number;
  /** A name for the log: the address may hold anything. */
  route: string;
  /** Set once the session was looked up; a refusal then has the navigation, too. */
  signed: Signed | null;
  /** Who sent it. @throws OpsProblem `session_ended` */
  readonly user: User;
  /** What was posted, once it was read. */
  form: URLSearchParams;
}

const requests = new WeakMap<object, OpsRequest>();

/** Opens a request, and sets the headers that every answer has. */
export function openRequest(req: Request, res: Response, services: Services): void {
  const given = req.get('x-request-id');
  const requestId = given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
  const request: OpsRequest = {
    ...services,
    req,
    res,
    requestId,
    log: services.log.child({ requestId }),
    query: new URLSearchParams(req.originalUrl.split('?').slice(1).join('?')),
    startedMs: performance.now(),
    route: 'none',
    signed: null,
    get user() {
      if (this.signed === null) throw new OpsProblem('session_ended');
      return this.signed.user;
    },
    form: new URLSearchParams(),
  };
  requests.set(req, request);
  services.setHeaders(req, res, isSecure(request));
  res.set('X-Request-Id', requestId);
}

/** @throws when it was not opened */
export function requestOf(req: object): OpsRequest {
  const request = requests.get(req);
  if (request === undefined) throw new Error('This request was not opened');
  return request;
}

/** A named part of the route's path. */
export const paramOf = ({ req }: Pick<OpsRequest, 'req'>, name: string): string =>
  String(req.params[name] ?? '');

/** Whether the browser is on TLS: `PUBLIC_URL` or a trusted proxy says so. */
const isSecure = ({ req, config }: OpsRequest): boolean =>
  config.publicUrl?.startsWith('https:') === true || req.secure;

/** `oidc`: what must come back from the provider; `known`: a browser in which somebody signed in before. */
type CookieName = 'session' | 'oidc' | 'known' | 'flash';

export const jarOf = (request: OpsRequest, name: CookieName) =>
  cookieJar(`palier_${name}`, isSecure(request), '/ops');

/** Keeps a value in the browser, sealed: strangers use no memory of ours. */
export function keepSealed(
  request: OpsRequest,
  name: CookieName,
  value: object,
  maxAgeMs: number,
  sameSite?: 'lax',
): void {
  const { vault, clock } = request.pipeline;
  const sealed = vault.seal(JSON.stringify({ value, endsMs: clock() + maxAgeMs }), `ops ${name}`);
  jarOf(request, name).set(request.res, sealed, maxAgeMs, sameSite);
}

/** Takes it back, once. Null: there is none, it is too old, or not ours. */
export function takeSealed<T>(request: OpsRequest, name: CookieName, form: z.ZodType<T>): T | null {
  const { vault, clock } = request.pipeline;
  const jar = jarOf(request, name);
  const sealed = jar.read(request.req);
  if (sealed === null) return null;
  jar.clear(request.res);
  const kept = z.object({ value: form, endsMs: z.number() });
  const data = openSealed(vault, sealed, `ops ${name}`, kept);
  return data === null || data.endsMs <= clock() ? null : data.value;
}

/** A write must come from a page of ours: forms carry no token. @throws OpsProblem */
export function requireSameOrigin({ req, config }: OpsRequest): void {
  const own = config.publicUrl ?? `${req.protocol}://${req.host}`;
  if (!isSameOrigin(req.headers, own)) throw new OpsProblem('cross_site');
}
