import type { EarnerKey } from '../../ids.js';
import { type AwardPlan, changesNobody, type KeyList } from '../../rules/plan.js';
import type { MadePlan } from '../../scheme/make-plan.js';
import {
  counted,
  durationWords,
  instantWords,
  labelled,
  type Lang,
  type Localized,
  localized,
} from '../shared/words.js';

/** How issuing goes: what the cost was reckoned with. */
export interface Limits {
  /** Issuing stops rather than leave fewer in OBF's quota. */
  readonly floor: number;
  readonly maxRps: number;
}

/** A plan in words. People stand in it by their keys. @param whose the rules it is of */
export function planLines(made: MadePlan, limits: Limits, whose: Localized, lang: Lang): readonly string[] {
  const { plan, unreadable } = made;
  return [
    ...rulesWords(made, whose).map((words) => words[lang]),
    ...(plan.only === null ? [] : [onlyWords(plan.only)[lang]]),
    peopleWords(plan.people)[lang],
    ...unreadableLines(unreadable, lang),
    '',
    ...awardTable(made, lang),
    ...notesOn(plan.awards).map((words) => words[lang]),
    '',
    ...costWords(made, limits.floor, limits.maxRps).map((words) => words[lang]),
    ...exampleLines(plan.awards, lang),
  ];
}

const onlyWords = (only: string): Localized => ({
  fr: `Pour le seul badge « ${only} », et ce qu'il entraîne ; le reste attendrait.`,
  en: `For the award "${only}" alone, and what follows from it; the rest would wait.`,
});

const peopleWords = (people: number): Localized => ({
  fr: `Personnes examinées : ${people}.`,
  en: `People looked at: ${people}.`,
});

function unreadableLines(unreadable: readonly EarnerKey[], lang: Lang): readonly string[] {
  if (unreadable.length === 0) return [];
  const words = {
    fr: `! Personnes laissées de côté, dont les données ne peuvent être lues : ${unreadable.length} (${some(unreadable)})`,
    en: `! People left out, whose data cannot be read: ${unreadable.length} (${some(unreadable)})`,
  };
  return [words[lang]];
}

/** What a column means, where it has something. */
function notesOn(awards: readonly AwardPlan[]): readonly Localized[] {
  const inactive = awards.reduce((sum, one) => sum + one.inactive, 0);
  return [
    ...(awards.some(({ losesRule }) => losesRule.length > 0) ? [LOSES_RULE] : []),
    ...(awards.some(({ blocked }) => blocked > 0) ? [BLOCKED] : []),
    ...(inactive > 0 ? [inactiveWords(inactive)] : []),
  ];
}

const LOSES_RULE: Localized = {
  fr: '« perdent la règle » : ne la rempliraient plus, et gardent le badge.',
  en: '"lose the rule": would no longer meet it, and keep the badge.',
};
const BLOCKED: Localized = {
  fr: '« bloqués » : le badge leur a été révoqué à la main ; « npx palier unblock » le rend possible à nouveau.',
  en: '"blocked": the badge was revoked by hand; "npx palier unblock" makes it possible again.',
};
const inactiveWords = (people: number): Localized => ({
  fr: `Badges désactivés : ${people} seraient dus s'ils étaient actifs.`,
  en: `Awards that are switched off: ${people} would be due, were they active.`,
});

/** Enough to look into a few with `explain`. */
const EXAMPLES = 5;

/** A command line would take a key that begins with `-` for an option: others are shown, if there are any. */
function some(keys: Iterable<EarnerKey> & { readonly length: number }): string {
  const [easy, rest]: [EarnerKey[], EarnerKey[]] = [[], []];
  for (const key of keys) {
    if (easy.length === EXAMPLES) break;
    if (!key.startsWith('-')) easy.push(key);
    else if (rest.length < EXAMPLES) rest.push(key);
  }
  return [...easy, ...rest].slice(0, EXAMPLES).join(', ') + (keys.length > EXAMPLES ? '...' : '');
}

function exampleLines(awards: readonly AwardPlan[], lang: Lang): readonly string[] {
  const lines = awards.flatMap((one) => [
    ...exampleLine(one, one.gains, GAIN, lang),
    ...exampleLine(one, one.losesRule, LOSE, lang),
  ]);
  return lines.length === 0 ? [] : [EXAMPLES_HEADING[lang], ...lines];
}

function exampleLine(award: AwardPlan, keys: KeyList, what: Localized, lang: Lang): readonly string[] {
  if (keys.length === 0) return [];
  return [
    `  ${
      labelled(
        localized((l) => `${awardName(award, l)}, ${what[l]}`),
        some(keys),
      )[lang]
    }`,
  ];
}

const GAIN: Localized = { fr: 'gagnent', en: 'gain' };
const LOSE: Localized = { fr: 'perdent la règle', en: 'lose the rule' };
const EXAMPLES_HEADING: Localized = {
  fr: 'Par exemple (« npx palier explain <clé> » dit pourquoi, --csv donne tout le monde) :',
  en: 'For example ("npx palier explain <key>" tells why, --csv gives everybody):',
};

/** What is to be done about it. */
export function nextWords({ plan, rules }: MadePlan): Localized {
  if (rules.rollout !== null && !changesNobody(plan)) return APPLY;
  if (rules.rollout !== null) return NOBODY;
  return changesNobody(plan) ? NOTHING : LEFT;
}

const APPLY: Localized = {
  fr: "Rien n'est changé. « npx palier apply » le met en vigueur.",
  en: 'Nothing is changed. "npx palier apply" puts it into force.',
};
const NOBODY: Localized = {
  fr: 'Personne ne gagne ni ne perd rien. « npx palier apply » met ces règles en vigueur.',
  en: 'Nobody gains or loses anything. "npx palier apply" puts these rules into force.',
};
const NOTHING: Localized = { fr: 'Rien à appliquer.', en: 'Nothing to apply.' };
const LEFT: Localized = {
  fr: "Ces badges sont dus par les règles en vigueur, et rien n'est en route : « npx palier apply » les délivre.",
  en: 'These awards are due by the rules in force, and nothing is on its way: "npx palier apply" gives them.',
};

/** Which rules the plan is of, which are in force, and since when they differ. */
function rulesWords(
  { rules: { scheme, rollout }, inForce, started }: Pick<MadePlan, 'rules' | 'inForce' | 'started'>,
  whose: Localized,
): readonly Localized[] {
  const { version, timeZone } = scheme;
  if (inForce === null)
    return [
      {
        fr: `Règles : ${whose.fr}, version ${version}. Aucune n'est encore en vigueur : le premier démarrage d'un worker en met une.`,
        en: `Rules: ${whose.en}, version ${version}. None is in force yet: the first start of a worker puts one there.`,
      },
    ];
  if (rollout === null)
    return [
      {
        fr: `Règles : ${whose.fr}, version ${version}, celle qui est en vigueur.`,
        en: `Rules: ${whose.en}, version ${version}, the one in force.`,
      },
    ];
  const since = instantWords(rollout.sinceS, timeZone);
  const differ =
    started === version
      ? {
          fr: `Elles diffèrent depuis le ${since.fr} ; ce qui arrive de nouveau est déjà jugé par elles.`,
          en: `They differ since ${since.en}; what is new is judged by them already.`,
        }
      : {
          fr: "Aucun worker n'a encore démarré avec elles.",
          en: 'No worker was started with them yet.',
        };
  return [
    {
      fr: `Règles : ${whose.fr}, version ${version} ; en vigueur : version ${inForce}. ${differ.fr}`,
      en: `Rules: ${whose.en}, version ${version}; in force: version ${inForce}. ${differ.en}`,
    },
    ...(rollout.inForce === null ? [UNREADABLE_RULES] : []),
  ];
}

const UNREADABLE_RULES: Localized = {
  fr: '! Les règles en vigueur ne peuvent plus être lues par cette version de Palier : qui ne remplirait plus sa règle ne peut être dit.',
  en: '! The rules in force can no longer be read by this version of Palier: who would no longer qualify cannot be told.',
};

/** Of the files in the folder. */
export const THE_FILES: Localized = { fr: 'les fichiers', en: 'the files' };

const COLUMNS: readonly Localized[] = [
  { fr: 'Badge Région', en: 'Award' },
  { fr: 'gagnent', en: 'gain' },
  { fr: 'en route', en: 'on its way' },
  { fr: 'perdent la règle', en: 'lose the rule' },
  { fr: 'bloqués', en: 'blocked' },
  { fr: 'refusés', en: 'refused' },
  { fr: 'appels', en: 'calls' },
];
const TOTAL: Localized = { fr: 'Total', en: 'Total' };

/** Of each award, how many people; and the issue calls. */
function awardTable({ plan, cost }: Pick<MadePlan, 'plan' | 'cost'>, lang: Lang): readonly string[] {
  const rows = plan.awards.map((one) => ({
    name: awardName(one, lang),
    numbers: [
      one.gains.length,
      one.inFlight,
      one.losesRule.length,
      one.blocked,
      one.refused,
      one.removed ? 0 : (cost.batches.get(one.award.badgeId) ?? 0),
    ],
  }));
  const sums = COLUMNS.slice(1).map((_, at) =>
    rows.reduce((sum, { numbers }) => sum + (numbers[at] ?? 0), 0),
  );
  return tableLines(
    COLUMNS.map((words) => words[lang]),
    [...rows, { name: TOTAL[lang], numbers: sums }].map(({ name, numbers }) => [
      name,
      ...numbers.map(String),
    ]),
  );
}

/** Its name and id; whether it is one that can still be given. */
function awardName({ award, removed }: AwardPlan, lang: Lang): string {
  const state = removed ? REMOVED[lang] : award.active ? '' : INACTIVE[lang];
  return `${award.name} (${award.id})${state}`;
}

const REMOVED: Localized = { fr: ' [retiré des règles]', en: ' [removed from the rules]' };
const INACTIVE: Localized = { fr: ' [désactivé]', en: ' [switched off]' };

/**
 * Lines of a table: the first column to the left, the others, numbers, to the right.
 * @param rows each as long as the heading
 */
export function tableLines(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const all = [heading, ...rows];
  const widths = heading.map((_, at) => Math.max(...all.map((row) => lengthOf(row[at] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, at) => padded(cell, widths[at] ?? 0, at > 0))
      .join('  ')
      .trimEnd(),
  );
}

/** As people count letters: an accent that stands apart is none. */
const lengthOf = (text: string): number => text.normalize('NFC').length;

function padded(cell: string, width: number, right: boolean): string {
  const room = ' '.repeat(Math.max(0, width - lengthOf(cell)));
  return right ? room + cell : cell + room;
}

/** Against OBF's quota, and how long it takes; nothing to say where nothing is issued. */
function costWords(
  made: Pick<MadePlan, 'cost' | 'quota' | 'rules'>,
  floor: number,
  maxRps: number,
): readonly Localized[] {
  const { issues, calls, atLeastS } = made.cost;
  if (issues === 0) return [];
  const took = durationWords(atLeastS);
  return [
    quotaWords(made, floor),
    {
      fr: `Durée : ${took.fr} au moins (${calls} appels à OBF, ${maxRps} par seconde).`,
      en: `Time: ${took.en} at least (${calls} calls of OBF, ${maxRps} a second).`,
    },
  ];
}

function quotaWords(
  { cost, quota, rules }: Pick<MadePlan, 'cost' | 'quota' | 'rules'>,
  floor: number,
): Localized {
  const asked = counted(cost.issues, { fr: 'badge', en: 'badge' }, { fr: 'badges', en: 'badges' });
  if (quota === null || cost.quotaAfter === null)
    return {
      fr: `Quota OBF : ${asked.fr} à délivrer ; ce qu'il en reste n'est pas connu${quota === null ? ' (« npx palier check » le lit)' : ''}.`,
      en: `OBF quota: ${asked.en} to issue; what is left of it is not known${quota === null ? ' ("npx palier check" reads it)' : ''}.`,
    };
  const at = instantWords(Math.floor(quota.readMs / 1000), rules.scheme.timeZone);
  const fr = `Quota OBF : ${asked.fr} à délivrer, ${quota.left} restants (lu le ${at.fr}, envois déduits)`;
  const en = `OBF quota: ${asked.en} to issue, ${quota.left} left (read ${at.en}, less what was issued)`;
  if (cost.quotaShort > 0)
    return {
      fr: `! ${fr} : il en manque ${cost.quotaShort}, les envois s'arrêteraient à ${floor}.`,
      en: `! ${en}: ${cost.quotaShort} too few, issuing would stop at ${floor}.`,
    };
  return {
    fr: `${fr} : suffisant, il en resterait ${cost.quotaAfter}.`,
    en: `${en}: enough, ${cost.quotaAfter} would be left.`,
  };
}
