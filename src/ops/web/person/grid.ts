import type { BadgeId } from '../../../ids.js';
import type { AwardState } from '../../../issuing/award-record.js';
import type { AwardVerdict, BadgesResult, ConditionResult, Tally } from '../../../rules/evaluation.js';
import { en } from '../../../rules/explain/en.js';
import type { Background, Explanation } from '../../../rules/explain/explanation.js';
import { createFormatter, type Formatter } from '../../../rules/explain/formatter.js';
import { awardLines, excludedLines } from '../../../rules/explain/text.js';
import { fr, type Catalogue } from '../../../rules/explain/fr.js';
import type { Award, Scheme } from '../../../rules/types.js';
import { counted, type Lang, type Localized } from '../../shared/words.js';
import type { StateKind, Tree } from '../parts/text.js';

/** Where an award stands for a person, in a word or two. */
interface Standing {
  readonly kind: StateKind;
  readonly words: Localized;
}

/** How far a rule is met. */
interface Progress extends Tally {
  /** « 2 badges sur 3 ». */
  readonly words: Localized;
}

/** One award for one person, explained. */
export interface AwardExplained {
  readonly award: Award;
  readonly standing: Standing;
  /** Null: held, nothing is left to come. */
  readonly progress: Progress | null;
  readonly blocked: boolean;
  /** Where it stands; then how it came about, its rule, and what would help. */
  readonly lines: Readonly<Record<Lang, { readonly status: string; readonly under: readonly Tree[] }>>;
}

export interface GridRow {
  readonly competency: string;
  /** In the order of the grid's levels. */
  readonly cells: readonly (readonly AwardExplained[])[];
}

/** A person's awards by competency and level. */
export interface Grid {
  readonly levels: readonly number[];
  readonly rows: readonly GridRow[];
  /** Awards without competency and level. */
  readonly others: readonly AwardExplained[];
}

interface GridFacts {
  readonly explanation: Explanation;
  /** Of every address of the person. */
  readonly records: readonly { readonly badgeId: BadgeId; readonly record: { readonly state: AwardState } }[];
}

/** Pure. Competencies and levels in the scheme's order. */
export function gridOf(facts: GridFacts): Grid {
  const { scheme, evaluation } = facts.explanation;
  const hasPlace = ({ award }: AwardVerdict): boolean =>
    award.level !== null && award.competency !== null && scheme.competencies.has(award.competency);
  const placed = evaluation.awards.filter(hasPlace);
  const levels = [...new Set(placed.map(({ award }) => award.level ?? 0))].toSorted((a, b) => a - b);
  const explain = (verdict: AwardVerdict): AwardExplained => explained(facts, verdict);
  const rows = [...scheme.competencies.values()].flatMap(({ id, name }) => {
    const own = placed.filter(({ award }) => award.competency === id);
    const cells = levels.map((level) => own.filter(({ award }) => award.level === level).map(explain));
    return own.length === 0 ? [] : [{ competency: name, cells }];
  });
  return { levels, rows, others: evaluation.awards.filter((one) => !hasPlace(one)).map(explain) };
}

/** Every award of a grid, row by row. */
export const awardsIn = ({ rows, others }: Grid): readonly AwardExplained[] => [
  ...rows.flatMap(({ cells }) => cells.flat()),
  ...others,
];

/** Badges that count for no award, each with why. */
export const excludedIn = ({ explanation }: GridFacts, lang: Lang): readonly string[] =>
  excludedLines(formatterIn(explanation, lang), explanation);

const formatterIn = (explanation: Explanation, lang: Lang): Formatter =>
  createFormatter(explanation.scheme, CATALOGUES[lang], explanation);

function explained({ explanation, records }: GridFacts, verdict: AwardVerdict): AwardExplained {
  const { award, status, tree } = verdict;
  const linesIn = (lang: Lang) => {
    const [head] = treeOf(awardLines(formatterIn(explanation, lang), explanation, verdict));
    return { status: head?.text ?? '', under: head?.under ?? [] };
  };
  const states = records.filter(({ badgeId }) => badgeId === award.badgeId).map(({ record }) => record.state);
  return {
    award,
    standing: standingOf(verdict, explanation.background, states),
    progress: status === 'held' ? null : progressOf(explanation.scheme, tree),
    blocked: status === 'blocked',
    lines: { fr: linesIn('fr'), en: linesIn('en') },
  };
}

const depthOf = (line: string): number => line.length - line.trimStart().length;

/** Pure. Lines indented by two spaces a level, as a tree. */
function treeOf(lines: readonly string[]): readonly Tree[] {
  const [first, ...rest] = lines;
  if (first === undefined) return [];
  const end = rest.findIndex((line) => depthOf(line) <= depthOf(first));
  const under = end === -1 ? rest : rest.slice(0, end);
  return [{ text: first.trim(), under: treeOf(under) }, ...treeOf(rest.slice(under.length))];
}

/**
 * The words of `palier explain` as a page says them: an award's status without its name, which stands above, and a
 * button in place of a command.
 */
const onPage = (
  catalogue: Catalogue,
  page: Readonly<Record<'waiting' | 'holdsWaiting' | 'unblock', string>>,
): Catalogue => ({
  ...catalogue,
  award: (_name, _id, _level, status) => status,
  status: { ...catalogue.status, waiting: page.waiting },
  history: { ...catalogue.history, unblock: () => page.unblock },
  holds: (award, standing) =>
    standing === 'waiting'
      ? catalogue.holds(award, 'due').replace(/[^\s]+$/, page.holdsWaiting)
      : catalogue.holds(award, standing),
});

const CATALOGUES: Readonly<Record<Lang, Catalogue>> = {
  fr: onPage(fr, {
    waiting: 'dû selon les règles modifiées, en attente de leur mise en vigueur (page Barème)',
    holdsWaiting: 'dû, en attente de la mise en vigueur',
    unblock: 'Pour qu’il puisse être délivré à nouveau : « Débloquer », ci-dessous',
  }),
  en: onPage(en, {
    waiting: 'due by the changed rules, waits until they are put into force (page Scheme)',
    holdsWaiting: 'due, waits until the rules are put into force',
    unblock: 'So that it can be given again: "Unblock", below',
  }),
};

const standing = (kind: StateKind, fr_: string, en_: string): Standing => ({
  kind,
  words: { fr: fr_, en: en_ },
});

const STANDINGS = {
  held: standing('good', 'obtenu', 'held'),
  flagged: standing('waiting', 'obtenu, à examiner', 'held, to look at'),
  refused: standing('bad', 'refusé par OBF', 'refused by OBF'),
  unknown: standing('waiting', 'envoyé, vérifié dans OBF', 'sent, looked up in OBF'),
  leaving: standing('waiting', 'en cours d’envoi', 'on its way'),
  waiting: standing('waiting', 'attend la mise en vigueur', 'waits for the rules'),
  due: standing('waiting', 'dû', 'due'),
  blocked: standing('bad', 'bloqué', 'blocked'),
  inactive: standing('neutral', 'inactif', 'switched off'),
  notMet: standing('neutral', 'pas encore', 'not yet'),
};

/** Pure. @param states of the records of this award, under every address */
function standingOf(
  { award, status }: Pick<AwardVerdict, 'award' | 'status'>,
  { flagged, waiting }: Background,
  states: readonly AwardState[],
): Standing {
  if (status === 'held') return flagged.has(award.badgeId) ? STANDINGS.flagged : STANDINGS.held;
  if (status === 'blocked') return STANDINGS.blocked;
  if (states.includes('unknown')) return STANDINGS.unknown;
  if (states.includes('claimed')) return STANDINGS.leaving;
  if (status === 'inactive') return STANDINGS.inactive;
  if (waiting.has(award.id)) return STANDINGS.waiting;
  if (status === 'not_met') return STANDINGS.notMet;
  if (states.includes('refused')) return STANDINGS.refused;
  return states.includes('due') ? STANDINGS.leaving : STANDINGS.due;
}

/** Pure. Of a rule of badges the tally that is furthest behind is drawn; all are named. */
function progressOf(scheme: Scheme, tree: ConditionResult): Progress {
  if (tree.kind === 'badges') return badgesProgress(scheme, tree);
  if (tree.kind === 'holds') return conditionsProgress({ have: tree.met ? 1 : 0, need: 1 });
  const [only] = tree.of;
  if (only !== undefined && tree.of.length === 1) return progressOf(scheme, only);
  return conditionsProgress(tree);
}

const share = ({ have, need }: Tally): number => (need === 0 ? 1 : have / need);

function badgesProgress(scheme: Scheme, { badges, issuers, abilities }: BadgesResult): Progress {
  const tallies = [
    { of: 'badges', tally: badges } as const,
    ...(issuers === null ? [] : [{ of: 'issuers', tally: issuers } as const]),
    ...(abilities === null ? [] : [{ of: 'abilities', tally: abilities } as const]),
  ];
  const wordsIn = (catalogue: Catalogue): string => {
    const { tally: say } = createFormatter(scheme, catalogue).words;
    return tallies.map(({ of, tally }) => say[of](tally)).join(', ');
  };
  const behind = tallies.reduce((least, { tally }) => (share(tally) < share(least) ? tally : least), badges);
  return { ...capped(behind), words: { fr: wordsIn(fr), en: wordsIn(en) } };
}

function conditionsProgress({ have, need }: Tally): Progress {
  const met = counted(have, { fr: 'condition', en: '' }, { fr: 'conditions', en: '' });
  const asked = counted(need, { fr: '', en: 'condition' }, { fr: '', en: 'conditions' });
  return { ...capped({ have, need }), words: { fr: `${met.fr} sur ${need}`, en: `${have} of ${asked.en}` } };
}

/** More than is needed is drawn as enough. */
const capped = ({ have, need }: Tally): Tally => ({ have: Math.min(have, need), need });
