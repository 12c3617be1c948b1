import type { BadgeId, ClientId } from '../../../ids.js';
import { ObfError } from '../../../obf/errors.js';
import { withoutMarks } from '../../../platform/invisible.js';
import { obfWords, withObf } from '../obf.js';
import { withRedis } from '../session.js';
import { requireSettings } from '../settings.js';
import { type Context, Problem } from '../command.js';

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
  const secrets = new Map([[key.clientId, key.secret]]);
  return withRedis(context, config.redis, (redis) =>
    withObf(context, config, redis, secrets, async (obf) => {
      try {
        const signal = AbortSignal.timeout(context.patienceMs.obf);
        const badges = (await obf.account(key.clientId)?.badges(signal)) ?? [];
        return badges.map(({ id, name }) => ({ id, name: oneLine(name ?? '') || null }));
      } catch (error) {
        if (!(error instanceof ObfError)) throw error;
        throw new Problem('obf', obfWords(error, key.variable), { cause: error });
      }
    }),
  );
}

/** On one line, and without marks that turn its direction; a name may come from anywhere. */
export const oneLine = (text: string): string =>
  withoutMarks(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
