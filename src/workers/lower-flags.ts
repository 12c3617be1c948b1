import type { EarnerKey } from '../ids.js';
import type { Pipeline } from './pipeline.js';

/** Takes down every flag that stands under one of these addresses. Resolves with how many. */
export async function lowerFlagsOf(
  { flags }: Pick<Pipeline, 'flags'>,
  keys: ReadonlySet<EarnerKey>,
): Promise<number> {
  const theirs = (await flags.list()).filter(({ earner }) => keys.has(earner));
  for (const { earner, badgeId } of theirs) await flags.lower(earner, [badgeId]);
  return theirs.length;
}
