import { planJson } from '../plan/json.js';
import { planLines } from '../plan/lines.js';
import { THE_FILES } from '../plan/rules-words.js';
import { planNow } from '../plan.js';
import type { Call, Context } from '../context.js';
import { Problem } from '../problem.js';

/** Tells what the files as they now are mean for people: lines in the language of the call, and JSON. */
export type TellPlan = (
  call: Call,
  context: Context,
) => Promise<{ readonly lines: readonly string[]; readonly json: unknown }>;

/** Shows the plan of the files with the new lines; where it cannot be made now, what to type later. */
export const nextStep: TellPlan = async (call, context) => {
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
