import { stringify } from 'csv-stringify/sync';
import type { Plan } from '../../../rules/plan.js';
import { makePlan, simulate as simulateAll } from '../../../scheme/make-plan.js';
import { say } from '../../shared/words.js';
import { awardOf } from '../arguments.js';
import { planJson, standingsOf } from './plan-json.js';
import { nextWords, planLines, standingLines } from './plan-words.js';
import { inPipeline } from '../session.js';
import { type Call, type Command, wrongUsage } from '../command.js';

export const READING = { fr: 'Lecture des portefeuilles', en: 'Reading the portfolios' };

const CSV_OPTION = {
  '--csv': { fr: 'une ligne CSV par personne et badge', en: 'a line of CSV for each person and award' },
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
  run: inPipeline(async (pipeline, call, { obfMaxRps: maxRps }) => {
    requireOneForm(call);
    const typed = call.text('only');
    const { scheme, pace } = pipeline;
    const only = typed === null ? null : awardOf(scheme, typed).id;
    const made = await makePlan(pipeline, { scheme, only, maxRps }, call.report, call.signal);
    const view = { made, floor: pace.quota.floor, maxRps };
    const lines = [...planLines(view, { fr: 'les fichiers', en: 'the files' }, call.lang), nextWords(made)];
    return { lines: call.has('csv') ? [planCsv(made.plan)] : lines, json: planJson(view) };
  }),
};

export const simulate: Command = {
  name: 'simulate',
  help: [
    say`essaie des règles qui ne sont qu'une proposition : qui gagnerait, qui en est près
      tries rules that are a proposal only: who would gain, who is near`,
    say`Le même tableau que « plan », pour d'autres fichiers, et pour chaque badge Région combien de personnes ont 0, 1, 2... badges du seuil. Ne change rien, et n'appelle pas OBF.
      The same table as "plan", for other files, and for each award how many people have 0, 1, 2... badges of the threshold. Changes nothing, and does not call OBF.`,
    say`Les personnes y sont par leur clé. docs/schema/simulate.json dit la forme de --json.
      People are there by their key. docs/schema/simulate.json tells the form of --json.`,
  ],
  options: {
    '--rules <fichier|file>': say`les règles proposées, à la place de scheme.yaml
      the rules proposed, in place of scheme.yaml`,
    '--partners <fichier|file>': say`les inscriptions proposées, à la place de partners.yaml
      the enrolments proposed, in place of partners.yaml`,
    ...CSV_OPTION,
  },
  progress: READING,
  interruptible: true,
  run: inPipeline(async (pipeline, call, { obfMaxRps: maxRps }) => {
    requireOneForm(call);
    const { scheme, pace } = pipeline;
    const made = await simulateAll(pipeline, { scheme, maxRps }, call.report, call.signal);
    const view = { made, floor: pace.quota.floor, maxRps };
    const lines = [
      ...planLines(view, { fr: 'la proposition', en: 'the proposal' }, call.lang),
      '',
      ...standingLines(scheme, made.census, call.lang),
      { fr: "Rien n'est changé : c'est un essai.", en: 'Nothing is changed: it is a trial.' },
    ];
    return {
      lines: call.has('csv') ? [planCsv(made.plan)] : lines,
      json: { ...planJson(view), standings: standingsOf(scheme, made.census) },
    };
  }),
};

function requireOneForm({ has, json }: Call): void {
  if (has('csv') && json)
    throw wrongUsage(say`Choisissez --csv ou --json : une réponse a une seule forme.
      Choose --csv or --json: an answer has one form.`);
}

/**
 * One line for each person and award: `gains`, or `loses_rule` for who keeps it without qualifying. Programs
 * read it: a key that begins with `-` stays a key, so formulas are not escaped; ids and keys hold none.
 */
const planCsv = ({ awards }: Plan): string =>
  stringify(
    [
      ['award', 'earner', 'change'],
      ...awards.flatMap(({ award, gains, losesRule }) => [
        ...gains.keys.map((earner) => [award.id, earner, 'gains']),
        ...losesRule.keys.map((earner) => [award.id, earner, 'loses_rule']),
      ]),
    ],
    { eof: false },
  );
