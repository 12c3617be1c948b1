import type { EarnerKey } from '../../../ids.js';
import { type AwardPlan, changesNobody, type KeyList } from '../../../rules/plan.js';
import type { MadePlan } from '../../../scheme/make-plan.js';
import type { Lang, Localized } from '../../shared/words.js';
import { awardName, awardTable } from './award-table.js';
import { costWords } from './cost-words.js';
import { rulesWords } from './rules-words.js';

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
  const colon = { fr: ' :', en: ':' }[lang];
  return [`  ${awardName(award, lang)}, ${what[lang]}${colon} ${some(keys)}`];
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
