import type { BadgeId } from '../../../ids.js';
import type { AwardState } from '../../../earners/record.js';
import type { AwardVerdict, ConditionResult, Tally } from '../../../rules/evaluation.js';
import type { Background, Explanation } from '../../../rules/explain/explanation.js';
import { talliesPhrase } from '../../../rules/explain/condition-words.js';
import { inLang } from '../../../rules/explain/formatter.js';
import { ExplanationText } from '../../../rules/explain/text.js';
import { type Catalogue, WORDS } from '../../../rules/explain/words.js';
import { localized, type Localized } from '../../../rules/localized.js';
import type { StateKind } from '../parts/text.js';
import { number, plural } from '../words.js';

/** One award for one person, explained. */
export type AwardExplained = ReturnType<typeof explainAwards>['awards'][number];

/** Of every address of the person. */
type Records = readonly { readonly badgeId: BadgeId; readonly record: { readonly state: AwardState } }[];

/** Pure. Every award in the scheme's order; and the badges that count for none, each with why. */
export function explainAwards(explanation: Explanation, records: Records) {
  const { evaluation, background } = explanation;
  const text = new ExplanationText(explanation, PAGE_WORDS);
  const awards = evaluation.awards.map((verdict) => {
    const { award, status, tree } = verdict;
    const own = records.filter(({ badgeId }) => badgeId === award.badgeId);
    const states = own.map(({ record }) => record.state);
    const told = inLang(text.award(verdict), 'fr');
    return {
      award,
      standing: standingOf(verdict, background, states),
      /** How far its rule is met. Null: held, nothing is left to come. */
      progress: status === 'held' ? null : progressOf(tree),
      blocked: status === 'blocked',
      /** Where it stands. */
      status: told.text,
      /** How it came about, its rule, and what would help. */
      under: told.under,
    };
  });
  return { awards, excluded: text.excluded().map(({ fr }) => fr) };
}

/** The pages are in French alone. */
const inFrench = (words: string): Localized => localized(() => words);

/**
 * The words of `palier explain` as a page says them: an award's status without its name, which stands above, and a
 * button in place of a command.
 */
const PAGE_WORDS: Catalogue = {
  ...WORDS,
  award: (_name, _id, _level, status) => status,
  status: {
    ...WORDS.status,
    waiting: inFrench('dû selon les règles modifiées, en attente de leur mise en vigueur (page Barème)'),
  },
  history: {
    ...WORDS.history,
    unblock: () => inFrench('Pour qu’il puisse être délivré à nouveau : « Débloquer », ci-dessous'),
  },
  holdsStatus: { ...WORDS.holdsStatus, waiting: inFrench('dû, en attente de la mise en vigueur') },
};

/** The state of an award for a person, in a word or two. */
interface Standing {
  readonly kind: StateKind;
  readonly words: string;
}

const STANDINGS = {
  held: { kind: 'good', words: 'obtenu' },
  flagged: { kind: 'waiting', words: 'obtenu, à examiner' },
  refused: { kind: 'bad', words: 'refusé par OBF' },
  unknown: { kind: 'waiting', words: 'envoyé, vérifié dans OBF' },
  leaving: { kind: 'waiting', words: 'en cours d’envoi' },
  waiting: { kind: 'waiting', words: 'attend la mise en vigueur' },
  due: { kind: 'waiting', words: 'dû' },
  blocked: { kind: 'bad', words: 'bloqué' },
  inactive: { kind: 'neutral', words: 'inactif' },
  notMet: { kind: 'neutral', words: 'pas encore' },
} as const satisfies Record<string, Standing>;

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
function progressOf(tree: ConditionResult): Tally & { readonly words: string } {
  if (tree.kind === 'badges') {
    const { have, need } = tree.demands.reduce((least, one) => (share(one) < share(least) ? one : least));
    return { have, need, words: talliesPhrase(tree.demands).fr };
  }
  const [only, another] = tree.kind === 'holds' ? [] : tree.of;
  if (only !== undefined && another === undefined) return progressOf(only);
  const { have, need } = tree.kind === 'holds' ? { have: tree.met ? 1 : 0, need: 1 } : tree;
  const conditions = plural(have, 'condition', 'conditions');
  return { have, need, words: `${number(have)} ${conditions} sur ${number(need)}` };
}

const share = ({ have, need }: Tally): number => (need === 0 ? 1 : have / need);
