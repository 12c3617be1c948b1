import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Config, OidcConfig } from '../../../config.js';
import type { Logger } from '../../../platform/logger.js';
import { createWriteProbe } from '../../../platform/redis-health.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { cookieIn, isSameOrigin, openSealed } from '../../shared/browser.js';
import type { NavItem, User } from '../parts/frame.js';
import { createGate, createSignInLimits } from '../sign-in/limits.js';
import { createOidc } from '../sign-in/oidc.js';
import { createAccounts, createSessions, type Signed } from '../sign-in/sessions.js';
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

/** What every request works with; made once a process. */
export type Services = ReturnType<typeof createServices>;

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
  /** What was posted, once it was read. */
  form: URLSearchParams;
}

/** @see https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html */
const HEADERS = {
  'Cache-Control': 'no-store',
  // With `no-referrer` a browser would send `Origin: null` with our own forms.
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Robots-Tag': 'noindex',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const;

/** Signing out sends a form of ours to the identity provider. */
const policyOf = (oidc: OidcConfig | null): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    `form-action 'self'${oidc === null ? '' : ` ${new URL(oidc.issuer).origin}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

const requests = new WeakMap<object, OpsRequest>();

/** Opens a request, and sets the headers that every answer has. */
export function openRequest(req: Request, res: Response, services: Services): void {
  const given = req.get('x-request-id');
  const requestId = given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
  const { config, log } = services;
  const request: OpsRequest = {
    ...services,
    req,
    res,
    requestId,
    log: log.child({ requestId }),
    query: new URLSearchParams(req.originalUrl.split('?').slice(1).join('?')),
    startedMs: performance.now(),
    route: 'none',
    signed: null,
    form: new URLSearchParams(),
  };
  requests.set(req, request);
  res.set({ ...HEADERS, 'X-Request-Id': requestId, 'Content-Security-Policy': policyOf(config.oidc) });
  // Promised without TLS, it would lock people out of a test machine.
  if (isSecure(request)) res.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
}

/** @throws when it was not opened */
export function requestOf(req: object): OpsRequest {
  const request = requests.get(req);
  if (request === undefined) throw new Error('This request was not opened');
  return request;
}

/** Who sent a request that came through our checks. */
export function userOf(req: object): User {
  const { signed } = requestOf(req);
  if (signed === null) throw new OpsProblem('session_ended');
  return signed.user;
}

/** Whether the browser is on TLS: `PUBLIC_URL` or a trusted proxy says so. */
const isSecure = ({ req, config }: OpsRequest): boolean =>
  config.publicUrl?.startsWith('https:') === true || req.secure;

/** `oidc`: what must come back from the provider; `known`: a browser in which somebody signed in before. */
type CookieName = 'session' | 'oidc' | 'known' | 'flash';

/** `__Host-` keeps neighbours of our domain from setting it; it wants TLS and the path `/`. */
const cookieNameOf = (request: OpsRequest, name: CookieName): string =>
  `${isSecure(request) ? '__Host-' : ''}palier_${name}`;

const attributesOf = (request: OpsRequest) => {
  const secure = isSecure(request);
  return { httpOnly: true, path: secure ? '/' : '/ops', secure };
};

export const cookieOf = (request: OpsRequest, name: CookieName): string | null =>
  cookieIn(request.req.headers, cookieNameOf(request, name));

/**
 * @param value of letters that need no escape
 * @param sameSite a `lax` cookie alone comes along when another site sends the browser here
 */
export function setCookie(
  request: OpsRequest,
  name: CookieName,
  value: string,
  maxAge: number,
  sameSite: 'strict' | 'lax' = 'strict',
): void {
  request.res.cookie(cookieNameOf(request, name), value, { ...attributesOf(request), sameSite, maxAge });
}

export const dropCookie = (request: OpsRequest, name: CookieName): void =>
  void request.res.clearCookie(cookieNameOf(request, name), attributesOf(request));

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
  setCookie(request, name, sealed, maxAgeMs, sameSite);
}

/** Takes it back, once. Null: there is none, it is too old, or not ours. */
export function takeSealed<T>(request: OpsRequest, name: CookieName, form: z.ZodType<T>): T | null {
  const { vault, clock } = request.pipeline;
  const sealed = cookieOf(request, name);
  if (sealed === null) return null;
  dropCookie(request, name);
  const kept = z.object({ value: form, endsMs: z.number() });
  const data = openSealed(vault, sealed, `ops ${name}`, kept);
  return data === null || data.endsMs <= clock() ? null : data.value;
}

/** A write must come from a page of ours: forms carry no token. @throws OpsProblem */
export function requireSameOrigin({ req, config }: OpsRequest): void {
  const own = config.publicUrl ?? `${req.protocol}://${req.host}`;
  if (!isSameOrigin(req.headers, own)) throw new OpsProblem('cross_site');
}
