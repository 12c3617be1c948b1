import type { EarnerKey } from '../../../ids.js';
import { type AwardPlan, changesNobody } from '../../../rules/plan.js';
import { type PopulationStats, thresholdOf } from '../../../rules/population-stats.js';
import type { Scheme } from '../../../rules/types.js';
import type { MadePlan } from '../../../scheme/population.js';
import { labelled, type Lang, type Localized, plural, say } from '../../../localized.js';
import { durationWords, indented, instantWords } from '../../shared/words.js';
import type { CommandAnswer } from '../command.js';

/** A plan in words. People are named by their keys. @param whose the rules it is of */
export function planLines(made: MadePlan, whose: Localized, lang: Lang): CommandAnswer['lines'] {
  const { unreadable, cost, maxRps } = made;
  const { only, people, awards } = made.plan;
  const inactive = awards.reduce((sum, one) => sum + one.inactive, 0);
  const took = durationWords(cost.atLeastS);
  return [
    ...rulesWords(made, whose),
    only !== null &&
      say`Pour le seul badge « ${only} », et ce qu'il entraîne ; le reste attendrait.
        For the award "${only}" alone, and what follows from it; the rest would wait.`,
    say`Personnes examinées : ${people}.
      People looked at: ${people}.`,
    unreadable.length > 0 &&
      say`! Personnes laissées de côté, dont les données ne peuvent être lues : ${unreadable.length} (${some(unreadable)})
        ! People left out, whose data cannot be read: ${unreadable.length} (${some(unreadable)})`,
    '',
    ...awardTable(made, lang),
    awards.some(({ losesRule }) => losesRule.count > 0) &&
      say`« perdent la règle » : ne la rempliraient plus, et gardent le badge.
        "lose the rule": would no longer meet it, and keep the badge.`,
    awards.some(({ blocked }) => blocked > 0) &&
      say`« bloqués » : le badge leur a été révoqué à la main ; « npx palier unblock » le rend possible à nouveau.
        "blocked": the badge was revoked by hand; "npx palier unblock" makes it possible again.`,
    inactive > 0 &&
      say`Badges désactivés : ${inactive} seraient dus s'ils étaient actifs.
        Awards that are switched off: ${inactive} would be due, were they active.`,
    '',
    cost.issues > 0 && quotaWords(made),
    cost.issues > 0 &&
      say`Durée : ${took} au moins (${cost.calls} appels à OBF, ${maxRps} par seconde).
        Time: ${took} at least (${cost.calls} calls of OBF, ${maxRps} a second).`,
    ...exampleLines(awards),
  ];
}

/** Enough to look into a few with `explain`. */
const EXAMPLES = 5;

/** A command line takes a key that begins with `-` for an option: such keys come last. */
function some(keys: readonly EarnerKey[]): string {
  const inOrder = keys.toSorted((a, b) => Number(a.startsWith('-')) - Number(b.startsWith('-')));
  return inOrder.slice(0, EXAMPLES).join(', ') + (keys.length > EXAMPLES ? '...' : '');
}

function exampleLines(awards: readonly AwardPlan[]): CommandAnswer['lines'] {
  const lines = awards.flatMap((award) => {
    const name = awardName(award);
    const { gains, losesRule } = award;
    const gain = say`${name}, gagnent
      ${name}, gain`;
    const lose = say`${name}, perdent la règle
      ${name}, lose the rule`;
    return [
      gains.count > 0 && indented(labelled(gain, some(gains.keys))),
      losesRule.count > 0 && indented(labelled(lose, some(losesRule.keys))),
    ];
  });
  return [
    lines.some((line) => line !== false) &&
      say`Par exemple (« npx palier explain <clé> » dit pourquoi, --csv donne tout le monde) :
        For example ("npx palier explain <key>" tells why, --csv gives everybody):`,
    ...lines,
  ];
}

export function nextWords({ plan, rules }: MadePlan): Localized {
  const [changed, nobody] = [rules.rollout !== null, changesNobody(plan)];
  if (changed && nobody)
    return say`Personne ne gagne ni ne perd rien. « npx palier apply » met ces règles en vigueur.
      Nobody gains or loses anything. "npx palier apply" puts these rules into force.`;
  if (changed)
    return say`Rien n'est changé. « npx palier apply » le met en vigueur.
      Nothing is changed. "npx palier apply" puts it into force.`;
  if (nobody) return { fr: 'Rien à appliquer.', en: 'Nothing to apply.' };
  return say`Ces badges sont dus par les règles en vigueur, et rien n'est en route : « npx palier apply » les délivre.
    These awards are due by the rules in force, and nothing is on its way: "npx palier apply" gives them.`;
}

function rulesWords({ rules, inForce, started }: MadePlan, whose: Localized): CommandAnswer['lines'] {
  const { scheme, rollout } = rules;
  const { version, timeZone } = scheme;
  if (inForce === null)
    return [
      say`Règles : ${whose}, version ${version}. Aucune n'est encore en vigueur : le premier démarrage d'un worker en met une.
        Rules: ${whose}, version ${version}. None is in force yet: the first start of a worker puts one there.`,
    ];
  if (rollout === null)
    return [
      say`Règles : ${whose}, version ${version}, celle qui est en vigueur.
        Rules: ${whose}, version ${version}, the one in force.`,
    ];
  const since = instantWords(rollout.sinceS, timeZone);
  const differ =
    started === version
      ? say`Elles diffèrent depuis le ${since} ; ce qui arrive de nouveau est déjà jugé par elles.
        They differ since ${since}; what is new is judged by them already.`
      : { fr: "Aucun worker n'a encore démarré avec elles.", en: 'No worker was started with them yet.' };
  return [
    say`Règles : ${whose}, version ${version} ; en vigueur : version ${inForce}. ${differ}
      Rules: ${whose}, version ${version}; in force: version ${inForce}. ${differ}`,
    rollout.inForce === null &&
      say`! Les règles en vigueur ne peuvent plus être lues par cette version de Palier : qui ne remplirait plus sa règle ne peut être dit.
        ! The rules in force can no longer be read by this version of Palier: who would no longer qualify cannot be told.`,
  ];
}

/** A row for each award: how many people, and the issue calls. */
const COLUMNS: readonly (readonly [Localized, (one: AwardPlan, cost: MadePlan['cost']) => number])[] = [
  [{ fr: 'gagnent', en: 'gain' }, ({ gains }) => gains.count],
  [{ fr: 'en route', en: 'on its way' }, ({ inFlight }) => inFlight],
  [{ fr: 'perdent la règle', en: 'lose the rule' }, ({ losesRule }) => losesRule.count],
  [{ fr: 'bloqués', en: 'blocked' }, ({ blocked }) => blocked],
  [{ fr: 'refusés', en: 'refused' }, ({ refused }) => refused],
  [{ fr: 'appels', en: 'calls' }, callsOf],
];

export function callsOf({ award }: AwardPlan, cost: MadePlan['cost']): number {
  return cost.batches.get(award.badgeId) ?? 0;
}

function awardTable({ plan, cost }: MadePlan, lang: Lang): readonly string[] {
  const totals = COLUMNS.map(([, count]) => plan.awards.reduce((sum, one) => sum + count(one, cost), 0));
  return tableLines([
    [AWARD[lang], ...COLUMNS.map(([words]) => words[lang])],
    ...plan.awards.map((one) => [awardName(one)[lang], ...COLUMNS.map(([, count]) => count(one, cost))]),
    ['Total', ...totals],
  ]);
}

const AWARD: Localized = { fr: 'Badge Région', en: 'Award' };

/** Its name and id; whether it is one that can still be given. */
function awardName({ award, removed }: AwardPlan): Localized {
  const name = `${award.name} (${award.id})`;
  if (removed) return { fr: `${name} [retiré des règles]`, en: `${name} [removed from the rules]` };
  return award.active ? { fr: name, en: name } : { fr: `${name} [désactivé]`, en: `${name} [switched off]` };
}

/** Lines of a table: the first column to the left, the others to the right. @param rows of equal length */
function tableLines(rows: readonly (readonly (string | number)[])[]): readonly string[] {
  // As people count letters: an accent that stands apart is none.
  const cells = rows.map((row) => row.map((cell) => String(cell).normalize('NFC')));
  const widths = cells[0]?.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0))) ?? [];
  const padded = (cell: string, at: number): string =>
    at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0);
  return cells.map((row) => row.map(padded).join('  ').trimEnd());
}

function quotaWords({ cost, quota, floor, rules }: MadePlan): Localized {
  const asked = plural(cost.issues, 'badge|badges', 'badge|badges');
  if (quota === null || cost.quotaAfter === null)
    return say`Quota OBF : ${asked} à délivrer ; ce qu'il en reste n'est pas connu (« npx palier check » le lit).
      OBF quota: ${asked} to issue; what is left of it is not known ("npx palier check" reads it).`;
  const at = instantWords(Math.floor(quota.readMs / 1000), rules.scheme.timeZone);
  const left = say`Quota OBF : ${asked} à délivrer, ${quota.left ?? ''} restants (lu le ${at}, envois déduits)
    OBF quota: ${asked} to issue, ${quota.left ?? ''} left (read ${at}, less what was issued)`;
  return cost.quotaShort > 0
    ? say`! ${left} : il en manque ${cost.quotaShort}, les envois s'arrêteraient à ${floor}.
      ! ${left}: ${cost.quotaShort} too few, issuing would stop at ${floor}.`
    : say`${left} : suffisant, il en resterait ${cost.quotaAfter}.
      ${left}: enough, ${cost.quotaAfter} would be left.`;
}

const MOST_COLUMNS = 9;

/** By competency and level: how many people have 0, 1, 2... of what each rule counts. */
export function standingLines(
  scheme: Scheme,
  { byAward, counts: { oneAway } }: PopulationStats,
  lang: Lang,
): CommandAnswer['lines'] {
  const { awards, competencies } = scheme;
  const most = Math.max(0, ...[...byAward.values()].map(({ atCount }) => atCount.length - 1));
  const last = Math.min(most, MOST_COLUMNS - 1);
  const columns = Array.from({ length: last + 1 }, (_, at) =>
    at === last && most > last ? `${at}+` : `${at}`,
  );
  const order = [...competencies.keys(), null];
  const inOrder = awards.toSorted(
    (a, b) => order.indexOf(a.competency) - order.indexOf(b.competency) || (a.level ?? 0) - (b.level ?? 0),
  );
  const rows = inOrder.map(({ name, id, rule }) => {
    const { atCount = [] } = byAward.get(id) ?? {};
    const rest = atCount.slice(last).reduce((sum, one) => sum + one, 0);
    const people = columns.map((_, at) => (at < last ? (atCount[at] ?? 0) : rest));
    return [`${name} (${id})`, thresholdOf(rule) ?? '-', ...people, oneAway?.get(id) ?? 0];
  });
  const words = {
    fr: { threshold: 'seuil', oneAway: 'à un badge près' },
    en: { threshold: 'threshold', oneAway: 'one badge away' },
  }[lang];
  return [
    say`Nombre de personnes qui ont 0, 1, 2... des badges que chaque règle compte :
      How many people have 0, 1, 2... of the badges that each rule counts:`,
    ...tableLines([[AWARD[lang], words.threshold, ...columns, words.oneAway], ...rows]),
    say`D'une règle à plusieurs conditions, c'est celle qui décide qui est comptée ; d'une règle sans badges, les badges Région. « à un badge près » : un seul badge de plus, inscrit aujourd'hui, le donnerait.
      Of a rule with several conditions, the one that decides is counted; of a rule without badges, awards. "one badge away": one more badge, enrolled today, would give it.`,
  ];
}
