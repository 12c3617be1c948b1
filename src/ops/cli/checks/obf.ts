import { setImmediate } from 'node:timers/promises';
import { asClientId, type ClientId } from '../../../ids.js';
import { createObf, type Obf } from '../../../obf/obf.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { createVault } from '../../../platform/vault.js';
import type { Scheme } from '../../../rules/types.js';
import { partnerKeys } from '../../../workers/partner-keys.js';
import type { Context } from '../context.js';
import type { Settings } from '../settings.js';
import type { Localized } from '../../shared/words.js';
import { checkPartnerAccounts } from './obf-partners.js';
import { checkRegionAccount } from './obf-region.js';
import { mendFirst, skipped, type CheckId, type CheckResult } from './result.js';
import { SCHEME_FIRST } from './scheme.js';

export const OBF_CHECKS = [
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
  if (faulty.length > 0) return skipAll(mendFirst(faulty));
  return withObf(check, async (obf) => {
    const region = await checkRegion(check, obf);
    return [...region.results, await checkPartners(check, obf, region.silent)];
  });
}

/** Nothing can be said of OBF. */
export const skipAll = (why: Localized): readonly CheckResult[] => OBF_CHECKS.map((id) => skipped(id, why));

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

/**
 * The Région's secret wins over a partner's under the same client id. A call that is given up still has
 * a lock to give back in Redis: it gets the time, so that no other process waits for it.
 */
async function withObf<T>(check: ObfCheck, work: (obf: Obf) => Promise<T>): Promise<T> {
  const obf = openObf(check);
  try {
    return await work(obf);
  } finally {
    obf.close();
    await setImmediate();
    await check.redis.ping().catch(() => undefined);
  }
}

function openObf({ context, settings, scheme, redis }: ObfCheck): Obf {
  const { config } = settings;
  const partners = scheme === null ? [] : partnerKeys(scheme, context.env).secrets;
  const region: [ClientId, string] = [asClientId(config.obfClientId), config.obfClientSecret];
  return createObf({
    baseUrl: config.obfBaseUrl,
    maxRps: config.obfMaxRps,
    secrets: new Map([...partners, region]),
    redis,
    prefix: context.dataPrefix,
    vault: createVault(config.palierKey),
    timeoutMs: context.patienceMs.obf,
  });
}
