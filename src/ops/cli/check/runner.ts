import { withoutAddresses } from '../../../platform/logger.js';
import type { Obf } from '../../../obf/obf.js';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Vault } from '../../../platform/vault.js';
import type { partnerKeys } from '../../../workers/stores.js';
import { type Lang, type Localized, plural, say } from '../../../localized.js';
import { listed } from '../../shared/words.js';
import type { CommandAnswer, CommandCall } from '../command.js';
import type { SchemeReading, Settings } from '../settings.js';

export interface LocalCheckContext extends SchemeReading {
  readonly call: CommandCall;
  readonly settings: Settings;
  /** The partners' API keys; null: the scheme has faults. */
  readonly keys: ReturnType<typeof partnerKeys> | null;
  /** Needs that later checks cannot have, and why. */
  readonly lacking: Map<string, Localized>;
}

export interface CheckContext extends LocalCheckContext {
  readonly redis: RedisConnection;
  readonly obf: Obf;
  readonly vault: Vault;
}

/** False: no message. */
type Messages = readonly (Localized | false)[];

/** What a check found; the worst message is its status. */
export interface CheckFindings {
  readonly errors?: Messages;
  readonly warnings?: Messages;
  readonly notes?: Messages;
  /** Needs that later checks cannot have because of this one, and why. */
  readonly lacks?: Readonly<Record<string, Localized>>;
}

export interface Check<RunContext = CheckContext> {
  readonly id: string;
  readonly title: Localized;
  /** Variables, and needs that an earlier check may lack; without one of them, this check is skipped. */
  readonly needs?: readonly string[];
  /** Returns null when there is nothing to check. */
  readonly run: (context: RunContext) => Promise<CheckFindings | null> | CheckFindings | null;
}

export interface CheckResult {
  readonly check: Pick<Check, 'id' | 'title'>;
  readonly status: 'ok' | 'warning' | 'error' | 'skipped';
  readonly messages: readonly Localized[];
}

export function resultOf(check: CheckResult['check'], found: CheckFindings): CheckResult {
  const { errors = [], warnings = [], notes = [] } = found;
  const status = errors.some(Boolean) ? 'error' : warnings.some(Boolean) ? 'warning' : 'ok';
  const messages = [...errors, ...warnings, ...notes].filter((message) => message !== false);
  return { check, status, messages };
}

/** The result of a check that could not run; another check reports the cause. */
export const skipped = (check: CheckResult['check'], why: Localized): CheckResult => ({
  check,
  status: 'skipped',
  messages: [why],
});

/** Says which missing or faulty variables to mend first. */
export const mendFirst = (variables: readonly string[]) => say`à corriger d'abord : ${variables.join(', ')}
  to be mended first: ${variables.join(', ')}`;

export async function runChecks<RunContext extends LocalCheckContext>(
  checks: readonly Check<RunContext>[],
  context: RunContext,
): Promise<readonly CheckResult[]> {
  const { lacking, settings } = context;
  const results: CheckResult[] = [];
  for (const check of checks) {
    const { needs = [] } = check;
    const faulty = settings.faulty(needs);
    const [why] = needs.flatMap((need) => lacking.get(need) ?? []);
    if (why !== undefined || faulty.length > 0) {
      results.push(skipped(check, why ?? mendFirst(faulty)));
      continue;
    }
    const found = await check.run(context);
    if (found === null) continue;
    for (const [need, reason] of Object.entries(found.lacks ?? {})) lacking.set(need, reason);
    results.push(resultOf(check, found));
  }
  return results;
}

/** Words for each status; the sign only helps the eye. */
const STATUS_WORDS: Readonly<Record<CheckResult['status'], readonly [sign: string, words: Localized]>> = {
  ok: ['✓', { fr: 'bon', en: 'good' }],
  warning: ['!', { fr: 'attention', en: 'warning' }],
  error: ['✗', { fr: 'erreur', en: 'error' }],
  skipped: ['–', { fr: 'non vérifié', en: 'not checked' }],
};

/** Prints one line per check, its messages below it, and a summary. Warnings do not change the exit code. */
export function reportOf(results: readonly CheckResult[], lang: Lang): CommandAnswer {
  const ok = results.every(({ status }) => status !== 'error');
  const reports = results.map(({ check: { id, title }, status, messages }) => {
    const [sign, words] = STATUS_WORDS[status];
    const shown = messages.map((message) => withoutAddresses(message[lang]));
    const line = say`${sign} ${title} : ${words}
      ${sign} ${title}: ${words}`;
    return {
      lines: [line, ...shown.map((message) => `    ${message}`)],
      json: { id, status, messages: shown },
    };
  });
  return {
    lines: [...reports.flatMap(({ lines }) => lines), '', summary(results)],
    json: { ok, checks: reports.map(({ json }) => json) },
    ok,
  };
}

const SUMMARY = [
  ['error', 'point en erreur|points en erreur', 'point in error|points in error'],
  ['warning', 'avertissement|avertissements', 'warning|warnings'],
  ['skipped', 'point non vérifié|points non vérifiés', 'point not checked|points not checked'],
] as const;

function summary(results: readonly CheckResult[]): Localized {
  const counts = SUMMARY.map(([status, fr, en]) => {
    const n = results.filter((one) => one.status === status).length;
    return n > 0 && plural(n, fr, en);
  });
  const sentence = counts.some(Boolean) ? listed(counts) : { fr: 'Tout est bon', en: 'All is well' };
  return { fr: `${sentence.fr}.`, en: `${sentence.en}.` };
}
