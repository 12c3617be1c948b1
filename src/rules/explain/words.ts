import {
  and,
  labelled,
  type Localized,
  or,
  plural,
  quoted,
  say,
  semicolons,
  together,
} from '../../localized.js';
import { DEMANDS } from '../badges-condition.js';
import type { Demand } from '../evaluation.js';
import type { OnLoss } from '../types.js';

/** A period of whole days; null: no bound on that side. */
export interface Period {
  readonly from: Localized | null;
  readonly until: Localized | null;
}

/** `« A », « B » et « C »`, `"A", "B" and "C"`. */
const quotedList = (names: readonly string[]): Localized => and(names.map(quoted));

/** Formats what each demand has and needs. */
export const talliesPhrase = (demands: readonly Demand[]): Localized =>
  together(
    demands.map(({ name, have, need }) => {
      const { count } = DEMANDS[name];
      return say`${count(have)} sur ${need}
        ${have} of ${count(need)}`;
    }),
    ', ',
  );

/** The phrases of a `badges` condition that belong to no demand or filter. */
export const CONDITION_WORDS = {
  competency: (name: string): Localized => ({ fr: `« ${name} »`, en: `of "${name}"` }),
  level: (level: number): Localized => ({ fr: `de niveau ${level}`, en: `at level ${level}` }),
  ability: (name: string): Localized => say`pour la capacité ${quoted(name)}
    for the ability ${quoted(name)}`,
  among: (names: readonly string[]): Localized => say`parmi ${quotedList(names)}
    among ${quotedList(names)}`,
  issued: (count: number, how: Localized): Localized => say`${count < 2 ? 'délivré' : 'délivrés'} ${how}
    issued ${how}`,
  by: (partners: readonly string[]): Localized => {
    const names = or(partners.map((name) => ({ fr: name, en: name })));
    return { fr: `par ${names.fr}`, en: `by ${names.en}` };
  },
  period: ({ from, until }: Period): Localized => {
    if (from !== null && until !== null)
      return say`du ${from} au ${until}
        from ${from} to ${until}`;
    if (from !== null)
      return say`à partir du ${from}
        from ${from} on`;
    if (until === null) return { fr: 'sans limite', en: 'without limit' };
    return { fr: `jusqu'au ${until.fr}`, en: `until ${until.en}` };
  },
  atTheLatest: (day: Localized): Localized => say`au plus tard le ${day}
    on ${day} at the latest`,
  perIssuerLimit: (count: number): Localized => ({
    fr: ` (${count} au plus par organisme)`,
    en: ` (at most ${count} of each organisation)`,
  }),
};

/** The state of an award that a rule holds. */
export type HoldsStatus = 'held' | 'due' | 'waiting' | 'blocked' | 'inactive' | 'none';

const HINDERED: Readonly<Partial<Record<HoldsStatus, Localized>>> = {
  blocked: { fr: ' (bloqué)', en: ' (blocked)' },
  inactive: { fr: ' (inactif)', en: ' (inactive)' },
};
/** Follows the day on which an award was issued. */
const HELD = {
  met: '',
  not_met: { fr: " ; aujourd'hui, la règle n'est pas remplie", en: '; today, the rule is not met' },
  older_rules: say`, acquis sous une version antérieure des règles ; la règle actuelle n'est pas remplie
    , earned under an older version of the rules; the rule as it is now is not met`,
};

const ruleOf = (shortfall: Localized | null): Localized =>
  shortfall === null
    ? { fr: 'la règle est remplie', en: 'the rule is met' }
    : say`la règle n'est pas remplie, il manque ${shortfall}
        the rule is not met, missing: ${shortfall}`;

/** What happens to an award when its holder's badges are revoked. */
export const ON_LOSS: Readonly<Record<OnLoss, Localized>> = {
  keep: say`Si un badge qui comptait est révoqué : le badge Région est conservé
    If a badge that counted is revoked: the award is kept`,
  flag: say`Si un badge qui comptait est révoqué : le badge Région est conservé, et signalé à examiner
    If a badge that counted is revoked: the award is kept, and flagged to be looked at`,
  revoke: say`Si un badge qui comptait est révoqué : le badge Région est révoqué par Palier
    If a badge that counted is revoked: the award is revoked by Palier`,
};

/** The texts for the Région, its partners and developers. Whole phrases: each language keeps its own grammar. */
export const EXPLAIN_WORDS = {
  otherAwards: { fr: 'Autres badges de la Région', en: 'Other badges of the Région' },
  excludedHeading: say`Ne comptent pour aucun badge de la Région
    These count for no badge of the Région`,
  award: (name: string, id: string, level: number | null, status: Localized) => {
    const at = level === null ? '' : { fr: `niveau ${level}, `, en: `level ${level}, ` };
    return say`${at}« ${name} » (${id}) : ${status}
      ${at}"${name}" (${id}): ${status}`;
  },
  /** Follows an award's name. `shortfall` null: the rule is met. */
  status: {
    held: (day: Localized, why: keyof typeof HELD) => say`attribué le ${day}${HELD[why]}
      held since ${day}${HELD[why]}`,
    flagged: (day: Localized, since: Localized, isMet: boolean) => {
      const why = isMet
        ? ''
        : { fr: ", car la règle n'est plus remplie", en: ', because the rule is no longer met' };
      return say`attribué le ${day} ; à examiner depuis le ${since}${why}
        held since ${day}; to be looked at since ${since}${why}`;
    },
    due: say`dû, car la règle est remplie ; le badge reste à délivrer
      due, because the rule is met; the badge is still to be issued`,
    waiting: say`dû selon les règles modifiées, en attente de « npx palier apply »
      due by the changed rules, waits for "npx palier apply"`,
    blocked: (shortfall: Localized | null) =>
      say`bloqué, car révoqué à la main dans Open Badge Factory ; ${ruleOf(shortfall)}
        blocked, because it was revoked by hand in Open Badge Factory; ${ruleOf(shortfall)}`,
    inactive: (shortfall: Localized | null) =>
      say`inactif, rien n'est délivré pour l'instant ; ${ruleOf(shortfall)}
        inactive, nothing is issued for the time being; ${ruleOf(shortfall)}`,
    notMet: (shortfall: Localized) => say`il manque ${shortfall}
      missing: ${shortfall}`,
  },
  /** How a held award was issued, and what a person can do about it. */
  history: {
    /** `rules` null: the version is not known. */
    byPalier: (rules: { readonly version: string; readonly current: boolean } | null) => {
      if (rules === null) return { fr: 'Délivré par Palier', en: 'Issued by Palier' };
      return rules.current
        ? say`Délivré par Palier, selon les règles actuelles (version ${rules.version})
            Issued by Palier, under the rules as they are now (version ${rules.version})`
        : say`Délivré par Palier, selon une version antérieure des règles (${rules.version})
            Issued by Palier, under an older version of the rules (${rules.version})`;
    },
    byHand: say`Délivré à la main dans Open Badge Factory, sans passer par Palier
      Issued by hand in Open Badge Factory, not by Palier`,
    earnedBy: (badges: readonly Localized[]) => say`Obtenu grâce à : ${semicolons(badges)}
      Earned by: ${semicolons(badges)}`,
    gone: (id: string) => say`un badge qui n'est plus dans le portefeuille (${id})
      a badge that is no longer in the portfolio (${id})`,
    flagged: say`À examiner : des badges qui comptaient ont été révoqués ; à la Région de laisser ce badge, ou de le révoquer dans Open Badge Factory
      To be looked at: badges that counted were revoked; the Région may leave this badge, or revoke it in Open Badge Factory`,
    unblock: (award: string) => say`Pour le débloquer : npx palier unblock <adresse> ${award}
      To unblock it: npx palier unblock <email> ${award}`,
  },
  suggestions: {
    /** `again`: the person received it before. */
    badge: (name: string, again: boolean) =>
      again ? { fr: `de nouveau « ${name} »`, en: `"${name}" again` } : quoted(name),
    /** `count`: all awards and badges; `more`: the badges without a name here. */
    wouldHelp: (count: number, awards: readonly string[], badges: readonly Localized[], more: number) => {
      const region = say`${awards.length < 2 ? 'le badge' : 'les badges'} Région ${quotedList(awards)}
        ${awards.length < 2 ? 'the award' : 'the awards'} ${quotedList(awards)}`;
      const named = semicolons([...(awards.length === 0 ? [] : [region]), ...badges]);
      const others = plural(more, 'autre|autres', 'other|others');
      const andOthers = more === 0 ? '' : { fr: ` et ${others.fr}`, en: ` and ${others.en}` };
      return say`${count < 2 ? 'Aiderait' : 'Aideraient'} : ${named}${andOthers}
        Would help: ${named}${andOthers}`;
    },
    together: say`Aucun badge inscrit n'y suffit seul : il en faut plusieurs à la fois
      No enrolled badge is enough by itself: it takes several at once`,
    outOfReach: say`Les badges inscrits n'y suffiraient pas, même tous délivrés aujourd'hui
      The enrolled badges would not be enough, even if all of them were issued today`,
  },
  /** The heading of a group of conditions: `need` of `size` are required. */
  group: {
    all: () => ({ fr: 'toutes ces conditions', en: 'all of these conditions' }),
    any: () => say`au moins une de ces conditions
      at least one of these conditions`,
    at_least: (need: number, size: number) => say`au moins ${need} de ces ${size} conditions
      at least ${need} of these ${size} conditions`,
  },
  /** How many conditions of a group one person meets; `need` null: the heading has it. */
  groupMet: (have: number, need: number | null) => {
    const of = need === null ? '' : { fr: ` sur ${need}`, en: ` of ${need}` };
    return say`${have} ${have < 2 ? 'remplie' : 'remplies'}${of}
      ${have}${of} met`;
  },
  /** For no person in particular. */
  ruleHolds: (award: string) => say`avoir le badge Région « ${award} »
    to hold the award "${award}"`,
  holds: (award: string, status: Localized) => say`avoir « ${award} » : ${status}
    to hold "${award}": ${status}`,
  holdsStatus: {
    held: { fr: 'déjà attribué', en: 'held' },
    due: { fr: 'dû', en: 'due' },
    waiting: { fr: 'dû, en attente de « npx palier apply »', en: 'due, waits for "npx palier apply"' },
    blocked: { fr: 'pas encore, et il est bloqué', en: 'not yet, and it is blocked' },
    inactive: { fr: 'pas encore, et il est inactif', en: 'not yet, and it is inactive' },
    none: { fr: 'pas encore', en: 'not yet' },
  } satisfies Record<HoldsStatus, Localized>,
  missingAward: (name: string, status: HoldsStatus) => say`le badge « ${name} »${HINDERED[status] ?? ''}
    the badge "${name}"${HINDERED[status] ?? ''}`,
  missingAwards: (count: number, names: readonly string[]) =>
    say`${count} des ${names.length} badges ${quotedList(names)}
      ${count} more of the ${names.length} badges ${quotedList(names)}`,
  missingSome: (count: number, parts: readonly Localized[]) => {
    const among = semicolons(parts);
    return say`${count} des ${parts.length} éléments suivants : ${among}
      ${count} of these ${parts.length}: ${among}`;
  },
  /** Follows a heading or an award's name. */
  still: (shortfall: Localized) => ({ fr: `encore ${shortfall.fr}`, en: shortfall.en }),
  counted: (assertion: Localized) => labelled({ fr: 'compté', en: 'counted' }, assertion),
  excluded: (assertion: Localized, reason: Localized) =>
    labelled({ fr: 'non compté', en: 'not counted' }, labelled(assertion, reason)),
  /** Why an assertion does not count, by the reason's name in evaluation.ts. */
  reason: {
    not_enrolled: say`ce badge n'est pas inscrit auprès de la Région
      this badge is not enrolled with the Région`,
    wrong_client: say`il n'a pas été délivré par l'organisme qui l'a inscrit
      it was not issued by the organisation that enrolled it`,
    partner_inactive: { fr: "l'organisme ne participe plus", en: 'the organisation no longer takes part' },
    outside_enrolment: (dates: Period) =>
      say`délivré hors de la période d'inscription du badge (${CONDITION_WORDS.period(dates)})
        issued outside the badge's enrolment (${CONDITION_WORDS.period(dates)})`,
    revoked: { fr: 'révoqué', en: 'revoked' },
    expired: (day: Localized) => say`expiré depuis le ${day}
      expired on ${day}`,
    future: say`daté d'un jour à venir ; il comptera de lui-même dès cette date
      dated in the future; it counts from that date on, by itself`,
    outside_condition_dates: (
      dates: Period,
    ) => say`délivré hors des dates demandées (${CONDITION_WORDS.period(dates)})
      issued outside the dates asked for (${CONDITION_WORDS.period(dates)})`,
    /** `issued`: the day of the assertion that counts instead. */
    duplicate_of: (issued: Localized) => say`en double avec celui du ${issued}
      a duplicate of the one of ${issued}`,
    version_of: (badge: string, issued: Localized) =>
      say`autre version de « ${badge} » du ${issued} ; les deux comptent pour un seul badge
        another version of "${badge}" of ${issued}; the two count as one badge`,
    over_per_issuer: (most: number) => {
      const only = most === 1 ? "qu'un" : `que ${most}`;
      return say`la règle n'en compte ${only} par organisme
        the rule counts only ${most} of one organisation`;
    },
    no_rule_asks: { fr: 'aucune règle ne le demande', en: 'no rule asks for it' },
  },
};

/** The words of `palier explain`; a page replaces some of them. */
export type ExplainWords = typeof EXPLAIN_WORDS;
