import type { Config, OpsConfig } from '../../config.js';
import type { Clock } from '../../platform/clock.js';
import type { Logger } from '../../platform/logger.js';
import type { RedisConnection } from '../../platform/redis.js';
import type { Vault } from '../../platform/vault.js';
import { createWriteProbe, type WriteProbe } from '../../platform/redis-health.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { createAssets, type Assets, type Logo } from './assets.js';
import { contentPolicy } from './http/exchange.js';
import type { NavItem } from './parts/frame.js';
import { createAccounts, type Accounts } from './sign-in/accounts.js';
import { createGate, createSignInLimits, type Gate, type SignInLimits } from './sign-in/limits.js';
import { createOidc, type Oidc } from './sign-in/oidc.js';
import { createSessions, type Sessions } from './sign-in/sessions.js';

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
export interface Services {
  readonly pipeline: Pipeline;
  readonly config: OpsConfig;
  readonly vault: Vault;
  /** Why Redis takes no writes; null: it does. */
  readonly storage: WriteProbe;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly limits: SignInLimits;
  /** Bounds concurrent password checks. */
  readonly gate: Gate;
  readonly hasPasswords: boolean;
  /** Null: not configured. */
  readonly oidc: Oidc | null;
  readonly assets: Assets;
  /** The pages' Content-Security-Policy. */
  readonly policy: string;
  readonly nav: readonly NavItem[];
  readonly log: Logger;
  readonly clock: Clock;
  /** People have pages of their own. */
  readonly hasParcours: boolean;
}

export function createServices(deps: OpsDeps, nav: readonly NavItem[]): Services {
  const { pipeline, redis, prefix, config, clock, log } = deps;
  const { vault } = pipeline;
  const { oidc } = config.ops;
  const accounts = createAccounts(config, vault);
  return {
    pipeline,
    config: config.ops,
    vault,
    storage: createWriteProbe(redis, `${prefix}:ops-writable`),
    accounts,
    sessions: createSessions({ redis, prefix, vault, accounts, clock }),
    limits: createSignInLimits(redis, prefix, vault),
    gate: createGate(),
    hasPasswords: config.opsUsers.length > 0,
    oidc: oidc === null ? null : createOidc(oidc),
    assets: createAssets(config.ops.colour, deps.logo),
    policy: contentPolicy(oidc === null ? null : new URL(oidc.issuer).origin),
    nav,
    log,
    clock,
    hasParcours: config.parcours !== null,
  };
}
