import { createRedisClock } from '../../../platform/redis-clock.js';
import type { Config } from '../../../config.js';
import { createEarnerStore } from '../../../earners/store.js';
import { asClientId } from '../../../ids.js';
import { createQuota } from '../../../issuing/quota.js';
import { createObf } from '../../../obf/obf.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { createVault, type Vault } from '../../../platform/vault.js';
import type { Scheme } from '../../../rules/types.js';
import type { PlanParts } from '../../../scheme/make-plan.js';
import { PACE } from '../../../workers/pipeline.js';
import { createSchemes } from '../../../scheme/schemes.js';
import type { Context } from '../context.js';
import { requireRedis } from '../redis-session.js';
import { requireReadable, requireSettings } from '../settings.js';

const NEEDED = [
  'REDIS_URL',
  'OBF_BASE_URL',
  'OBF_CLIENT_ID',
  'OBF_CLIENT_SECRET',
  'OBF_MAX_RPS',
  'PALIER_KEY',
  'PALIER_KEY_OLD',
  'TZ_SCHEME',
];

/** What a plan is made with, and for which scheme. */
export interface PlanSession {
  readonly parts: PlanParts;
  readonly scheme: Scheme;
  /** OBF's calls per second. */
  readonly maxRps: number;
}

/**
 * Opens what a plan is made with, does `work`, and closes it. Queues are not opened: BullMQ would leave its
 * mark in Redis, and a plan changes nothing there.
 * @param readScheme reads the scheme that the plan is for
 * @throws Problem when the environment, the scheme or Redis stand in the way, or PALIER_KEY is another
 */
export async function withPlanParts<T>(
  context: Context,
  readScheme: (config: Config) => Promise<Scheme>,
  work: (session: PlanSession) => Promise<T>,
): Promise<T> {
  const config = requireSettings(context, NEEDED);
  const scheme = await readScheme(config);
  return requireRedis(context, config.redis, async (redis) => {
    const vault = createVault(config.palierKey, config.palierKeyOld);
    await requireReadable(redis, context.dataPrefix, vault);
    const { parts, close } = openParts(context, config, { redis, scheme, vault });
    try {
      return await work({ parts, scheme, maxRps: config.obfMaxRps });
    } finally {
      close();
    }
  });
}

function openParts(
  { dataPrefix: prefix, clock }: Context,
  config: Config,
  {
    redis,
    scheme,
    vault,
  }: { readonly redis: RedisConnection; readonly scheme: Scheme; readonly vault: Vault },
): { readonly parts: PlanParts; readonly close: () => void } {
  const region = asClientId(config.obfClientId);
  const obf = createObf({
    baseUrl: config.obfBaseUrl,
    maxRps: config.obfMaxRps,
    secrets: new Map([[region, config.obfClientSecret]]),
    redis,
    prefix,
    vault,
  });
  const account = obf.account(region);
  if (account === null) throw new Error("The Région's own client has no account");
  const parts: PlanParts = {
    people: { redis, prefix, region, earners: createEarnerStore(redis, prefix, vault) },
    schemes: createSchemes(redis, prefix, scheme, clock),
    quota: createQuota(redis, prefix, account, createRedisClock(redis, prefix).now, PACE.quota),
    pace: PACE,
    clock,
  };
  return { parts, close: () => obf.close() };
}
