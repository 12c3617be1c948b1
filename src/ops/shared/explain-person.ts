import { type Person, journalOf } from '../../earners/person.js';
import type { EarnerKey } from '../../ids.js';
import { explainJson } from '../../rules/explain/json.js';
import type { Scheme } from '../../rules/types.js';
import { decide, type DecidingSources } from '../../workers/decide.js';
import { backgroundOf } from './background.js';

export type PersonSources = DecidingSources;

/**
 * Decides anew, and tells it as `palier explain --json` does. OBF is not called.
 * @returns null when nothing is known of this address
 */
export async function explainPerson(
  sources: PersonSources,
  earner: EarnerKey,
): Promise<{
  readonly person: Person;
  readonly scheme: Scheme;
  readonly json: ReturnType<typeof explainJson>;
} | null> {
  const { person, rules, evaluation, waiting } = await decide(sources, earner);
  const { portfolio, records, addresses } = person;
  if (portfolio.assertions.length + portfolio.held.length + records.length === 0) return null;
  const flags = addresses.flatMap(({ record }) =>
    [...record.flags].map(([badgeId, atS]) => ({ badgeId, atS })),
  );
  const background = backgroundOf(evaluation, { entries: journalOf(person), flags, waiting });
  return {
    person,
    scheme: rules.scheme,
    json: explainJson(rules.scheme, evaluation, background, portfolio.assertions),
  };
}
