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
import { createAccounts, createSessions, type Session, type User } from '../sign-in/sessions.js';
import { OpsProblem } from './problem.js';

/** Dependencies of the ops pages. */
export interface OpsDeps {
  /** What pages read and actions enqueue by; its Redis connection should fail fast. */
  readonly pipeline: Pipeline;
  readonly config: Pick<Config, 'opsUsers' | 'ops' | 'parcours'>;
  readonly logo: Logo | null;
  /** Whether Redis was filled under our PALIER_KEY; null: not known yet. Absent: it was. */
  readonly isOurs?: (() => boolean | null) | undefined;
}

/** The image in the header. */
export interface Logo {
  readonly type: 'image/svg+xml' | 'image/png';
  readonly bytes: Buffer;
}

/** One link of the navigation. */
interface NavItem {
  /** The route's name. */
  readonly name: string;
  readonly href: string;
  readonly words: string;
}

/** What all requests share; created once per process. */
type Services = ReturnType<typeof createServices>;

export function createServices({ pipeline, config, logo }: OpsDeps, nav: readonly NavItem[]) {
  const { redis, prefix, vault, clock, log } = pipeline;
  const { oidc } = config.ops;
  const accounts = createAccounts(config, vault);
  return {
    pipeline,
    log,
    config: config.ops,
    /** Resolves with why Redis takes no writes; null: it does. */
    probeWrites: createWriteProbe(redis, `${prefix}:ops-writable`),
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
    /** Whether earners have their own pages. */
    hasParcours: config.parcours !== null,
  };
}

/** One request, with what its handlers share. */
export interface OpsRequest extends Services {
  readonly req: Request;
  readonly res: Response;
  readonly requestId: string;
  readonly log: Logger;
  readonly query: URLSearchParams;
  readonly startedMs: number;
  /** The route's name, for the log: a URL may hold anything. */
  route: string;
  /** Set once the session is read; refusals after that show the navigation too. */
  session: Session | null;
  /** The signed-in sender. @throws OpsProblem `session_ended` */
  readonly user: User;
  /** The posted form; empty until it is read. */
  form: URLSearchParams;
}

const requests = new WeakMap<object, OpsRequest>();

/** Creates a request's context, and sets the headers of every answer. */
export function openRequest(req: Request, res: Response, services: Services): void {
  const sentId = req.get('x-request-id');
  const requestId = sentId !== undefined && /^[\w.-]{1,128}$/.test(sentId) ? sentId : randomUUID();
  const request: OpsRequest = {
    ...services,
    req,
    res,
    requestId,
    log: services.log.child({ requestId }),
    query: new URLSearchParams(req.originalUrl.split('?').slice(1).join('?')),
    startedMs: performance.now(),
    route: 'none',
    session: null,
    get user() {
      if (this.session === null) throw new OpsProblem('session_ended');
      return this.session.user;
    },
    form: new URLSearchParams(),
  };
  requests.set(req, request);
  services.setHeaders(req, res, isSecure(request));
  res.set('X-Request-Id', requestId);
}

/** Returns a request's context. @throws when `openRequest` did not create one */
export function requestOf(req: object): OpsRequest {
  const request = requests.get(req);
  if (request === undefined) throw new Error('This request has no context: call openRequest() first');
  return request;
}

/** Returns a parameter of the route's path; '' when it has none. */
export const paramOf = ({ req }: Pick<OpsRequest, 'req'>, name: string): string =>
  String(req.params[name] ?? '');

/** Whether the browser uses TLS, according to `PUBLIC_URL` or a trusted proxy. */
const isSecure = ({ req, config }: OpsRequest): boolean =>
  config.publicUrl?.startsWith('https:') === true || req.secure;

/** `oidc`: a sign-in at the provider in progress; `known`: a user signed in from this browser before. */
type CookieName = 'session' | 'oidc' | 'known' | 'flash';

export const jarOf = (request: OpsRequest, name: CookieName) =>
  cookieJar(`palier_${name}`, isSecure(request), '/ops');

/** Stores a value in a sealed cookie, so that strangers use no memory of ours. */
export function setSealedCookie(
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

/** Reads and clears a sealed cookie. Null: there is none, it expired, or it is not ours. */
export function takeSealedCookie<T>(request: OpsRequest, name: CookieName, schema: z.ZodType<T>): T | null {
  const { vault, clock } = request.pipeline;
  const jar = jarOf(request, name);
  const sealed = jar.read(request.req);
  if (sealed === null) return null;
  jar.clear(request.res);
  const envelope = z.object({ value: schema, endsMs: z.number() });
  const data = openSealed(vault, sealed, `ops ${name}`, envelope);
  return data === null || data.endsMs <= clock() ? null : data.value;
}

/** Checks that a page of ours sent the write; forms carry no token. @throws OpsProblem `cross_site` */
export function requireSameOrigin({ req, config }: OpsRequest): void {
  const ownOrigin = config.publicUrl ?? `${req.protocol}://${req.host}`;
  if (!isSameOrigin(req.headers, ownOrigin)) throw new OpsProblem('cross_site');
}
