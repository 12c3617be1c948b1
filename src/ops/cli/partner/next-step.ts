import type { Call, Context } from '../context.js';

/** Tells what the files as they now are mean for people: lines in the language of the call, and JSON. */
export type TellPlan = (
  call: Call,
  context: Context,
) => Promise<{ readonly lines: readonly string[]; readonly json: unknown }>;

/** The plan is a command of its own. */
export const nextStep: TellPlan = ({ lang }) =>
  Promise.resolve({
    lines: [
      {
        fr: 'Ensuite : « npx palier plan » montre qui cela concerne ; rien ne change pour personne avant « npx palier apply ».',
        en: 'Next: "npx palier plan" shows whom it concerns; nothing changes for anybody before "npx palier apply".',
      }[lang],
    ],
    json: { command: 'npx palier plan' },
  });
