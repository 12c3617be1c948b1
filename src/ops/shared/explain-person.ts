import type { JournalEntry } from '../../earners/journal-entry.js';
import { journalOf } from '../../earners/person.js';
import type { Assertion } from '../../earners/record.js';
import type { AwardId, BadgeId, EarnerKey } from '../../ids.js';
import type { Flag } from '../../issuing/review-flags.js';
import type { Evaluation } from '../../rules/evaluation.js';
import type { AwardHistory, Background } from '../../rules/explain/explanation.js';
import { explainJson } from '../../rules/explain/json.js';
import { decide, type DecidingSources, type Decision } from '../../workers/decide.js';

export type PersonSources = DecidingSources;

/** One person, what was decided anew of them, and what explains it. */
export type Explained = NonNullable<Awaited<ReturnType<typeof explainPerson>>>;

/**
 * Decides anew, and tells it as `palier explain --json` does. OBF is not called.
 * @returns null when nothing is known of this address
 */
export async function explainPerson(sources: PersonSources, earner: EarnerKey) {
  const decision = await decide(sources, earner);
  const { person, evaluation } = decision;
  const { scheme } = decision.rules;
  const { assertions, held } = person.portfolio;
  if (assertions.length + held.length + person.records.length === 0) return null;
  const background = backgroundOfPerson(decision);
  return { person, scheme, evaluation, background, json: explainJson(scheme, evaluation, background) };
}

/** By what is written down under every address of the person. */
export const backgroundOfPerson = ({ person, evaluation, waiting }: Decision): Background =>
  backgroundOf(evaluation, {
    entries: journalOf(person),
    flags: person.addresses.flatMap(({ record }) =>
      [...record.flags].map(([badgeId, atS]) => ({ badgeId, atS })),
    ),
    waiting,
  });

/** What is written down about one person, under whichever of their addresses; entries in any order. */
interface Notes {
  readonly entries: readonly JournalEntry[];
  readonly flags: readonly Pick<Flag, 'badgeId' | 'atS'>[];
  readonly waiting: ReadonlySet<AwardId>;
}

/** Pure. What an explanation is told besides the evaluation. */
export const backgroundOf = (evaluation: Evaluation, { entries, flags, waiting }: Notes): Background => ({
  history: historyOf(evaluation, entries),
  waiting,
  flagged: earliest(flags),
});

function historyOf(
  { awards }: Evaluation,
  entries: readonly JournalEntry[],
): ReadonlyMap<BadgeId, AwardHistory> {
  const found = awards.flatMap(({ heldBy }) => {
    const entry = heldBy === null ? undefined : givingOf(heldBy, entries);
    return heldBy === null || entry === undefined ? [] : [[heldBy.badgeId, toldBy(entry)] as const];
  });
  return new Map(found);
}

/**
 * The entry that gave this very assertion: by its event; where OBF tells of none, the badge's latest. What
 * Palier gave is believed to be so, though it was found in OBF as well.
 */
function givingOf(
  { badgeId, eventId }: Assertion,
  entries: readonly JournalEntry[],
): JournalEntry | undefined {
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

/** Two addresses may have been flagged for one badge before they were linked. */
function earliest(flags: Notes['flags']): ReadonlyMap<BadgeId, number> {
  const since = new Map<BadgeId, number>();
  for (const { badgeId, atS } of flags) since.set(badgeId, Math.min(atS, since.get(badgeId) ?? atS));
  return since;
}
