import type { RequestHandler } from 'express';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Config, ConfigFault } from '../../config.js';
import type { Clock } from '../../platform/clock.js';
import type { Logger } from '../../platform/logger.js';
import { createWriteProbe } from '../../platform/redis-health.js';
import type { RedisConnection } from '../../platform/redis.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { contentPolicy } from './http/exchange.js';
import type { NavItem } from './parts/frame.js';
import { styleSheet } from './parts/style.js';
import { createGate, createSignInLimits } from './sign-in/limits.js';
import { createOidc } from './sign-in/oidc.js';
import { createAccounts, createSessions } from './sign-in/sessions.js';

/** What the ops pages need from outside. */
export interface OpsDeps {
  /** The read side, and what an operator may start. */
  readonly pipeline: Pipeline;
  /** Sessions and sign-in counters; it should fail fast. */
  readonly redis: RedisConnection;
  /** Of their keys. */
  readonly prefix: string;
  readonly config: Pick<Config, 'opsUsers' | 'ops' | 'parcours'>;
  readonly logo: Logo | null;
  readonly log: Logger;
  readonly clock: Clock;
  /** Whether Redis is under our key; null: it has not answered yet. Without it, it is. */
  readonly isOurs?: (() => boolean | null) | undefined;
}

/** What every request works with; made once a process. */
export type Services = ReturnType<typeof createServices>;

export function createServices(deps: OpsDeps, nav: readonly NavItem[]) {
  const { pipeline, redis, prefix, config, clock, log } = deps;
  const { vault } = pipeline;
  const { oidc } = config.ops;
  const accounts = createAccounts(config, vault);
  return {
    pipeline,
    config: config.ops,
    vault,
    /** Why Redis takes no writes; null: it does. */
    storage: createWriteProbe(redis, `${prefix}:ops-writable`),
    accounts,
    sessions: createSessions(redis, prefix, vault, accounts, clock),
    limits: createSignInLimits(redis, prefix, vault),
    /** Bounds concurrent password checks. */
    gate: createGate(),
    hasPasswords: config.opsUsers.length > 0,
    oidc: oidc === null ? null : createOidc(oidc),
    assets: createAssets(config.ops.colour, deps.logo),
    /** The pages' Content-Security-Policy. */
    policy: contentPolicy(oidc === null ? null : new URL(oidc.issuer).origin),
    nav,
    log,
    clock,
    /** People have pages of their own. */
    hasParcours: config.parcours !== null,
  };
}

/** The header's picture. */
export interface Logo {
  readonly type: 'image/svg+xml' | 'image/png';
  readonly bytes: Buffer;
}

const MAX_LOGO_BYTES = 256 * 1024;

const LOGO_FAULT: ConfigFault = {
  variable: 'OPS_LOGO',
  fr: 'ce fichier ne peut pas être lu, ou dépasse 256 ko',
  en: 'this file cannot be read, or is over 256 kB',
};

/** Reads `OPS_LOGO`, if set, from the working directory. */
export async function readLogo(
  path: string | null,
): Promise<{ readonly logo: Logo | null; readonly faults: readonly ConfigFault[] }> {
  if (path === null) return { logo: null, faults: [] };
  try {
    if ((await stat(path)).size > MAX_LOGO_BYTES) return { logo: null, faults: [LOGO_FAULT] };
    const type = path.toLowerCase().endsWith('.svg') ? 'image/svg+xml' : 'image/png';
    return { logo: { type, bytes: await readFile(path) }, faults: [] };
  } catch {
    return { logo: null, faults: [LOGO_FAULT] };
  }
}

/** A static file; its address changes with its content, so browsers may keep it for ever. */
export interface Asset {
  readonly name: string;
  readonly href: string;
  readonly type: string;
  readonly bytes: Buffer;
}

export const createAssets = (colour: string, logo: Logo | null) => ({
  style: asset('style.css', 'text/css; charset=utf-8', Buffer.from(styleSheet(colour))),
  logo: logo === null ? null : asset('logo', logo.type, logo.bytes),
});

function asset(name: string, type: string, bytes: Buffer): Asset {
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
  return { name, href: `/ops/${name}?v=${hash}`, type, bytes };
}

const FOREVER = 'public, max-age=31536000, immutable';
/** An svg opened by itself runs nothing, and may use its own drawing styles. */
const LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Under another version's address the current file is sent, and not kept. */
export const serveAsset =
  ({ href, type, bytes, name }: Asset): RequestHandler =>
  (req, res) => {
    res.setHeader('Content-Type', type);
    res.setHeader('Cache-Control', req.originalUrl === href ? FOREVER : 'no-cache');
    if (name === 'logo') res.setHeader('Content-Security-Policy', LOGO_POLICY);
    res.end(bytes);
  };
