import { setImmediate } from 'node:timers/promises';
import type { BadgeId, ClientId } from '../../../ids.js';
import { ObfError } from '../../../obf/errors.js';
import { createObf, type Obf } from '../../../obf/obf.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { createVault } from '../../../platform/vault.js';
import type { Config } from '../../../config.js';
import { obfWords } from '../checks/obf-words.js';
import type { Context } from '../context.js';
import { Problem } from '../problem.js';
import { requireRedis } from '../redis-session.js';
import { requireSettings } from '../settings.js';
import { oneLine } from './enrol-request.js';

/** What every call of OBF needs, whoever's account it is; the token is shared through Redis, sealed. */
const NEEDED = ['REDIS_URL', 'OBF_BASE_URL', 'OBF_MAX_RPS', 'PALIER_KEY', 'PALIER_KEY_OLD'];

/** A badge of an organisation's OBF account; drafts are none. */
export interface ObfBadge {
  readonly id: BadgeId;
  readonly name: string | null;
}

/** An organisation's API key, and the variable that it stands in. */
export interface ApiKey {
  readonly clientId: ClientId;
  readonly variable: string;
  readonly secret: string;
}

/** The key of a variable; null: it is not set. */
export function apiKey({ env }: Pick<Context, 'env'>, clientId: ClientId, variable: string): ApiKey | null {
  const secret = env[variable]?.trim() ?? '';
  return secret === '' ? null : { clientId, variable, secret };
}

/**
 * Every badge of the account. Reads only.
 * @throws Problem when the environment, Redis or OBF stand in the way
 */
export async function readObfBadges(context: Context, key: ApiKey): Promise<readonly ObfBadge[]> {
  const config = requireSettings(context, NEEDED);
  return requireRedis(context, config.redis, async (redis) => {
    const obf = openObf(context, config, redis, key);
    try {
      const signal = AbortSignal.timeout(context.patienceMs.obf);
      const badges = (await obf.account(key.clientId)?.badges(signal)) ?? [];
      return badges.map(({ id, name }) => ({ id, name: readable(name) }));
    } catch (error) {
      if (!(error instanceof ObfError)) throw error;
      throw new Problem('obf', [obfWords(error, key.variable)], undefined, { cause: error });
    } finally {
      obf.close();
      // A call that was given up still has a lock to give back in Redis.
      await setImmediate();
      await redis.ping().catch(() => undefined);
    }
  });
}

/** On one line; null where nothing is left to read. */
function readable(name: string | null): string | null {
  const line = oneLine(name ?? '');
  return line === '' ? null : line;
}

const openObf = (context: Context, config: Config, redis: RedisConnection, key: ApiKey): Obf =>
  createObf({
    baseUrl: config.obfBaseUrl,
    maxRps: config.obfMaxRps,
    secrets: new Map([[key.clientId, key.secret]]),
    redis,
    prefix: context.dataPrefix,
    vault: createVault(config.palierKey),
    timeoutMs: context.patienceMs.obf,
  });
