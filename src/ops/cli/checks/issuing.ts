import type { RedisConnection } from '../../../platform/redis.js';
import type { Context } from '../context.js';
import { PAUSED } from '../issuing-words.js';
import { isIssuingPaused } from '../queue-session.js';
import { resultOf, type CheckResult } from './result.js';

/** Whether ops paused issuing, and may have forgotten it. */
export async function checkIssuing(
  context: Pick<Context, 'queuePrefix'>,
  redis: RedisConnection,
): Promise<CheckResult> {
  const paused = await isIssuingPaused(context, redis);
  return resultOf('issuing', paused ? { warnings: [PAUSED] } : {});
}
