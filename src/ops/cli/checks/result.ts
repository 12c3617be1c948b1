import type { Localized } from '../../shared/words.js';

/** What is checked, in the order of the report. */
export const CHECKS = {
  environment: { fr: 'Environnement', en: 'Environment' },
  scheme: { fr: 'Règles et partenaires', en: 'Scheme and partners' },
  'partner-keys': { fr: "Clés d'API des partenaires", en: "Partners' API keys" },
  redis: { fr: 'Redis', en: 'Redis' },
  'redis-settings': { fr: 'Réglages de Redis', en: 'Settings of Redis' },
  'redis-key': { fr: 'Clé des données de Redis', en: "Key of Redis' data" },
  issuing: { fr: 'Envois', en: 'Issuing' },
  'in-force': { fr: 'Règles en vigueur', en: 'Rules in force' },
  'obf-region': { fr: 'Compte OBF de la Région', en: "The Région's OBF account" },
  'obf-badges': { fr: 'Badges de la Région dans OBF', en: "The Région's badges in OBF" },
  'obf-quota': { fr: 'Quota OBF', en: 'OBF quota' },
  'obf-partners': { fr: 'Comptes OBF des partenaires', en: "Partners' OBF accounts" },
  'obf-reading': { fr: 'Lecture des comptes OBF', en: 'Reading of the OBF accounts' },
} as const satisfies Record<string, Localized>;

export type CheckId = keyof typeof CHECKS;
export type Status = 'ok' | 'warning' | 'error' | 'skipped';

export interface CheckResult {
  readonly id: CheckId;
  readonly status: Status;
  readonly messages: readonly Localized[];
}

/** One check's result: the worst of what was found. */
export function resultOf(
  id: CheckId,
  found: {
    readonly errors?: readonly Localized[];
    readonly warnings?: readonly Localized[];
    readonly notes?: readonly Localized[];
  },
): CheckResult {
  const { errors = [], warnings = [], notes = [] } = found;
  const status = errors.length > 0 ? 'error' : warnings.length > 0 ? 'warning' : 'ok';
  return { id, status, messages: [...errors, ...warnings, ...notes] };
}

/** It could not be looked at, because of something else that is told elsewhere. */
export const skipped = (id: CheckId, why: Localized): CheckResult => ({
  id,
  status: 'skipped',
  messages: [why],
});

/** Why nothing can be said while these variables are missing or faulty. */
export const mendFirst = (variables: readonly string[]): Localized => ({
  fr: `à corriger d'abord : ${variables.join(', ')}`,
  en: `to be mended first: ${variables.join(', ')}`,
});
