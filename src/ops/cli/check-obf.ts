import pMap from 'p-map';
import { asClientId, type ClientId } from '../../ids.js';
import { ObfNotSent } from '../../obf/errors.js';
import type { Obf } from '../../obf/obf.js';
import type { ObfAccount, ObfAccounts, OddRow } from '../../obf/types.js';
import type { RedisConnection } from '../../platform/redis.js';
import type { Award, Scheme } from '../../rules/types.js';
import { partnerKeys } from '../../workers/partner-keys.js';
import { counted, type Localized } from '../shared/words.js';
import {
  type CheckId,
  type CheckResult,
  mendFirst,
  resultOf,
  SCHEME_FIRST,
  skipped,
} from './check-report.js';
import type { Context } from './context.js';
import { accountWords, obfWords, REGION_KEY, withObf } from './obf.js';
import type { Settings } from './settings.js';

const OBF_CHECKS = [
  'obf-region',
  'obf-badges',
  'obf-quota',
  'obf-partners',
] as const satisfies readonly CheckId[];

/** What every call of OBF needs, whoever's account it is; the token is shared through Redis, sealed. */
const NEEDED = ['OBF_BASE_URL', 'PALIER_KEY', 'PALIER_KEY_OLD'];
const NEEDED_OF_REGION = ['OBF_CLIENT_ID', 'OBF_CLIENT_SECRET'];

export interface ObfCheck {
  readonly context: Context;
  readonly settings: Settings;
  /** Null: it has faults, which are told. */
  readonly scheme: Scheme | null;
  readonly redis: RedisConnection;
}

/** The Région's account, then those of the partners whose key we hold. Reads only. */
export async function checkObf(check: ObfCheck): Promise<readonly CheckResult[]> {
  const faulty = check.settings.faulty(NEEDED);
  if (faulty.length > 0) return skipObf(mendFirst(faulty));
  const { context, settings, scheme, redis } = check;
  const { config } = settings;
  // The Région's own secret wins over a partner's under the same client id.
  const secrets = new Map([
    ...(scheme === null ? [] : partnerKeys(scheme, context.env).secrets),
    [asClientId(config.obfClientId), config.obfClientSecret] as const,
  ]);
  return withObf(context, config, redis, secrets, async (obf) => {
    const region = await checkRegion(check, obf);
    return [...region.results, await checkPartners(check, obf, region.silent)];
  });
}

/** Nothing is known of OBF. */
export const skipObf = (why: Localized): readonly CheckResult[] => OBF_CHECKS.map((id) => skipped(id, why));

async function checkRegion({ context, settings, scheme }: ObfCheck, obf: Obf) {
  const faulty = settings.faulty(NEEDED_OF_REGION);
  const account = obf.account(asClientId(settings.config.obfClientId));
  if (faulty.length > 0 || account === null) {
    const [region, badges, quota] = OBF_CHECKS;
    const why = mendFirst(faulty);
    return { silent: false, results: [region, badges, quota].map((id) => skipped(id, why)) };
  }
  return checkRegionAccount(account, scheme, context.patienceMs.obf);
}

async function checkPartners({ context, scheme }: ObfCheck, obf: Obf, silent: boolean): Promise<CheckResult> {
  if (scheme === null) return skipped('obf-partners', SCHEME_FIRST);
  if (silent) return skipped('obf-partners', OBF_SILENT);
  const { secrets } = partnerKeys(scheme, context.env);
  return checkPartnerAccounts(obf.account, scheme, [...secrets.keys()], context.patienceMs.obf);
}

const OBF_SILENT: Localized = { fr: 'OBF ne répond pas', en: 'OBF does not answer' };

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
async function checkRegionAccount(
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

/** Accounts asked at a time. */
const AT_A_TIME = 8;

type Outcome = { readonly kind: 'good' | 'not-asked' } | { readonly kind: 'bad'; readonly words: Localized };

/**
 * Whether each key opens its partner's account. Once OBF leaves a question unanswered no further one is
 * asked, so that hundreds of partners do not wait for their time to run out one after the other.
 */
async function checkPartnerAccounts(
  accounts: ObfAccounts,
  scheme: Scheme,
  clients: readonly ClientId[],
  patienceMs: number,
): Promise<CheckResult> {
  let silent = false;
  const ask = async (clientId: ClientId): Promise<Outcome> => {
    if (silent) return { kind: 'not-asked' };
    try {
      await accounts(clientId)?.ping(AbortSignal.timeout(patienceMs));
      return { kind: 'good' };
    } catch (error) {
      silent ||= error instanceof ObfNotSent;
      return { kind: 'bad', words: accountWords(scheme, clientId, error) };
    }
  };
  const outcomes = await pMap(clients, ask, { concurrency: AT_A_TIME });
  const count = (kind: Outcome['kind']): number => outcomes.filter((one) => one.kind === kind).length;
  return resultOf('obf-partners', {
    errors: [
      ...outcomes.flatMap((one) => (one.kind === 'bad' ? [one.words] : [])),
      ...(count('not-asked') === 0 ? [] : [notAsked(count('not-asked'))]),
    ],
    notes: [...(count('good') === 0 ? [] : [good(count('good'))]), ...withoutKey(scheme)],
  });
}

const notAsked = (n: number): Localized => {
  const { fr, en } = counted(n, { fr: 'compte', en: 'account' }, { fr: 'comptes', en: 'accounts' });
  return {
    fr: `OBF ne répondant plus, ${fr} sans vérification`,
    en: `${en} not asked, since OBF no longer answers`,
  };
};

const good = (n: number): Localized =>
  counted(n, { fr: 'clé acceptée', en: 'key accepted' }, { fr: 'clés acceptées', en: 'keys accepted' });

/** No key is no fault: their badges are verified by what they publish. */
function withoutKey(scheme: Scheme): readonly Localized[] {
  const n = scheme.partners.filter(({ active, secretEnv }) => active && secretEnv === null).length;
  if (n === 0) return [];
  const { fr, en } = counted(n, { fr: 'partenaire', en: 'partner' }, { fr: 'partenaires', en: 'partners' });
  return [
    {
      fr: `${fr} sans clé : badges vérifiés par ce qui est publié`,
      en: `${en} without a key: badges verified by what is published`,
    },
  ];
}
