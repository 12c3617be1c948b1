import type { Plan, PlanCost } from '../../../rules/plan.js';
import type { ApplyOptions } from '../../../scheme/schemes.js';
import { PAUSED } from '../../shared/issuing-words.js';
import type { Lang } from '../../shared/words.js';

/** What was done. */
export interface Applied {
  readonly plan: Plan;
  readonly cost: PlanCost;
  readonly how: ApplyOptions;
  /** Nothing leaves before ops says so. */
  readonly paused: boolean;
}

const plural = (count: number, one: string, many: string): string => `${count} ${count > 1 ? many : one}`;

export function appliedLines({ plan, cost, how, paused }: Applied, lang: Lang): readonly string[] {
  const { version, only } = plan;
  const inForce =
    only === null
      ? { fr: `Version ${version} en vigueur.`, en: `Version ${version} is in force.` }
      : {
          fr: `« ${only} » en vigueur d'après la version ${version} ; le reste attend.`,
          en: `"${only}" is in force by version ${version}; the rest waits.`,
        };
  const gains = plan.awards.filter((award) => award.gains.length > 0);
  const lines = gains.map(
    (one) => `  ${one.award.name} (${one.award.id}) : ${plural(one.gains.length, 'badge', 'badges')}`,
  );
  return [inForce[lang], onTheWay(cost, how, lang), ...lines, ...(paused ? [PAUSED[lang]] : [])];
}

function onTheWay({ issues, atLeastS }: PlanCost, { quiet }: ApplyOptions, lang: Lang): string {
  if (issues === 0) return { fr: 'Personne ne gagne de badge.', en: 'Nobody gains a badge.' }[lang];
  const mail = quiet ? { fr: ', sans e-mail', en: ', without e-mail' }[lang] : '';
  const fr = `${plural(issues, 'badge mis en route', 'badges mis en route')}${mail} ; les workers les délivrent, en ${atLeastS} s au moins :`;
  const en = `${plural(issues, 'badge is', 'badges are')} on the way${mail}; the workers issue them, in ${atLeastS} s at least:`;
  return { fr, en }[lang];
}

export const appliedJson = ({ plan, cost, how, paused }: Applied): unknown => ({
  version: plan.version,
  only: plan.only,
  send_email: !how.quiet,
  issues: cost.issues,
  awards: plan.awards
    .filter(({ gains }) => gains.length > 0)
    .map(({ award, gains }) => ({ award: award.id, issues: gains.length })),
  issuing_paused: paused,
});
