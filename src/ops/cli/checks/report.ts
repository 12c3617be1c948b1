import { counted, type Lang, type Localized } from '../../shared/words.js';
import { CHECKS, type CheckResult, type Status } from './result.js';

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
