import { readFile, stat } from 'node:fs/promises';
import type { Config, ConfigFault } from '../../config.js';
import { createWriteProbe } from '../../platform/redis-health.js';
import type { Pipeline } from '../../workers/pipeline.js';
import type { NavItem } from './parts/frame.js';
import { createGate, createSignInLimits } from './sign-in/limits.js';
import { createOidc } from './sign-in/oidc.js';
import { createAccounts, createSessions } from './sign-in/sessions.js';

/** What the ops pages need from outside. */
export interface OpsDeps {
  /** The read side, and what an operator may start; its connection should fail fast. */
  readonly pipeline: Pipeline;
  readonly config: Pick<Config, 'opsUsers' | 'ops' | 'parcours'>;
  readonly logo: Logo | null;
  /** Whether Redis is under our key; null: it has not answered yet. Without it, it is. */
  readonly isOurs?: (() => boolean | null) | undefined;
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
