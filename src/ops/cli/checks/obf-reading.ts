import { createReadProblems } from '../../../obf/read-state.js';
import { secondsOf } from '../../../platform/clock.js';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Scheme } from '../../../rules/types.js';
import type { Context } from '../context.js';
import { isToShow, problemWords } from '../../shared/stats.js';
import { resultOf, type CheckResult } from './result.js';

/** What the workers could not read in OBF, as they wrote it down. */
export async function checkReading(
  { dataPrefix, clock }: Pick<Context, 'dataPrefix' | 'clock'>,
  redis: RedisConnection,
  scheme: Scheme | null,
): Promise<CheckResult> {
  const problems = await createReadProblems(redis, dataPrefix).list();
  const told = problems.filter((one) => isToShow(one, secondsOf(clock)));
  const nameOf = (id: (typeof told)[number]['clientId']) => scheme?.partnersById.get(id)?.name ?? id;
  return resultOf('obf-reading', { warnings: told.map((one) => problemWords(one, nameOf)) });
}
