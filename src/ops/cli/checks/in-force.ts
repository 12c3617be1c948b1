import type { RedisConnection } from '../../../platform/redis.js';
import type { Scheme } from '../../../rules/types.js';
import { createSchemes } from '../../../scheme/schemes.js';
import type { Context } from '../context.js';
import type { Localized } from '../../shared/words.js';
import { resultOf, skipped, type CheckResult } from './result.js';

/** Whether the files are the rules in force: what they change reaches nobody by itself who was there before. */
export async function checkInForce(
  { dataPrefix, clock }: Pick<Context, 'dataPrefix' | 'clock'>,
  redis: RedisConnection,
  scheme: Scheme | null,
): Promise<CheckResult> {
  if (scheme === null) return skipped('in-force', SCHEME_FIRST);
  const schemes = createSchemes(redis, dataPrefix, scheme, clock);
  const [inForce, unfinished] = await Promise.all([schemes.inForce(), schemes.unfinished()]);
  const warnings = [
    ...(unfinished === null ? [] : [UNFINISHED]),
    ...(inForce === null || inForce === scheme.version ? [] : [waiting(scheme.version, inForce)]),
  ];
  return resultOf('in-force', { warnings, ...(inForce === null ? { notes: [FIRST_START] } : {}) });
}

const SCHEME_FIRST: Localized = {
  fr: "à corriger d'abord : les règles",
  en: 'to be mended first: the scheme',
};
const FIRST_START: Localized = {
  fr: 'rien en vigueur encore : au premier démarrage, ces fichiers le seront',
  en: 'nothing in force yet: at the first start, these files will be',
};
const UNFINISHED: Localized = {
  fr: '« npx palier apply » a été arrêtée avant la fin : retapez-la, elle reprend où elle en était',
  en: '"npx palier apply" was stopped before its end: type it again, it goes on where it was',
};
const waiting = (version: string, inForce: string): Localized => ({
  fr: `les fichiers (${version}) diffèrent des règles en vigueur (${inForce}) : les nouveaux badges seront jugés d'après les fichiers, les personnes déjà connues attendent « npx palier apply » ; « npx palier plan » dit qui gagnerait quoi`,
  en: `the files (${version}) differ from the rules in force (${inForce}): new badges will be judged by the files, people known already wait for "npx palier apply"; "npx palier plan" tells who would gain what`,
});
