import { partnerKeys } from '../../../workers/partner-keys.js';
import type { Scheme } from '../../../rules/types.js';
import type { Context } from '../context.js';
import { readScheme } from '../read-scheme.js';
import type { Settings } from '../settings.js';
import { counted, type Localized } from '../../shared/words.js';
import { resultOf, skipped, type CheckResult } from './result.js';

/** The two files of the scheme, and the keys that they ask for. */
export async function checkScheme(
  context: Pick<Context, 'cwd' | 'env'>,
  { config }: Settings,
): Promise<{ readonly scheme: Scheme | null; readonly results: readonly CheckResult[] }> {
  const { scheme, faults, warnings } = await readScheme(context, config.configDir, config.timeZone);
  const notes = scheme === null ? [] : [sizeOf(scheme)];
  const result = resultOf('scheme', { errors: faults, warnings, notes });
  return { scheme, results: [result, checkPartnerKeys(scheme, context.env)] };
}

function checkPartnerKeys(scheme: Scheme | null, env: Context['env']): CheckResult {
  if (scheme === null) return skipped('partner-keys', SCHEME_FIRST);
  const errors = partnerKeys(scheme, env).faults.map(({ variable, fr, en }) => ({
    fr: `${variable} : ${fr}`,
    en: `${variable}: ${en}`,
  }));
  return resultOf('partner-keys', { errors });
}

export const SCHEME_FIRST: Localized = {
  fr: "à corriger d'abord : les règles et les partenaires",
  en: 'to be mended first: the scheme and its partners',
};

function sizeOf({ awards, partners, enrolments, version }: Scheme): Localized {
  const active = partners.filter((partner) => partner.active).length;
  const parts = [
    counted(awards.length, { fr: 'badge Région', en: 'award' }, { fr: 'badges Région', en: 'awards' }),
    counted(
      active,
      { fr: 'partenaire actif', en: 'active partner' },
      { fr: 'partenaires actifs', en: 'active partners' },
    ),
    counted(
      enrolments.size,
      { fr: 'badge inscrit', en: 'enrolled badge' },
      { fr: 'badges inscrits', en: 'enrolled badges' },
    ),
  ];
  const list = (lang: 'fr' | 'en'): string => parts.map((part) => part[lang]).join(', ');
  return { fr: `${list('fr')} (version ${version})`, en: `${list('en')} (version ${version})` };
}
