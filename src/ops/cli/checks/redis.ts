import { readRedisReport, type RedisReport } from '../../../platform/redis-safety.js';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Localized } from '../../shared/words.js';
import { resultOf, type CheckResult } from './result.js';

/** What Redis says of itself: can it lose a notice that was accepted, or throw one away? */
export async function checkRedisSettings(redis: RedisConnection, production: boolean): Promise<CheckResult> {
  try {
    return settingsResult(await readRedisReport(redis), production);
  } catch {
    return resultOf('redis-settings', { warnings: [UNREADABLE] });
  }
}

/** Pure. What production would not start on is an error there, and a warning elsewhere. */
export function settingsResult({ findings, versions }: RedisReport, production: boolean): CheckResult {
  const errors = findings.filter(({ grade }) => production || grade === 'unfit');
  return resultOf('redis-settings', {
    errors,
    warnings: findings.filter((finding) => !errors.includes(finding)),
    notes: versions.map((version) => ({ fr: `version ${version}`, en: `version ${version}` })),
  });
}

const UNREADABLE: Localized = {
  fr: 'INFO est refusé : impossible de savoir si maxmemory-policy est noeviction et si AOF est actif',
  en: 'INFO is refused: whether maxmemory-policy is noeviction and AOF is on cannot be known',
};
