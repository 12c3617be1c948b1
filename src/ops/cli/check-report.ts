import { counted, type Lang, type Localized } from '../shared/words.js';

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
  mail: { fr: "Serveur d'e-mail", en: 'Mail server' },
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

export const REDIS_FIRST: Localized = { fr: "à régler d'abord : Redis", en: 'to be mended first: Redis' };
export const SCHEME_FIRST: Localized = {
  fr: "à corriger d'abord : les règles et les partenaires",
  en: 'to be mended first: the scheme and its partners',
};

/** State in words: the sign only helps the eye. */
const STATES: Readonly<Record<Status, { readonly sign: string; readonly words: Localized }>> = {
  ok: { sign: '✓', words: { fr: 'bon', en: 'good' } },
  warning: { sign: '!', words: { fr: 'attention', en: 'warning' } },
  error: { sign: '✗', words: { fr: 'erreur', en: 'error' } },
  skipped: { sign: '–', words: { fr: 'non vérifié', en: 'not checked' } },
};

/** One line a check, its messages below it, and a summary. */
export function reportLines(results: readonly CheckResult[], lang: Lang): readonly string[] {
  const checks = results.flatMap(({ id, status, messages }) => {
    const { sign, words } = STATES[status];
    const line = `${sign} ${CHECKS[id][lang]}${lang === 'fr' ? ' :' : ':'} ${words[lang]}`;
    return [line, ...messages.map((message) => `    ${message[lang]}`)];
  });
  return [...checks, '', summary(results)[lang]];
}

/** For a program. */
export const reportJson = (results: readonly CheckResult[], lang: Lang) => ({
  ok: isGood(results),
  checks: results.map(({ id, status, messages }) => ({
    id,
    status,
    messages: messages.map((message) => message[lang]),
  })),
});

/** Warnings stop nothing. What was skipped was skipped for an error told elsewhere. */
export const isGood = (results: readonly CheckResult[]): boolean =>
  results.every(({ status }) => status !== 'error');

function summary(results: readonly CheckResult[]): Localized {
  const count = (status: Status): number => results.filter((one) => one.status === status).length;
  const parts: readonly (readonly [number, Localized, Localized])[] = [
    [
      count('error'),
      { fr: 'point en erreur', en: 'point in error' },
      { fr: 'points en erreur', en: 'points in error' },
    ],
    [count('warning'), { fr: 'avertissement', en: 'warning' }, { fr: 'avertissements', en: 'warnings' }],
    [
      count('skipped'),
      { fr: 'point non vérifié', en: 'point not checked' },
      { fr: 'points non vérifiés', en: 'points not checked' },
    ],
  ];
  const told = parts.filter(([n]) => n > 0).map(([n, one, many]) => counted(n, one, many));
  if (told.length === 0) return { fr: 'Tout est bon.', en: 'All is well.' };
  const list = (lang: Lang): string => `${told.map((words) => words[lang]).join(', ')}.`;
  return { fr: list('fr'), en: list('en') };
}
