import { isSameKey } from '../../../platform/key-guard.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { createVault } from '../../../platform/vault.js';
import type { Context } from '../context.js';
import { KEY_CHANGED, type Settings } from '../settings.js';
import { mendFirst, resultOf, skipped, type CheckResult } from './result.js';

/** Whether what Redis holds of people can be read under this PALIER_KEY. */
export async function checkKey(
  { dataPrefix }: Pick<Context, 'dataPrefix'>,
  { faulty, config }: Settings,
  redis: RedisConnection,
): Promise<CheckResult> {
  const wrong = faulty(['PALIER_KEY', 'PALIER_KEY_OLD']);
  if (wrong.length > 0) return skipped('redis-key', mendFirst(wrong));
  const same = await isSameKey(redis, dataPrefix, createVault(config.palierKey, config.palierKeyOld));
  return resultOf('redis-key', same ? {} : { errors: [KEY_CHANGED] });
}
