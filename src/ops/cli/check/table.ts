import type { Obf } from '../../../obf/obf.js';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Vault } from '../../../platform/vault.js';
import { type Localized, say } from '../../../localized.js';
import type { CommandCall } from '../command.js';
import type { SchemeReading, Settings } from '../settings.js';

export interface LocalCheckContext extends SchemeReading {
  readonly call: CommandCall;
  readonly settings: Settings;
  /** What later checks need and cannot have, and why. */
  readonly lacking: Map<string, Localized>;
}

export interface CheckContext extends LocalCheckContext {
  readonly redis: RedisConnection;
  readonly obf: Obf;
  readonly vault: Vault;
}

/** False: there is nothing to say. */
type Messages = readonly (Localized | false)[];

/** The worst of what was found is the check's status. */
export interface Found {
  readonly errors?: Messages;
  readonly warnings?: Messages;
  readonly notes?: Messages;
  /** What checks after it cannot have, and why. */
  readonly lacks?: Readonly<Record<string, Localized>>;
}

export interface Check<Needed = CheckContext> {
  readonly id: string;
  readonly title: Localized;
  /** Variables, and what an earlier check may find lacking: without one of them it is skipped. */
  readonly needs?: readonly string[];
  /** Null: there is nothing of the kind to look at. */
  readonly run: (context: Needed) => Promise<Found | null> | Found | null;
}

type Titled = Pick<Check, 'id' | 'title'>;

export interface CheckResult extends Titled {
  readonly status: 'ok' | 'warning' | 'error' | 'skipped';
  readonly messages: readonly Localized[];
}

export function resultOf({ id, title }: Titled, found: Found): CheckResult {
  const { errors = [], warnings = [], notes = [] } = found;
  const status = errors.some(Boolean) ? 'error' : warnings.some(Boolean) ? 'warning' : 'ok';
  const messages = [...errors, ...warnings, ...notes].filter((message) => message !== false);
  return { id, title, status, messages };
}

/** It could not be looked at, because of something that another check tells. */
export const skipped = ({ id, title }: Titled, why: Localized): CheckResult => ({
  id,
  title,
  status: 'skipped',
  messages: [why],
});

/** Why nothing can be said while these variables are missing or faulty. */
export const mendFirst = (variables: readonly string[]) => say`à corriger d'abord : ${variables.join(', ')}
  to be mended first: ${variables.join(', ')}`;

export async function runChecks<Needed extends LocalCheckContext>(
  checks: readonly Check<Needed>[],
  context: Needed,
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
