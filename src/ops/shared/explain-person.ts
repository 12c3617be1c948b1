import type { JournalEntry } from '../../earners/journal-entry.js';
import { journalOf } from '../../earners/person.js';
import type { Assertion } from '../../earners/record.js';
import type { AwardId, BadgeId, EarnerKey } from '../../ids.js';
import type { Evaluation } from '../../rules/evaluation.js';
import { type AwardHistory, type Background, buildExplanation } from '../../rules/explain/explanation.js';
import type { Award, Scheme } from '../../rules/types.js';
import { decide, type DecidingSources, type Decision } from '../../workers/decide.js';

export type ExplainSources = DecidingSources;

/** One person, what was decided anew of them, and what explains it. */
export type Explained = NonNullable<Awaited<ReturnType<typeof explainPerson>>>;

/**
 * Decides anew, and explains it. OBF is not called.
 * @returns null when nothing is known of this address
 */
export async function explainPerson(sources: ExplainSources, earner: EarnerKey) {
  const decision = await decide(sources, earner);
  const { person } = decision;
  const { assertions, held } = person.portfolio;
  if (assertions.length + held.length + person.records.length === 0) return null;
  return { person, ...explanationOf(decision) };
}

/** Pure. By what is written down under every address of the person. */
export function explanationOf({ rules, person, evaluation, waiting }: Decision) {
  const flags = person.addresses.flatMap(({ record }) => [...record.flags]);
  const background = backgroundOf(evaluation, { entries: journalOf(person), flags, waiting });
  return buildExplanation(rules.scheme, evaluation, background);
}

/** What is written down about one person, under whichever of their addresses; entries in any order. */
interface Notes {
  readonly entries: readonly JournalEntry[];
  /** Since when, Unix seconds. */
  readonly flags: readonly (readonly [BadgeId, sinceS: number])[];
  readonly waiting: ReadonlySet<AwardId>;
}

/** Pure. What an explanation is told besides the evaluation. */
export function backgroundOf({ awards }: Evaluation, { entries, flags, waiting }: Notes): Background {
  const history = new Map<BadgeId, AwardHistory>();
  for (const { heldBy } of awards) {
    const entry = heldBy && givingOf(heldBy, entries);
    if (entry) history.set(heldBy.badgeId, toldBy(entry));
  }
  // Two addresses may have been flagged for one badge before they were linked: the earliest is put last, and stays.
  return { history, waiting, flagged: new Map(flags.toSorted(([, a], [, b]) => b - a)) };
}

/**
 * The entry that gave this very assertion: by its event; where OBF tells of none, the badge's latest. What
 * Palier gave is believed to be so, though it was found in OBF as well.
 */
function givingOf({ badgeId, eventId }: Assertion, entries: readonly JournalEntry[]) {
  const givings = entries.filter(
    ({ kind, badgeId: of }) => of === badgeId && (kind === 'issued' || kind === 'found'),
  );
  const own = eventId === null ? givings : givings.filter(({ event }) => event === eventId);
  const issued = own.filter(({ kind }) => kind === 'issued');
  return (issued.length > 0 ? issued : own).toSorted((a, b) => b.atS - a.atS)[0];
}

const toldBy = ({ kind, atS, version, assertions, event }: JournalEntry): AwardHistory => ({
  sinceS: atS,
  version,
  by: kind === 'issued' ? 'palier' : 'hand',
  earnedBy: assertions,
  event,
});

/**
 * Pure. Awards at a glance: a row for each competency of the scheme that has some, a cell for each level; and the
 * others, without a competency or a level.
 */
export function awardGrid<One extends { readonly award: Pick<Award, 'competency' | 'level'> }>(
  { competencies }: Pick<Scheme, 'competencies'>,
  awards: readonly One[],
) {
  const isPlaced = ({ award: { competency, level } }: One): boolean =>
    level !== null && competency !== null && competencies.has(competency);
  const placed = awards.filter(isPlaced);
  const levels = [...new Set(placed.flatMap(({ award }) => award.level ?? []))].toSorted((a, b) => a - b);
  const rows = [...competencies.values()]
    .map(({ id, name }) => ({ name, own: placed.filter(({ award }) => award.competency === id) }))
    .filter(({ own }) => own.length > 0)
    .map(({ name, own }) => ({
      name,
      cells: levels.map((level) => own.filter(({ award }) => award.level === level)),
    }));
  return { levels, rows, others: awards.filter((one) => !isPlaced(one)) };
}
