import type { Condition, OnLoss, Scheme } from '../types.js';
import { askedOf } from './condition-words.js';
import { en } from './en.js';
import type { Lang } from './explanation.js';
import { createFormatter } from './formatter.js';
import { fr } from './fr.js';

/** A rule as it is read: a condition, and the conditions under it. */
export interface RuleLine {
  readonly text: string;
  readonly under: readonly RuleLine[];
}

const CATALOGUES = { fr, en } as const;

/** Pure. A rule in words, for nobody in particular. @param scheme gives the names */
export function ruleWords(scheme: Scheme, condition: Condition, lang: Lang): RuleLine {
  const { words, period, award } = createFormatter(scheme, CATALOGUES[lang]);
  if (condition.kind === 'badges') {
    const asked = askedOf(scheme, condition);
    return { text: words.asked(asked, period(asked)), under: [] };
  }
  if (condition.kind === 'holds') return { text: words.rule.holds(award(condition.award)), under: [] };
  const under = condition.of.map((one) => ruleWords(scheme, one, lang));
  const [only] = under;
  // A group of one is that one.
  if (only !== undefined && under.length === 1) return only;
  const need = condition.kind === 'at_least' ? condition.atLeast : 1;
  return { text: words.rule[condition.kind](need, under.length), under };
}

/** What happens to an award when its holder's badges are revoked. */
export const onLossWords = (onLoss: OnLoss, lang: Lang): string => CATALOGUES[lang].rule.onLoss(onLoss);
