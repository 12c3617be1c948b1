import { stringify } from 'csv-stringify/sync';
import type { Plan } from '../../rules/plan.js';
import { type MadePlan, makePlan } from '../../scheme/make-plan.js';
import { awardOf } from './arguments.js';
import { command, type Work } from './command.js';
import type { Call } from './context.js';
import { planJson } from './plan-json.js';
import { type Limits, nextWords, planLines, THE_FILES } from './plan-words.js';
import { wrongUsage } from './problem.js';
import { withPlanParts } from './session.js';
import { requireScheme } from './settings.js';

/** Everybody, by award. */
export const KEEP_EVERYBODY = { perAward: Infinity, gainers: 0 };

export const READING = { fr: 'Lecture des portefeuilles', en: 'Reading the portfolios' };

export const plan = command({
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
  progress: READING,
  interruptible: true,
  work: async (call, work) => {
    wantsCsv(call);
    return planNow(call.flags['only'], work);
  },
  answer: ({ made, limits }, call) => ({
    lines: wantsCsv(call)
      ? [planCsv(made.plan)]
      : [...planLines(made, limits, THE_FILES, call.lang), nextWords(made)[call.lang]],
    json: planJson(made, limits.floor),
  }),
});

/** A plan, and what it was made with. */
interface PlanNow {
  readonly made: MadePlan;
  readonly limits: Limits;
}

/** The plan of the files as they are. @throws Problem when something stands in the way */
export const planNow = (only: unknown, { context, report, signal }: Work): Promise<PlanNow> =>
  withPlanParts(
    context,
    ({ configDir, timeZone }) => requireScheme(context, configDir, timeZone),
    async ({ parts, scheme, maxRps }) => {
      const asked = {
        scheme,
        only: typeof only === 'string' ? awardOf(scheme, only).id : null,
        maxRps,
        keeps: KEEP_EVERYBODY,
      };
      const made = await makePlan(parts, asked, report, signal);
      return { made, limits: { floor: parts.pace.quota.floor, maxRps } };
    },
  );

/** @throws Problem when the answer is asked for in two forms */
export function wantsCsv({ flags, json }: Pick<Call, 'flags' | 'json'>): boolean {
  if (flags['csv'] !== true) return false;
  if (!json) return true;
  throw wrongUsage({
    fr: 'Choisissez --csv ou --json : une réponse a une seule forme.',
    en: 'Choose --csv or --json: an answer has one form.',
  });
}

/**
 * One line for each person and award: `gains`, or `loses_rule` for who keeps it without qualifying. Programs
 * read it: a key that begins with `-` stays a key, so formulas are not escaped; ids and keys hold none.
 */
export const planCsv = ({ awards }: Pick<Plan, 'awards'>): string =>
  stringify(
    [
      ['award', 'earner', 'change'],
      ...awards.flatMap(({ award, gains, losesRule }) => [
        ...Array.from(gains, (earner) => [award.id, earner, 'gains']),
        ...Array.from(losesRule, (earner) => [award.id, earner, 'loses_rule']),
      ]),
    ],
    { eof: false },
  );
