import { stringify } from 'csv-stringify/sync';
import type { Evaluation } from '../../../rules/evaluation.js';
import { countPopulation } from '../../../rules/population-stats.js';
import type { Scheme } from '../../../rules/types.js';
import { planJson, type PlanJson, type AwardStandings, awardStandings } from '../../../scheme/plan-json.js';
import { makePlan, type PlanOptions } from '../../../scheme/population.js';
import { labelled, type Lang, type Localized, plural, say } from '../../../localized.js';
import { durationWords, instantWords, listed, underHeading } from '../../shared/words.js';
import { inPipeline } from '../session.js';
import { awardOf, type Command, type CommandAnswer, type CommandCall, wrongUsage } from '../command.js';

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
    const request = { scheme, only, maxRps };
    const json = planJson(await makePlan(pipeline, request, call.report, call.signal));
    const lines = [...planLines(json, FILES, request, call.lang), nextWords(json)];
    return { lines: call.has('csv') ? [planCsv(json)] : lines, json };
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
    const onEvaluation = (evaluation: Evaluation): void => population.add(evaluation);
    const request = { scheme, only: null, maxRps, onEvaluation };
    const planned = planJson(await makePlan(pipeline, request, call.report, call.signal));
    const json = { ...planned, standings: awardStandings(scheme, population.stats()) };
    const lines = [
      ...planLines(json, PROPOSAL, request, call.lang),
      '',
      ...standingLines(scheme, json.standings, call.lang),
      { fr: "Rien n'est changé : c'est un essai.", en: 'Nothing is changed: it is a trial.' },
    ];
    return { lines: call.has('csv') ? [planCsv(json)] : lines, json };
  }),
};

function requireOneForm({ has, json }: CommandCall): void {
  if (has('csv') && json)
    throw wrongUsage(say`Choisissez --csv ou --json : une réponse a une seule forme.
      Choose --csv or --json: an answer has one form.`);
}

type Lines = CommandAnswer['lines'];
type AwardJson = PlanJson['awards'][number];

const FILES = { fr: 'les fichiers', en: 'the files' };
const PROPOSAL = { fr: 'la proposition', en: 'the proposal' };

/** Writes a plan; people are named by their keys. @param rules which rules it is about, in words */
function planLines(json: PlanJson, rules: Localized, { scheme, maxRps }: PlanOptions, lang: Lang): Lines {
  const { only, people, unreadable, awards, issues, calls } = json;
  const inactive = totalOf(awards, 'inactive');
  const took = durationWords(json.at_least_s);
  return [
    ...rulesLines(json, rules, scheme.timeZone),
    only !== null &&
      say`Pour le seul badge « ${only} », et ce qu'il entraîne ; le reste attendrait.
        For the award "${only}" alone, and what follows from it; the rest would wait.`,
    say`Personnes examinées : ${people}.
      People looked at: ${people}.`,
    unreadable.length > 0 &&
      say`! Personnes laissées de côté, dont les données ne peuvent être lues : ${unreadable.length} (${exampleKeys(unreadable)})
        ! People left out, whose data cannot be read: ${unreadable.length} (${exampleKeys(unreadable)})`,
    '',
    ...awardTable(awards, lang),
    totalOf(awards, 'loses_rule') > 0 &&
      say`« perdent la règle » : ne la rempliraient plus, et gardent le badge.
        "lose the rule": would no longer meet it, and keep the badge.`,
    totalOf(awards, 'blocked') > 0 &&
      say`« bloqués » : le badge leur a été révoqué à la main ; « npx palier unblock » le rend possible à nouveau.
        "blocked": the badge was revoked by hand; "npx palier unblock" makes it possible again.`,
    inactive > 0 &&
      say`Badges désactivés : ${inactive} seraient dus s'ils étaient actifs.
        Awards that are switched off: ${inactive} would be due, were they active.`,
    '',
    issues > 0 && quotaWords(json, scheme.timeZone),
    issues > 0 &&
      say`Durée : ${took} au moins (${calls} appels à OBF, ${maxRps} par seconde).
        Time: ${took} at least (${calls} calls of OBF, ${maxRps} a second).`,
    ...exampleLines(awards),
  ];
}

function rulesLines(json: PlanJson, rules: Localized, timeZone: string): Lines {
  const { version, in_force: inForce, differ_since_s: sinceS } = json;
  if (inForce === null)
    return [
      say`Règles : ${rules}, version ${version}. Aucune n'est encore en vigueur : le premier démarrage d'un worker en met une.
        Rules: ${rules}, version ${version}. None is in force yet: the first start of a worker puts one there.`,
    ];
  if (!json.changed)
    return [
      say`Règles : ${rules}, version ${version}, celle qui est en vigueur.
        Rules: ${rules}, version ${version}, the one in force.`,
    ];
  const since = instantWords(sinceS ?? 0, timeZone);
  const differ =
    sinceS === null
      ? { fr: "Aucun worker n'a encore démarré avec elles.", en: 'No worker was started with them yet.' }
      : say`Elles diffèrent depuis le ${since} ; ce qui arrive de nouveau est déjà jugé par elles.
        They differ since ${since}; what is new is judged by them already.`;
  return [
    say`Règles : ${rules}, version ${version} ; en vigueur : version ${inForce}. ${differ}
      Rules: ${rules}, version ${version}; in force: version ${inForce}. ${differ}`,
    !json.in_force_readable &&
      say`! Les règles en vigueur ne peuvent plus être lues par cette version de Palier : qui ne remplirait plus sa règle ne peut être dit.
        ! The rules in force can no longer be read by this version of Palier: who would no longer qualify cannot be told.`,
  ];
}

const GAIN = { of: 'gains', fr: 'gagnent', en: 'gain' } as const;
const LOSE = { of: 'loses_rule', fr: 'perdent la règle', en: 'lose the rule' } as const;
/** Columns of the table: people per award, and issue calls. */
const COLUMNS = [
  GAIN,
  { of: 'under_way', fr: 'en route', en: 'on its way' },
  LOSE,
  { of: 'blocked', fr: 'bloqués', en: 'blocked' },
  { of: 'refused', fr: 'refusés', en: 'refused' },
  { of: 'issue_calls', fr: 'appels', en: 'calls' },
] as const;

const totalOf = (awards: readonly AwardJson[], of: 'inactive' | (typeof COLUMNS)[number]['of']): number =>
  awards.reduce((sum, award) => sum + award[of], 0);

const awardTable = (awards: readonly AwardJson[], lang: Lang): readonly string[] =>
  tableLines([
    [AWARD[lang], ...COLUMNS.map((column) => column[lang])],
    ...awards.map((award) => [awardName(award)[lang], ...COLUMNS.map(({ of }) => award[of])]),
    ['Total', ...COLUMNS.map(({ of }) => totalOf(awards, of))],
  ]);

const AWARD: Localized = { fr: 'Badge Région', en: 'Award' };

/** Writes an award's name and id, and why it can no longer be issued. */
function awardName({ award, name, removed, active }: AwardJson): Localized {
  const label = `${name} (${award})`;
  if (removed) return { fr: `${label} [retiré des règles]`, en: `${label} [removed from the rules]` };
  return active ? { fr: label, en: label } : { fr: `${label} [désactivé]`, en: `${label} [switched off]` };
}

/** Aligns a table: the first column left, the others right. @param rows of equal length */
function tableLines(rows: readonly (readonly (string | number)[])[]): readonly string[] {
  // NFC: a letter and its accent count as one character.
  const cells = rows.map((row) => row.map((cell) => String(cell).normalize('NFC')));
  const widths = cells[0]?.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0))) ?? [];
  const padded = (cell: string, at: number): string =>
    at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0);
  return cells.map((row) => row.map(padded).join('  ').trimEnd());
}

function quotaWords({ quota, issues }: PlanJson, timeZone: string): Localized {
  const toIssue = plural(issues, 'badge|badges', 'badge|badges');
  const { left, read_at_s: readS, after, short, floor } = quota;
  if (left === null || readS === null || after === null)
    return say`Quota OBF : ${toIssue} à délivrer ; ce qu'il en reste n'est pas connu (« npx palier check » le lit).
      OBF quota: ${toIssue} to issue; what is left of it is not known ("npx palier check" reads it).`;
  const at = instantWords(readS, timeZone);
  const words = say`Quota OBF : ${toIssue} à délivrer, ${left} restants (lu le ${at}, envois déduits)
    OBF quota: ${toIssue} to issue, ${left} left (read ${at}, less what was issued)`;
  return short > 0
    ? say`! ${words} : il en manque ${short}, les envois s'arrêteraient à ${floor}.
      ! ${words}: ${short} too few, issuing would stop at ${floor}.`
    : say`${words} : suffisant, il en resterait ${after}.
      ${words}: enough, ${after} would be left.`;
}

/** How many people are named, to look at with `explain`. */
const MAX_EXAMPLES = 5;

const exampleKeys = (keys: readonly string[]): string =>
  keys.slice(0, MAX_EXAMPLES).join(', ') + (keys.length > MAX_EXAMPLES ? '...' : '');

function exampleLines(awards: readonly AwardJson[]): Lines {
  const examples = awards.flatMap((award) =>
    [GAIN, LOSE].flatMap((column) => {
      const keys = award.earners[column.of];
      return keys.length === 0 ? [] : [labelled(listed([awardName(award), column]), exampleKeys(keys))];
    }),
  );
  const heading = say`Par exemple (« npx palier explain <clé> » dit pourquoi, --csv donne tout le monde) :
    For example ("npx palier explain <key>" tells why, --csv gives everybody):`;
  return underHeading(heading, examples);
}

function nextWords({ changed, awards }: PlanJson): Localized {
  const nobodyAffected = totalOf(awards, 'gains') + totalOf(awards, 'loses_rule') === 0;
  if (changed && nobodyAffected)
    return say`Personne ne gagne ni ne perd rien. « npx palier apply » met ces règles en vigueur.
      Nobody gains or loses anything. "npx palier apply" puts these rules into force.`;
  if (changed)
    return say`Rien n'est changé. « npx palier apply » le met en vigueur.
      Nothing is changed. "npx palier apply" puts it into force.`;
  if (nobodyAffected) return { fr: 'Rien à appliquer.', en: 'Nothing to apply.' };
  return say`Ces badges sont dus par les règles en vigueur, et rien n'est en route : « npx palier apply » les délivre.
    These awards are due by the rules in force, and nothing is on its way: "npx palier apply" gives them.`;
}

const MAX_COLUMNS = 9;
const THRESHOLD: Localized = { fr: 'seuil', en: 'threshold' };
const ONE_AWAY: Localized = { fr: 'à un badge près', en: 'one badge away' };

/** Writes how many people have 0, 1, 2... of what each rule counts, sorted by competency and level. */
function standingLines({ awards, competencies }: Scheme, standings: AwardStandings, lang: Lang): Lines {
  const maxCount = Math.max(0, ...standings.map(({ at_count: people }) => people.length - 1));
  const last = Math.min(maxCount, MAX_COLUMNS - 1);
  const columns = Array.from({ length: last + 1 }, (_, at) =>
    at === last && maxCount > last ? `${at}+` : `${at}`,
  );
  const order = [...competencies.keys(), null];
  const inOrder = awards.toSorted(
    (a, b) => order.indexOf(a.competency) - order.indexOf(b.competency) || (a.level ?? 0) - (b.level ?? 0),
  );
  const rows = inOrder.flatMap(({ name, id }) =>
    standings
      .filter(({ award }) => award === id)
      .map(({ threshold, at_count: people, one_away: oneAway }) => {
        const lastCount = people.slice(last).reduce((sum, count) => sum + count, 0);
        const counts = columns.map((_, at) => (at < last ? (people[at] ?? 0) : lastCount));
        return [`${name} (${id})`, threshold ?? '-', ...counts, oneAway];
      }),
  );
  return [
    say`Nombre de personnes qui ont 0, 1, 2... des badges que chaque règle compte :
      How many people have 0, 1, 2... of the badges that each rule counts:`,
    ...tableLines([[AWARD[lang], THRESHOLD[lang], ...columns, ONE_AWAY[lang]], ...rows]),
    say`D'une règle à plusieurs conditions, c'est celle qui décide qui est comptée ; d'une règle sans badges, les badges Région. « à un badge près » : un seul badge de plus, inscrit aujourd'hui, le donnerait.
      Of a rule with several conditions, the one that decides is counted; of a rule without badges, awards. "one badge away": one more badge, enrolled today, would give it.`,
  ];
}

/**
 * Writes one line per person and award: `gains`, or `loses_rule` for a person who keeps it without qualifying.
 * Formulas are not escaped: ids and keys contain none, and programs need keys like `-abc` unchanged.
 */
const planCsv = ({ awards }: PlanJson): string =>
  stringify(
    [
      ['award', 'earner', 'change'],
      ...awards.flatMap(({ award, earners }) => [
        ...earners.gains.map((earner) => [award, earner, 'gains']),
        ...earners.loses_rule.map((earner) => [award, earner, 'loses_rule']),
      ]),
    ],
    { eof: false },
  );
