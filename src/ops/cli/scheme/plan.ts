import { stringify } from 'csv-stringify/sync';
import { say } from '../../shared/words.js';
import type { Plan } from '../../../rules/plan.js';
import { makePlan } from '../../../scheme/make-plan.js';
import { awardOf } from '../arguments.js';
import { planJson } from './plan-json.js';
import { nextWords, planLines } from './plan-words.js';
import { withPipeline } from '../session.js';
import { type Call, type Command, wrongUsage } from '../command.js';

export const READING = { fr: 'Lecture des portefeuilles', en: 'Reading the portfolios' };

export const CSV_OPTION = {
  '--csv': say`une ligne CSV par personne et badge
    a line of CSV for each person and award`,
};

export const plan: Command = {
  name: 'plan',
  help: [
    say`dit qui gagnerait quel badge Région si les fichiers étaient appliqués
      tells who would gain which award, were the files applied`,
    say`Compare les fichiers, tels qu'ils sont, aux règles en vigueur, pour toutes les personnes connues. Ne change rien, n'appelle pas OBF, et peut être tapée à tout moment.
      Compares the files, as they are, with the rules in force, for everybody who is known. Changes nothing, does not call OBF, and may be typed at any time.`,
    say`Les personnes y sont par leur clé. docs/schema/plan.json dit la forme de --json.
      People are there by their key. docs/schema/plan.json tells the form of --json.`,
  ],
  options: {
    '--only <badge|award>': say`comme « apply --only » : ce badge Région seul, et ce qu'il entraîne
      as "apply --only": this award alone, and what follows from it`,
    ...CSV_OPTION,
  },
  progress: READING,
  interruptible: true,
  run: async (call) => {
    const csv = wantsCsv(call);
    const typed = call.text('only');
    return withPipeline(call, async (pipeline, { obfMaxRps: maxRps }) => {
      const { scheme, pace } = pipeline;
      const only = typed === null ? null : awardOf(scheme, typed).id;
      const asked = { scheme, only, maxRps };
      const made = await makePlan(pipeline, asked, call.report, call.signal);
      const view = { made, floor: pace.quota.floor, maxRps };
      const files = { fr: 'les fichiers', en: 'the files' };
      return {
        lines: csv ? [planCsv(made.plan)] : [...planLines(view, files, call.lang), nextWords(made)],
        json: planJson(view),
      };
    });
  },
};

/** @throws Problem when the answer is asked for in two forms */
export function wantsCsv({ has, json }: Call): boolean {
  if (has('csv') && json)
    throw wrongUsage(say`Choisissez --csv ou --json : une réponse a une seule forme.
      Choose --csv or --json: an answer has one form.`);
  return has('csv');
}

/**
 * One line for each person and award: `gains`, or `loses_rule` for who keeps it without qualifying. Programs
 * read it: a key that begins with `-` stays a key, so formulas are not escaped; ids and keys hold none.
 */
export const planCsv = ({ awards }: Plan): string =>
  stringify(
    [
      ['award', 'earner', 'change'],
      ...awards.flatMap(({ award, gains, losesRule }) => [
        ...gains.map((earner) => [award.id, earner, 'gains']),
        ...losesRule.map((earner) => [award.id, earner, 'loses_rule']),
      ]),
    ],
    { eof: false },
  );
