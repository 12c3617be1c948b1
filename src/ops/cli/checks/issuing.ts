import { createRedisClock } from '../../../platform/redis-clock.js';
import { readHolds } from '../../shared/stats.js';
import { createHolds } from '../../../issuing/hold.js';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Scheme } from '../../../rules/types.js';
import { PACE } from '../../../workers/pipeline.js';
import type { Context } from '../context.js';
import { PAUSED } from '../../shared/issuing-words.js';
import { isIssuingPaused } from '../queue-session.js';
import { holdLine } from '../stats-issuing.js';
import { resultOf, type CheckResult } from './result.js';

/** Whether ops paused issuing, and may have forgotten it; and which badges OBF's account keeps from being issued. */
export async function checkIssuing(
  context: Pick<Context, 'queuePrefix' | 'dataPrefix' | 'clock'>,
  redis: RedisConnection,
  scheme: Scheme | null,
): Promise<CheckResult> {
  const holds = createHolds(redis, context.dataPrefix, createRedisClock(redis, context.dataPrefix).now, PACE);
  const [paused, held] = await Promise.all([
    isIssuingPaused(context, redis),
    scheme === null ? [] : readHolds({ scheme, holds }),
  ]);
  const timeZone = scheme?.timeZone ?? 'UTC';
  return resultOf('issuing', {
    warnings: [...(paused ? [PAUSED] : []), ...held.map((one) => holdLine(one, timeZone))],
  });
}
