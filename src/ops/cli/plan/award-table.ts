import type { AwardPlan } from '../../../rules/plan.js';
import type { MadePlan } from '../../../scheme/make-plan.js';
import type { Lang, Localized } from '../../shared/words.js';
import { tableLines } from './table.js';

const COLUMNS: readonly Localized[] = [
  { fr: 'Badge Région', en: 'Award' },
  { fr: 'gagnent', en: 'gain' },
  { fr: 'en route', en: 'on its way' },
  { fr: 'perdent la règle', en: 'lose the rule' },
  { fr: 'bloqués', en: 'blocked' },
  { fr: 'refusés', en: 'refused' },
  { fr: 'appels', en: 'calls' },
];
const TOTAL: Localized = { fr: 'Total', en: 'Total' };

/** Of each award, how many people; and the issue calls. */
export function awardTable({ plan, cost }: Pick<MadePlan, 'plan' | 'cost'>, lang: Lang): readonly string[] {
  const rows = plan.awards.map((one) => ({
    name: awardName(one, lang),
    numbers: [
      one.gains.length,
      one.underWay,
      one.losesRule.length,
      one.blocked,
      one.refused,
      one.removed ? 0 : (cost.batches.get(one.award.badgeId) ?? 0),
    ],
  }));
  const sums = COLUMNS.slice(1).map((_, at) =>
    rows.reduce((sum, { numbers }) => sum + (numbers[at] ?? 0), 0),
  );
  return tableLines(
    COLUMNS.map((words) => words[lang]),
    [...rows, { name: TOTAL[lang], numbers: sums }].map(({ name, numbers }) => [
      name,
      ...numbers.map(String),
    ]),
  );
}

/** Its name and id; whether it is one that can still be given. */
export function awardName({ award, removed }: AwardPlan, lang: Lang): string {
  const state = removed ? REMOVED[lang] : award.active ? '' : INACTIVE[lang];
  return `${award.name} (${award.id})${state}`;
}

const REMOVED: Localized = { fr: ' [retiré des règles]', en: ' [removed from the rules]' };
const INACTIVE: Localized = { fr: ' [désactivé]', en: ' [switched off]' };
