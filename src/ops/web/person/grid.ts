import type { BadgeId } from '../../../ids.js';
import type { AwardState } from '../../../issuing/award-record.js';
import { awardLines, excludedLines } from '../../../rules/explain/text.js';
import { createFormatter, type Formatter } from '../../../rules/explain/formatter.js';
import type { Explanation } from '../../../rules/explain/explanation.js';
import type { Award } from '../../../rules/types.js';
import type { AwardVerdict } from '../../../rules/evaluation.js';
import { CATALOGUES } from './catalogue.js';
import type { Lang } from '../../shared/words.js';
import { treeOf, type Line } from './lines.js';
import { progressOf, type Progress } from './progress.js';
import { standingOf, type Standing } from './standing.js';

/** One award for one person, told whole. */
export interface AwardTold {
  readonly award: Award;
  readonly standing: Standing;
  /** Null: held, nothing is left to come. */
  readonly progress: Progress | null;
  readonly blocked: boolean;
  /** Where it stands; then how it came about, its rule, and what would help. */
  readonly lines: Readonly<Record<Lang, { readonly status: string; readonly under: readonly Line[] }>>;
}

export interface GridRow {
  readonly competency: string;
  /** By level, in the order of the grid's levels. */
  readonly cells: readonly (readonly AwardTold[])[];
}

/** What of a person is shown as a grid. */
export interface Grid {
  readonly levels: readonly number[];
  readonly rows: readonly GridRow[];
  /** Awards of no competency and level. */
  readonly others: readonly AwardTold[];
}

export interface GridFacts {
  readonly told: Explanation;
  /** Of every address of the person. */
  readonly records: readonly {
    readonly badgeId: BadgeId;
    readonly record: { readonly state: AwardState };
  }[];
}

/** Pure. Competencies and levels in the scheme's order. */
export function gridOf(facts: GridFacts): Grid {
  const { scheme, evaluation } = facts.told;
  const known = ({ award }: AwardVerdict): boolean =>
    award.level !== null && award.competency !== null && scheme.competencies.has(award.competency);
  const tellers = { fr: tellerFor(facts, 'fr'), en: tellerFor(facts, 'en') };
  const tell = (verdict: AwardVerdict): AwardTold => awardTold(facts, tellers, verdict);
  const inGrid = evaluation.awards.filter(known);
  const levels = [...new Set(inGrid.map(({ award }) => award.level ?? 0))].toSorted((a, b) => a - b);
  const rows = [...scheme.competencies.values()].flatMap(({ id, name }) => {
    const own = inGrid.filter(({ award }) => award.competency === id);
    const cells = levels.map((level) => own.filter(({ award }) => award.level === level).map(tell));
    return own.length === 0 ? [] : [{ competency: name, cells }];
  });
  return { levels, rows, others: evaluation.awards.filter((one) => !known(one)).map(tell) };
}

/** Every award of a grid, as it is read: row by row. */
export const awardsIn = ({ rows, others }: Grid): readonly AwardTold[] => [
  ...rows.flatMap(({ cells }) => cells.flat()),
  ...others,
];

/** Badges that count for no award, each with why. */
export function leftOutOf({ told, ...facts }: GridFacts, lang: Lang): readonly string[] {
  const teller = tellerFor({ told, ...facts }, lang);
  return excludedLines(teller, told);
}

const tellerFor = ({ told }: GridFacts, lang: Lang): Formatter =>
  createFormatter(told.scheme, CATALOGUES[lang], told);

function awardTold(
  { told, records }: GridFacts,
  tellers: Readonly<Record<Lang, Formatter>>,
  verdict: AwardVerdict,
): AwardTold {
  const { award, status, tree } = verdict;
  const linesIn = (lang: Lang) => {
    const [head] = treeOf(awardLines(tellers[lang], told, verdict));
    return { status: head?.text ?? '', under: head?.under ?? [] };
  };
  const states = records.filter(({ badgeId }) => badgeId === award.badgeId).map(({ record }) => record.state);
  return {
    award,
    standing: standingOf(verdict, told.background, states),
    progress: status === 'held' ? null : progressOf(told.scheme, tree),
    blocked: status === 'blocked',
    lines: { fr: linesIn('fr'), en: linesIn('en') },
  };
}
