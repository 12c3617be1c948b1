import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { awardHead } from '../../../rules/explain/json.js';
import type { Plan } from '../../../rules/plan.js';
import type { Evaluation } from '../../../rules/evaluation.js';
import { countPopulation, type PopulationStats, thresholdOf } from '../../../rules/population-stats.js';
import type { Scheme } from '../../../rules/types.js';
import { type MadePlan, makePlan } from '../../../scheme/population.js';
import { say } from '../../../localized.js';
import { callsOf, nextWords, planLines, standingLines } from './plan-words.js';
import { inPipeline } from '../session.js';
import { type CommandCall, type Command, wrongUsage, awardOf } from '../command.js';

export const READING = { fr: 'Lecture des portefeuilles', en: 'Reading the portfolios' };

const CSV_OPTION = {
  '--csv': { fr: 'une ligne CSV par personne et badge', en: 'a line of CSV for each person and award' },
};

export const plan: Command = {
  help: `
    dit qui gagnerait quel badge Région si les fichiers étaient appliqués
      tells who would gain which award, were the files applied
    Compare les fichiers, tels qu'ils sont, aux règles en vigueur, pour toutes les personnes connues. Ne change rien, n'appelle pas OBF, et peut être tapée à tout moment.
      Compares the files, as they are, with the rules in force, for everybody who is known. Changes nothing, does not call OBF, and may be typed at any time.
    Les personnes y sont par leur clé. docs/schema/plan.json dit la forme de --json.
      People are there by their key. docs/schema/plan.json tells the form of --json.`,
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
    const { scheme } = pipeline;
    const only = typed === null ? null : awardOf(scheme, typed).id;
    const made = await makePlan(pipeline, { scheme, only, maxRps }, call.report, call.signal);
    const lines = [...planLines(made, { fr: 'les fichiers', en: 'the files' }, call.lang), nextWords(made)];
    return { lines: call.has('csv') ? [planCsv(made.plan)] : lines, json: planJson(made) };
  }),
};

export const simulate: Command = {
  help: `
    essaie des règles qui ne sont qu'une proposition : qui gagnerait, qui en est près
      tries rules that are a proposal only: who would gain, who is near
    Le même tableau que « plan », pour d'autres fichiers, et pour chaque badge Région combien de personnes ont 0, 1, 2... badges du seuil. Ne change rien, et n'appelle pas OBF.
      The same table as "plan", for other files, and for each award how many people have 0, 1, 2... badges of the threshold. Changes nothing, and does not call OBF.
    Les personnes y sont par leur clé. docs/schema/simulate.json dit la forme de --json.
      People are there by their key. docs/schema/simulate.json tells the form of --json.`,
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
    const { scheme } = pipeline;
    const population = countPopulation(scheme);
    const asked = {
      scheme,
      only: null,
      maxRps,
      judged: (evaluation: Evaluation) => population.add(evaluation),
    };
    const made = await makePlan(pipeline, asked, call.report, call.signal);
    const standings = population.stats();
    const lines = [
      ...planLines(made, { fr: 'la proposition', en: 'the proposal' }, call.lang),
      '',
      ...standingLines(scheme, standings, call.lang),
      { fr: "Rien n'est changé : c'est un essai.", en: 'Nothing is changed: it is a trial.' },
    ];
    return {
      lines: call.has('csv') ? [planCsv(made.plan)] : lines,
      json: { ...planJson(made), standings: standingsOf(scheme, standings) },
    };
  }),
};

function requireOneForm({ has, json }: CommandCall): void {
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

const key = z.string().describe('The key that stands for a person.');

const awardForm = z
  .strictObject({
    ...awardHead,
    removed: z.boolean().describe('In the rules in force, and not in these.'),
    gains: z.number().describe('How many people would be issued the badge.'),
    under_way: z.number().describe('It is on its way to them already.'),
    loses_rule: z
      .number()
      .describe('They hold it, meet the rule in force, would not meet this one, and keep the badge.'),
    blocked: z.number().describe('They meet the rule; the badge was revoked by hand.'),
    refused: z.number().describe('They meet the rule; OBF refused it for good.'),
    inactive: z.number().describe('They meet the rule; the award is switched off.'),
    issue_calls: z.number(),
    earners: z.strictObject({ gains: z.array(key), loses_rule: z.array(key) }),
  })
  .meta({ id: 'planned_award' });

/** What `npx palier plan --json` prints: published as docs/schema/plan.json. */
export const planSchema = z
  .strictObject({
    version: z.string().describe('Of the rules that the plan is of.'),
    in_force: z.string().nullable().describe('Null: no worker was ever started.'),
    changed: z.boolean().describe('They are not the rules in force.'),
    differ_since_s: z
      .number()
      .nullable()
      .describe('When a worker was first started with them; null: none was, or they are in force.'),
    in_force_readable: z.boolean(),
    only: z.string().nullable().describe('The award that would be put into force alone.'),
    people: z.number().describe('How many were looked at.'),
    unreadable: z.array(key),
    awards: z.array(awardForm),
    issues: z.number(),
    calls: z.number().describe('Of OBF, reads included.'),
    at_least_s: z.number().describe('How long it takes at OBF_MAX_RPS, seconds.'),
    quota: z.strictObject({
      left: z.number().nullable().describe('Null: not known.'),
      read_at_s: z.number().nullable(),
      floor: z.number().describe('Issuing stops rather than leave fewer.'),
      after: z.number().nullable(),
      short: z.number().describe('How many badges the quota is too small by.'),
    }),
  })
  .meta({
    title: 'palier plan --json',
    description: 'Who gains which award when the rules are put into force. Instants are Unix seconds (_s).',
  });

/** A plan as `--json` prints it; everybody is in it, by their key. */
function planJson(made: MadePlan): z.infer<typeof planSchema> {
  const { cost, quota, inForce, started } = made;
  const { only, people, awards } = made.plan;
  const { scheme, rollout } = made.rules;
  return {
    version: scheme.version,
    in_force: inForce,
    changed: rollout !== null,
    differ_since_s: rollout !== null && started === scheme.version ? rollout.sinceS : null,
    in_force_readable: rollout === null || rollout.inForce !== null,
    only,
    people,
    unreadable: [...made.unreadable],
    awards: awards.map(({ award, ...one }) => ({
      award: award.id,
      name: award.name,
      competency: award.competency,
      level: award.level,
      badge: award.badgeId,
      active: award.active,
      removed: one.removed,
      gains: one.gains.count,
      under_way: one.inFlight,
      loses_rule: one.losesRule.count,
      blocked: one.blocked,
      refused: one.refused,
      inactive: one.inactive,
      issue_calls: callsOf({ award, ...one }, cost),
      earners: { gains: [...one.gains.keys], loses_rule: [...one.losesRule.keys] },
    })),
    issues: cost.issues,
    calls: cost.calls,
    at_least_s: cost.atLeastS,
    quota: {
      left: quota?.left ?? null,
      read_at_s: quota === null ? null : Math.floor(quota.readMs / 1000),
      floor: made.floor,
      after: cost.quotaAfter,
      short: cost.quotaShort,
    },
  };
}

const standing = z
  .strictObject({
    award: z.string(),
    threshold: z
      .number()
      .nullable()
      .describe('What the rule asks for; null where its parts ask for different numbers.'),
    at_count: z
      .array(z.number())
      .describe(
        'How many people have 0, 1, 2... of the badges that the rule counts: of the part that decides, where it has several.',
      ),
    one_away: z.number().describe('To how many people one more badge would give it.'),
    held: z.number(),
    due: z.number(),
    not_met: z.number(),
    inactive: z.number(),
    blocked: z.number(),
  })
  .meta({ id: 'award_standing' });

/** What `npx palier simulate --json` prints: published as docs/schema/simulate.json. */
export const simulateSchema = planSchema
  .extend({ standings: z.array(standing).describe('How everybody stands with each award.') })
  .meta({
    title: 'palier simulate --json',
    description:
      'Who would gain which award by a proposal, and how everybody would stand. Instants are Unix seconds (_s).',
  });

const standingsOf = (
  { awards }: Scheme,
  { byAward, counts: { oneAway } }: PopulationStats,
): z.infer<typeof simulateSchema>['standings'] =>
  awards.flatMap(({ id, rule }) => {
    const stats = byAward.get(id);
    if (stats === undefined) return [];
    const { status, atCount } = stats;
    const near = oneAway?.get(id) ?? 0;
    return { award: id, threshold: thresholdOf(rule), at_count: [...atCount], one_away: near, ...status };
  });
