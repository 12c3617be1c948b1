import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { formatFault, type SchemeFile } from '../../rules/parse/fault.js';
import { parseScheme } from '../../rules/parse/parse-scheme.js';
import { type AwardStats, type PopulationStats, thresholdOf } from '../../rules/population-stats.js';
import type { Award, Scheme } from '../../rules/types.js';
import { type MadePlan, simulate as simulateAll } from '../../scheme/make-plan.js';
import type { Lang, Localized } from '../shared/words.js';
import { command } from './command.js';
import type { Call, Context } from './context.js';
import type { Told } from './json-lines.js';
import { planJson, planSchema } from './plan-json.js';
import { planLines, tableLines } from './plan-words.js';
import { KEEP_EVERYBODY, planCsv, READING, wantsCsv } from './plan.js';
import { Problem } from './problem.js';
import { withPlanParts } from './session.js';

export const simulate = command({
  name: 'simulate',
  summary: {
    fr: "essaie des règles qui ne sont qu'une proposition : qui gagnerait, qui en est près",
    en: 'tries rules that are a proposal only: who would gain, who is near',
  },
  details: [
    {
      fr: "Le même tableau que « plan », pour d'autres fichiers, et pour chaque badge Région combien de personnes ont 0, 1, 2... badges du seuil. Ne change rien, et n'appelle pas OBF.",
      en: 'The same table as "plan", for other files, and for each award how many people have 0, 1, 2... badges of the threshold. Changes nothing, and does not call OBF.',
    },
    {
      fr: 'Les personnes y sont par leur clé. docs/schema/simulate.json dit la forme de --json.',
      en: 'People are there by their key. docs/schema/simulate.json tells the form of --json.',
    },
  ],
  options: [
    {
      flag: '--rules',
      value: { fr: 'fichier', en: 'file' },
      about: {
        fr: 'les règles proposées, à la place de scheme.yaml',
        en: 'the rules proposed, in place of scheme.yaml',
      },
    },
    {
      flag: '--partners',
      value: { fr: 'fichier', en: 'file' },
      about: {
        fr: 'les inscriptions proposées, à la place de partners.yaml',
        en: 'the enrolments proposed, in place of partners.yaml',
      },
    },
    {
      flag: '--csv',
      about: { fr: 'une ligne CSV par personne et badge', en: 'a line of CSV for each person and award' },
    },
  ],
  progress: READING,
  interruptible: true,
  work: async (call, { context, report, signal }) => {
    wantsCsv(call);
    return withPlanParts(
      context,
      ({ configDir, timeZone }) => requireProposal(context, filesOf(call, configDir), timeZone),
      async ({ parts, scheme, maxRps }) => {
        const made = await simulateAll(parts, { scheme, maxRps, keeps: KEEP_EVERYBODY }, report, signal);
        return { made, limits: { floor: parts.pace.quota.floor, maxRps } };
      },
    );
  },
  answer: ({ made, limits }, call) => ({
    lines: wantsCsv(call)
      ? [planCsv(made.plan)]
      : [
          ...planLines(made, limits, PROPOSAL, call.lang),
          '',
          ...standingLines(made.rules.scheme, made.census, call.lang),
          UNCHANGED[call.lang],
        ],
    json: simulateJson(made, limits.floor),
  }),
});

const PROPOSAL = { fr: 'la proposition', en: 'the proposal' };
const UNCHANGED = {
  fr: "Rien n'est changé : c'est un essai.",
  en: 'Nothing is changed: it is a trial.',
};

/** The files that were typed; what was not typed is that of the folder. */
interface Files {
  readonly scheme: string;
  readonly partners: string;
}

/** @param dir the folder of the files in use, as it was given */
const filesOf = ({ flags: { rules, partners } }: Pick<Call, 'flags'>, dir: string): Files => ({
  scheme: typeof rules === 'string' ? rules : join(dir, 'scheme.yaml'),
  partners: typeof partners === 'string' ? partners : join(dir, 'partners.yaml'),
});

/**
 * Reads a proposal.
 * @throws Problem with every fault, each named by the file as it was typed
 */
async function requireProposal(
  { cwd }: Pick<Context, 'cwd'>,
  { scheme, partners }: Files,
  timeZone: string,
): Promise<Scheme> {
  const read = await Promise.all([readOne(cwd, scheme), readOne(cwd, partners)]);
  const unreadable = read.flatMap((one) => ('fr' in one ? [one] : []));
  const [schemeFile, partnersFile] = read.flatMap((one) => ('fr' in one ? [] : [one]));
  if (schemeFile === undefined || partnersFile === undefined) throw new Problem('scheme_faults', unreadable);
  const parsed = parseScheme({ scheme: schemeFile, partners: partnersFile }, timeZone);
  if (parsed.ok) return parsed.scheme;
  throw new Problem(
    'scheme_faults',
    parsed.faults.map((fault) => ({ fr: formatFault(fault, 'fr'), en: formatFault(fault, 'en') })),
  );
}

async function readOne(cwd: string, name: string): Promise<SchemeFile | Localized> {
  try {
    const bytes = await readFile(resolve(cwd, name));
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    return {
      fr: `${name} : le fichier ne peut pas être lu (${code}) : vérifier son nom, ses droits, et qu'il est en UTF-8`,
      en: `${name}: the file cannot be read (${code}): check its name, its permissions, and that it is UTF-8`,
    };
  }
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
    one_away: z.number().meta({ description: 'To how many people one more badge would give it.' }),
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

export type SimulateJson = z.infer<typeof simulateSchema>;

/** A simulation as `--json` prints it. @param floor of OBF's quota */
const simulateJson = (
  made: MadePlan & { readonly census: PopulationStats },
  floor: number,
): Told<SimulateJson> => ({
  ...planJson(made, floor),
  standings: made.rules.scheme.awards.flatMap(({ id, rule }) => {
    const census = made.census.byAward.get(id);
    if (census === undefined) return [];
    const { status, atCount, oneAway } = census;
    return [
      { award: id, threshold: thresholdOf(rule), at_count: [...atCount], one_away: oneAway, ...status },
    ];
  }),
});

/** No more columns than a terminal has room for. */
const MOST_COLUMNS = 9;

/** By competency and level: how many people have 0, 1, 2... of what each rule counts. */
function standingLines(
  { awards, competencies }: Scheme,
  { byAward }: PopulationStats,
  lang: Lang,
): readonly string[] {
  const known = awards.flatMap((award) => {
    const census = byAward.get(award.id);
    return census === undefined ? [] : [{ award, census }];
  });
  const order = [...competencies.keys()];
  const placeOf = ({ competency }: Award): number =>
    competency === null ? order.length : order.indexOf(competency);
  const inOrder = known.toSorted(
    (a, b) => placeOf(a.award) - placeOf(b.award) || (a.award.level ?? 99) - (b.award.level ?? 99),
  );
  const most = Math.max(0, ...known.map(({ census }) => census.atCount.length - 1));
  const last = Math.min(most, MOST_COLUMNS - 1);
  const counts = Array.from({ length: last + 1 }, (_, at) =>
    at === last && most > last ? `${at}+` : `${at}`,
  );
  return [
    TITLE[lang],
    ...tableLines(
      [NAME[lang], THRESHOLD[lang], ...counts, ONE_AWAY[lang]],
      inOrder.map(({ award, census }) => rowOf(award, census, last)),
    ),
    NOTE[lang],
  ];
}

function rowOf({ name, id, rule }: Award, { atCount, oneAway }: AwardStats, last: number): readonly string[] {
  const counts = Array.from({ length: last + 1 }, (_, at) =>
    at < last ? (atCount[at] ?? 0) : sum(atCount.slice(last)),
  );
  const threshold = thresholdOf(rule);
  return [
    `${name} (${id})`,
    threshold === null ? '-' : String(threshold),
    ...counts.map(String),
    String(oneAway),
  ];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

const TITLE: Localized = {
  fr: 'Nombre de personnes qui ont 0, 1, 2... des badges que chaque règle compte :',
  en: 'How many people have 0, 1, 2... of the badges that each rule counts:',
};
const NAME: Localized = { fr: 'Badge Région', en: 'Award' };
const THRESHOLD: Localized = { fr: 'seuil', en: 'threshold' };
const ONE_AWAY: Localized = { fr: 'à un badge près', en: 'one badge away' };
const NOTE: Localized = {
  fr: "D'une règle à plusieurs conditions, c'est celle qui décide qui est comptée ; d'une règle sans badges, les badges Région. « à un badge près » : un seul badge de plus, inscrit aujourd'hui, le donnerait.",
  en: 'Of a rule with several conditions, the one that decides is counted; of a rule without badges, awards. "one badge away": one more badge, enrolled today, would give it.',
};
