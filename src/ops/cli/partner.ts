import { partnerEnrolWith, type TellPlan } from './partner/enrol.js';
import { planJson } from './plan/json.js';
import { planLines } from './plan/lines.js';
import { THE_FILES } from './plan/rules-words.js';
import { planNow } from './plan.js';
import { Problem } from './problem.js';

export { partnerBadges } from './partner/badges.js';

/** Shows the plan of the files with the new lines; where it cannot be made now, what to type later. */
const nextStep: TellPlan = async (call, context) => {
  const next = NEXT[call.lang];
  try {
    const { made, limits } = await planNow({ ...call, flags: {} }, context);
    const lines = ['', ...planLines(made, limits, THE_FILES, call.lang), next];
    return { lines, json: planJson(made, limits.floor) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { lines: [next], json: null };
  }
};

const NEXT = {
  fr: 'Rien ne change pour personne avant « npx palier apply » ; « npx palier plan » redit qui cela concerne.',
  en: 'Nothing changes for anybody before "npx palier apply"; "npx palier plan" tells again whom it concerns.',
};

/** What is told once the lines are written: here, and only here, is where the plan itself comes in. */
export const partnerEnrol = partnerEnrolWith(nextStep);
