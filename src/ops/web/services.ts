import type { OpsConfig } from '../../config.js';
import type { Clock } from '../../platform/clock.js';
import type { Logger } from '../../platform/logger.js';
import type { Vault } from '../../platform/vault.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { createAssets, type Assets } from './assets.js';
import type { OpsDeps } from './deps.js';
import { contentPolicy } from './http/headers.js';
import type { NavItem } from './layout/frame.js';
import { createOidc, type Oidc } from './oidc/oidc.js';
import { createAccounts, type Accounts } from './session/accounts.js';
import { createSessions, type Sessions } from './session/store.js';
import { createGate, type Gate } from './sign-in/gate.js';
import { createSignInLimits, type SignInLimits } from './sign-in/limits.js';

/** What every request works with; made once for the process. */
export interface Services {
  readonly pipeline: Pipeline;
  readonly config: OpsConfig;
  readonly vault: Vault;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly limits: SignInLimits;
  /** What passwords are checked behind. */
  readonly gate: Gate;
  /** Whether anybody has a password. */
  readonly hasPasswords: boolean;
  /** Null: not configured. */
  readonly oidc: Oidc | null;
  readonly assets: Assets;
  /** The pages' Content-Security-Policy. */
  readonly policy: string;
  readonly nav: readonly NavItem[];
  readonly log: Logger;
  readonly clock: Clock;
}

export function createServices(deps: OpsDeps, nav: readonly NavItem[]): Services {
  const { pipeline, redis, prefix, config, clock, log } = deps;
  const { vault } = pipeline;
  const accounts = createAccounts(config, vault);
  const { oidc } = config.ops;
  return {
    pipeline,
    config: config.ops,
    vault,
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
  };
}
