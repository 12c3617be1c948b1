import { makePlan, type MadePlan } from '../../scheme/make-plan.js';
import { answer } from './answer.js';
import { awardOf } from './award-argument.js';
import type { Call, Command, Context } from './context.js';
import { EXIT } from './exit.js';
import { interruptible } from './interrupt.js';
import { planCsv, requireOneForm } from './plan/csv.js';
import { planJson } from './plan/json.js';
import { nextWords, planLines, type Limits } from './plan/lines.js';
import { THE_FILES } from './plan/rules-words.js';
import { withPlanParts } from './plan/session.js';
import { withProgress } from './progress.js';
import { requireScheme } from './read-scheme.js';

export const plan: Command = {
  name: 'plan',
  summary: {
    fr: 'dit qui gagnerait quel badge Région si les fichiers étaient appliqués',
    en: 'tells who would gain which award, were the files applied',
  },
  details: [
    {
      fr: "Compare les fichiers, tels qu'ils sont, aux règles en vigueur, pour toutes les personnes connues. Ne change rien, n'appelle pas OBF, et peut être tapée à tout moment.",
      en: 'Compares the files, as they are, with the rules in force, for everybody who is known. Changes nothing, does not call OBF, and may be typed at any time.',
    },
    {
      fr: 'Les personnes y sont par leur clé. docs/schema/plan.json dit la forme de --json.',
      en: 'People are there by their key. docs/schema/plan.json tells the form of --json.',
    },
  ],
  args: [],
  options: [
    {
      flag: '--only',
      value: { fr: 'badge', en: 'award' },
      about: {
        fr: "comme « apply --only » : ce badge Région seul, et ce qu'il entraîne",
        en: 'as "apply --only": this award alone, and what follows from it',
      },
    },
    {
      flag: '--csv',
      about: { fr: 'une ligne CSV par personne et badge', en: 'a line of CSV for each person and award' },
    },
  ],
  run: async (call, context) => {
    requireOneForm(call);
    const { made, limits } = await planNow(call, context);
    if (call.flags['csv'] === true) context.streams.out(planCsv(made.plan));
    else answer(call, context, linesOf(made, limits, call), planJson(made, limits.floor));
    return EXIT.good;
  },
};

const linesOf = (made: MadePlan, limits: Limits, { lang }: Pick<Call, 'lang'>): readonly string[] => [
  ...planLines(made, limits, THE_FILES, lang),
  nextWords(made)[lang],
];

/** The plan of the files as they are. @throws Problem when something stands in the way */
export const planNow = (
  { flags: { only }, lang }: Pick<Call, 'flags' | 'lang'>,
  context: Context,
): Promise<{ readonly made: MadePlan; readonly limits: Limits }> =>
  interruptible(context, (signal) =>
    withProgress({ ...context, lang }, READING, (report) =>
      withPlanParts(
        context,
        ({ configDir, timeZone }) => requireScheme(context, configDir, timeZone),
        async ({ parts, scheme, maxRps }) => {
          const asked = {
            scheme,
            only: typeof only === 'string' ? awardOf(scheme, only).id : null,
            maxRps,
            keeps: THOSE_TOLD,
          };
          const made = await makePlan(parts, asked, report, signal);
          return { made, limits: { floor: parts.pace.quota.floor, maxRps } };
        },
      ),
    ),
  );

/** Everybody, by award. */
export const THOSE_TOLD = { perAward: Infinity, gainers: 0 };

export const READING = { fr: 'Lecture des portefeuilles', en: 'Reading the portfolios' };
