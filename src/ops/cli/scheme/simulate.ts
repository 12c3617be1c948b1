import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../../config.js';
import { fieldOf } from '../../../obf/errors.js';
import type { SchemeFile } from '../../../rules/parse/fault.js';
import { parseScheme } from '../../../rules/parse/parse-scheme.js';
import { type PopulationStats, thresholdOf } from '../../../rules/population-stats.js';
import type { Scheme } from '../../../rules/types.js';
import { simulate as simulateAll } from '../../../scheme/make-plan.js';
import { type Lang, type Localized, say } from '../../shared/words.js';
import { planJson, planSchema } from './plan-json.js';
import { AWARD, planLines, tableLines } from './plan-words.js';
import { CSV_OPTION, planCsv, READING, wantsCsv } from './plan.js';
import { withPipeline } from '../session.js';
import { faultWords } from '../settings.js';
import { type Answer, type Call, type Command, Problem } from '../command.js';

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
  run: async (call) => {
    const csv = wantsCsv(call);
    return withPipeline(
      call,
      async (pipeline, { obfMaxRps: maxRps }) => {
        const { scheme, pace } = pipeline;
        const asked = { scheme, maxRps };
        const made = await simulateAll(pipeline, asked, call.report, call.signal);
        const view = { made, floor: pace.quota.floor, maxRps };
        const lines = [
          ...planLines(view, { fr: 'la proposition', en: 'the proposal' }, call.lang),
          '',
          ...standingLines(scheme, made.census, call.lang),
          say`Rien n'est changé : c'est un essai.
            Nothing is changed: it is a trial.`,
        ];
        return {
          lines: csv ? [planCsv(made.plan)] : lines,
          json: { ...planJson(view), standings: standingsOf(scheme, made.census) },
        };
      },
      { readScheme: (_, config) => requireProposal(call, config) },
    );
  },
};

/**
 * Reads a proposal; what was not typed is that of the folder.
 * @throws Problem with every fault, each named by the file as it was typed
 */
async function requireProposal({ text, cwd }: Call, { configDir, timeZone }: Config): Promise<Scheme> {
  const faults: Localized[] = [];
  const read = async (name: string): Promise<SchemeFile> => {
    try {
      const bytes = await readFile(resolve(cwd, name));
      return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
    } catch (error) {
      const code = String(fieldOf(error, 'code'));
      faults.push(say`${name} : le fichier ne peut pas être lu (${code}) : vérifier son nom, ses droits, et qu'il est en UTF-8
        ${name}: the file cannot be read (${code}): check its name, its permissions, and that it is UTF-8`);
      return { name, text: '' };
    }
  };
  const scheme = await read(text('rules') ?? join(configDir, 'scheme.yaml'));
  const partners = await read(text('partners') ?? join(configDir, 'partners.yaml'));
  if (faults.length > 0) throw new Problem('scheme_faults', faults);
  const parsed = parseScheme({ scheme, partners }, timeZone);
  if (!parsed.ok) throw new Problem('scheme_faults', parsed.faults.map(faultWords));
  return parsed.scheme;
}

const standing = z
  .strictObject({
    award: z.string(),
    threshold: z.number().nullable().meta({
      description: 'What the rule asks for; null where its parts ask for different numbers.',
    }),
    at_count: z.array(z.number()).meta({
      description:
        'How many people have 0, 1, 2... of the badges that the rule counts: of the part that decides, where it has several.',
    }),
    one_away: z.number().meta({ description: 'How many people miss one badge of it.' }),
    held: z.number(),
    due: z.number(),
    not_met: z.number(),
    inactive: z.number(),
    blocked: z.number(),
  })
  .meta({ id: 'award_standing' });

/** What `npx palier simulate --json` prints: published as docs/schema/simulate.json. */
export const simulateSchema = planSchema
  .extend({ standings: z.array(standing).meta({ description: 'How everybody stands with each award.' }) })
  .meta({
    title: 'palier simulate --json',
    description:
      'Who would gain which award by a proposal, and how everybody would stand. Instants are Unix seconds (_s).',
  });

const standingsOf = (
  { awards }: Scheme,
  { byAward }: PopulationStats,
): z.infer<typeof simulateSchema>['standings'] =>
  awards.flatMap(({ id, rule }) => {
    const stats = byAward.get(id);
    if (stats === undefined) return [];
    const { status, atCount, oneAway } = stats;
    return { award: id, threshold: thresholdOf(rule), at_count: [...atCount], one_away: oneAway, ...status };
  });

/** No more columns than a terminal has room for. */
const MOST_COLUMNS = 9;

/** By competency and level: how many people have 0, 1, 2... of what each rule counts. */
function standingLines(
  { awards, competencies }: Scheme,
  { byAward }: PopulationStats,
  lang: Lang,
): Answer['lines'] {
  const order = [...competencies.keys(), null];
  const inOrder = awards.toSorted(
    (a, b) => order.indexOf(a.competency) - order.indexOf(b.competency) || (a.level ?? 99) - (b.level ?? 99),
  );
  const most = Math.max(0, ...[...byAward.values()].map(({ atCount }) => atCount.length - 1));
  const last = Math.min(most, MOST_COLUMNS - 1);
  const counts = Array.from({ length: last + 1 }, (_, at) =>
    at === last && most > last ? `${at}+` : `${at}`,
  );
  const rows = inOrder.map(({ name, id, rule }) => {
    const { atCount = [], oneAway = 0 } = byAward.get(id) ?? {};
    const rest = atCount.slice(last).reduce((sum, one) => sum + one, 0);
    const people = counts.map((_, at) => (at < last ? (atCount[at] ?? 0) : rest));
    return [`${name} (${id})`, thresholdOf(rule) ?? '-', ...people, oneAway];
  });
  const words = {
    fr: { threshold: 'seuil', oneAway: 'à un badge près' },
    en: { threshold: 'threshold', oneAway: 'one badge away' },
  }[lang];
  return [
    say`Nombre de personnes qui ont 0, 1, 2... des badges que chaque règle compte :
      How many people have 0, 1, 2... of the badges that each rule counts:`,
    ...tableLines([[AWARD[lang], words.threshold, ...counts, words.oneAway], ...rows]),
    say`D'une règle à plusieurs conditions, c'est celle qui décide qui est comptée ; d'une règle sans badges, les badges Région. « à un badge près » : il n'en manque plus qu'un.
      Of a rule with several conditions, the one that decides is counted; of a rule without badges, awards. "one badge away": a single badge is missing.`,
  ];
}
