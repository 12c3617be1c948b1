import type { Context } from '../context.js';
import { hostsOf } from '../../../platform/redis.js';
import { RedisSilent, withRedis } from '../redis-session.js';
import { readSettings, type Settings } from '../settings.js';
import type { Localized } from '../../shared/words.js';
import type { Scheme } from '../../../rules/types.js';
import { checkEnvironment } from './environment.js';
import { checkInForce } from './in-force.js';
import { checkIssuing } from './issuing.js';
import { checkKey } from './key.js';
import { checkObf, skipAll } from './obf.js';
import { checkReading } from './obf-reading.js';
import { checkRedisSettings } from './redis.js';
import { mendFirst, resultOf, skipped, type CheckResult } from './result.js';
import { checkScheme } from './scheme.js';

/** Everything that can be looked at before Palier starts; one fault hides no other. */
export async function runChecks(context: Context): Promise<readonly CheckResult[]> {
  const settings = readSettings(context);
  const { scheme, results } = await checkScheme(context, settings);
  return [checkEnvironment(settings), ...results, ...(await checkServices(context, settings, scheme))];
}

/** Redis, and OBF, whose token all processes share through Redis. */
async function checkServices(
  context: Context,
  settings: Settings,
  scheme: Scheme | null,
): Promise<readonly CheckResult[]> {
  const faulty = settings.faulty(['REDIS_URL']);
  if (faulty.length > 0) return withoutRedis(skipped('redis', mendFirst(faulty)));
  const address = settings.config.redis;
  try {
    return await withRedis(context, address, async (redis) => [
      resultOf('redis', { notes: [{ fr: hostsOf(address), en: hostsOf(address) }] }),
      await checkRedisSettings(redis, context.env['NODE_ENV'] === 'production'),
      await checkKey(context, settings, redis),
      await checkIssuing(context, redis, scheme),
      await checkInForce(context, redis, scheme),
      ...(await checkObf({ context, settings, scheme, redis })),
      await checkReading(context, redis, scheme),
    ]);
  } catch (error) {
    if (!(error instanceof RedisSilent)) throw error;
    return withoutRedis(resultOf('redis', { errors: [error.words] }));
  }
}

const withoutRedis = (redis: CheckResult): readonly CheckResult[] => [
  redis,
  skipped('redis-settings', REDIS_FIRST),
  skipped('redis-key', REDIS_FIRST),
  skipped('issuing', REDIS_FIRST),
  skipped('in-force', REDIS_FIRST),
  ...skipAll(OBF_NEEDS_REDIS),
  skipped('obf-reading', REDIS_FIRST),
];

const REDIS_FIRST: Localized = { fr: "à régler d'abord : Redis", en: 'to be mended first: Redis' };
const OBF_NEEDS_REDIS: Localized = {
  fr: "à régler d'abord : Redis, par lequel se partage le jeton d'OBF",
  en: "to be mended first: Redis, through which OBF's token is shared",
};
