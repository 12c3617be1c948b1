import type { JournalEntry } from '../../earners/journal-entry.js';
import { journalOf } from '../../earners/person.js';
import type { Assertion } from '../../earners/record.js';
import type { AwardId, BadgeId, EarnerKey } from '../../ids.js';
import type { Evaluation } from '../../rules/evaluation.js';
import { type AwardHistory, type Background, buildExplanation } from '../../rules/explain/explanation.js';
import type { Award, Scheme } from '../../rules/types.js';
import { decide, type DecidingSources, type Decision } from '../../workers/decide.js';

/** For `parcours`, which may not import `workers`. */
export type ExplainSources = DecidingSources;

/** A person with their new evaluation and its explanation. */
export type Explained = NonNullable<Awaited<ReturnType<typeof explainPerson>>>;

/**
 * Evaluates a person again, and explains every award. Does not call OBF.
 * @returns null for an unknown address
 */
export async function explainPerson(sources: ExplainSources, earner: EarnerKey) {
  const decision = await decide(sources, earner);
  const { person } = decision;
  const { assertions, held } = person.portfolio;
  if (assertions.length + held.length + person.records.length === 0) return null;
  return { person, ...explanationOf(decision) };
}

/** Pure. Explains a decision by the records of all the person's addresses. */
export function explanationOf({ rules, person, evaluation, waiting }: Decision) {
  const flags = person.addresses.flatMap(({ record }) => [...record.flags]);
  const background = backgroundOf(evaluation, { entries: journalOf(person), flags, waiting });
  return buildExplanation(rules.scheme, evaluation, background);
}

/** Stored facts about one person, from all their addresses; entries in any order. */
interface StoredFacts {
  readonly entries: readonly JournalEntry[];
  /** Flagged badges, and since when (Unix seconds). */
  readonly flags: readonly (readonly [BadgeId, sinceS: number])[];
  readonly waiting: ReadonlySet<AwardId>;
}

/** Pure. Returns what an explanation needs besides the evaluation. */
export function backgroundOf({ awards }: Evaluation, { entries, flags, waiting }: StoredFacts): Background {
  const history = new Map<BadgeId, AwardHistory>();
  for (const { heldBy } of awards) {
    const entry = heldBy && issueEntryOf(heldBy, entries);
    if (entry) history.set(heldBy.badgeId, historyOf(entry));
  }
  // Two linked addresses may each have a flag for one badge. The earliest comes last, so the map keeps it.
  return { history, waiting, flagged: new Map(flags.toSorted(([, a], [, b]) => b - a)) };
}

/**
 * Returns the entry that recorded this assertion: by its event, or the badge's latest when OBF names no event.
 * Palier's own entry (`issued`) wins over the same badge found in OBF (`found`).
 */
function issueEntryOf({ badgeId, eventId }: Assertion, entries: readonly JournalEntry[]) {
  const ofBadge = entries.filter(
    (entry) => entry.badgeId === badgeId && (entry.kind === 'issued' || entry.kind === 'found'),
  );
  const ofEvent = eventId === null ? ofBadge : ofBadge.filter(({ event }) => event === eventId);
  const issued = ofEvent.filter(({ kind }) => kind === 'issued');
  return (issued.length > 0 ? issued : ofEvent).toSorted((a, b) => b.atS - a.atS)[0];
}

const historyOf = ({ kind, atS, version, assertions, event }: JournalEntry): AwardHistory => ({
  sinceS: atS,
  version,
  by: kind === 'issued' ? 'palier' : 'hand',
  earnedBy: assertions,
  event,
});

/**
 * Pure. Arranges awards as a grid: a row for each competency that has awards, a cell for each level.
 * @returns `others`: awards without a competency or a level
 */
export function awardGrid<Item extends { readonly award: Pick<Award, 'competency' | 'level'> }>(
  { competencies }: Pick<Scheme, 'competencies'>,
  awards: readonly Item[],
) {
  const isPlaced = ({ award: { competency, level } }: Item): boolean =>
    level !== null && competency !== null && competencies.has(competency);
  const placed = awards.filter(isPlaced);
  const levels = [...new Set(placed.flatMap(({ award }) => award.level ?? []))].toSorted((a, b) => a - b);
  const rows = [...competencies.values()]
    .map(({ id, name }) => ({ name, inRow: placed.filter(({ award }) => award.competency === id) }))
    .filter(({ inRow }) => inRow.length > 0)
    .map(({ name, inRow }) => ({
      name,
      cells: levels.map((level) => inRow.filter(({ award }) => award.level === level)),
    }));
  return { levels, rows, others: awards.filter((one) => !isPlaced(one)) };
}
