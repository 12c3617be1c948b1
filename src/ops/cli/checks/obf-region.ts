import { ObfNotSent } from '../../../obf/errors.js';
import type { ObfAccount, OddRow } from '../../../obf/types.js';
import type { Award, Scheme } from '../../../rules/types.js';
import type { Localized } from '../../shared/words.js';
import { obfWords, REGION_KEY } from './obf-words.js';
import { resultOf, skipped, type CheckId, type CheckResult } from './result.js';
import { SCHEME_FIRST } from './scheme.js';

/** Fewer than a class and a bit: somebody should look at the subscription. */
const LOW_QUOTA = 100;

const REGION_FIRST: Localized = {
  fr: "à régler d'abord : le compte OBF de la Région",
  en: "to be mended first: the Région's OBF account",
};

/**
 * The Région's own account: who we are, the badges that the scheme gives, how many may still go out.
 * @returns `silent`: OBF does not answer at all, so nothing else need be asked
 */
export async function checkRegionAccount(
  account: ObfAccount,
  scheme: Scheme | null,
  patienceMs: number,
): Promise<{ readonly silent: boolean; readonly results: readonly CheckResult[] }> {
  try {
    await account.ping(AbortSignal.timeout(patienceMs));
  } catch (error) {
    const region = resultOf('obf-region', { errors: [obfWords(error, REGION_KEY)] });
    const rest = (['obf-badges', 'obf-quota'] as const).map((id) => skipped(id, REGION_FIRST));
    return { silent: error instanceof ObfNotSent, results: [region, ...rest] };
  }
  const [badges, quota] = await Promise.all([
    checked('obf-badges', () => checkBadges(account, scheme, patienceMs)),
    checked('obf-quota', () => checkQuota(account, patienceMs)),
  ]);
  return { silent: false, results: [resultOf('obf-region', {}), badges, quota] };
}

async function checked(id: CheckId, look: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await look();
  } catch (error) {
    return resultOf(id, { errors: [obfWords(error, REGION_KEY)] });
  }
}

async function checkBadges(
  account: ObfAccount,
  scheme: Scheme | null,
  patienceMs: number,
): Promise<CheckResult> {
  if (scheme === null) return skipped('obf-badges', SCHEME_FIRST);
  const odd: OddRow[] = [];
  const badges = await account.badges(AbortSignal.timeout(patienceMs), (row) => void odd.push(row));
  const known = new Set(badges.map(({ id }) => id));
  const missing = scheme.awards.filter(({ badgeId }) => !known.has(badgeId));
  return resultOf('obf-badges', {
    errors: missing.filter(({ active }) => active).map(missingWords),
    warnings: [...missing.filter(({ active }) => !active).map(missingWords), ...odd.map(oddWords)],
  });
}

const oddWords = ({ field }: OddRow): Localized => ({
  fr: `la liste des badges de ce compte a une ligne illisible (champ ${field}) : faites-la réparer dans OBF`,
  en: `the list of badges of this account has a row that cannot be read (field ${field}): have it mended in OBF`,
});

const missingWords = ({ id, badgeId }: Award): Localized => ({
  fr: `le badge ${badgeId} (« ${id} » dans scheme.yaml) n'existe pas dans ce compte, ou y est encore un brouillon`,
  en: `the badge ${badgeId} ("${id}" in scheme.yaml) is not in this account, or is a draft there`,
});

async function checkQuota(account: ObfAccount, patienceMs: number): Promise<CheckResult> {
  const limit = await account.issuingLimit(AbortSignal.timeout(patienceMs));
  if (limit === null)
    return resultOf('obf-quota', {
      notes: [{ fr: "OBF n'en dit rien", en: 'OBF does not say' }],
    });
  const left = { fr: `badges encore à délivrer : ${limit}`, en: `badges that may still be issued: ${limit}` };
  return resultOf('obf-quota', limit < LOW_QUOTA ? { warnings: [left] } : { notes: [left] });
}
