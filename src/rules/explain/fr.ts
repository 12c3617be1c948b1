import type { OnLoss } from '../types.js';
import { conditionFr, joined, listedFr as listed, type Period, someFr as some } from './condition-words.js';

/** An assertion as a reader knows it. */
export interface NamedAssertion {
  readonly badge: string;
  readonly partner: string;
  readonly issued: string;
}

/** A partner's badges that would help; `again`: the person was given it before. */
export interface BadgeGroup {
  readonly partner: string;
  readonly badges: readonly { readonly name: string; readonly again: boolean }[];
}

/** The state of an award that a rule holds. */
export type HoldsStatus = 'held' | 'due' | 'waiting' | 'blocked' | 'inactive' | 'none';

const HOLDS: Readonly<Record<HoldsStatus, string>> = {
  held: 'déjà attribué',
  due: 'dû',
  waiting: 'dû, en attente de « npx palier apply »',
  blocked: 'pas encore, et il est bloqué',
  inactive: 'pas encore, et il est inactif',
  none: 'pas encore',
};
const HINDERED: Readonly<Partial<Record<HoldsStatus, string>>> = {
  blocked: ' (bloqué)',
  inactive: ' (inactif)',
};
const ON_LOSS: Readonly<Record<OnLoss, string>> = {
  keep: 'Si un badge qui comptait est révoqué : le badge Région est conservé',
  flag: 'Si un badge qui comptait est révoqué : le badge Région est conservé, et signalé à examiner',
  revoke: 'Si un badge qui comptait est révoqué : le badge Région est révoqué par Palier',
};
const HELD = {
  met: '',
  not_met: " ; aujourd'hui, la règle n'est pas remplie",
  older_rules: ", acquis sous une version antérieure des règles ; la règle actuelle n'est pas remplie",
};

const named = ({ badge, partner, issued }: NamedAssertion): string => `« ${badge} », ${partner}, ${issued}`;
const ruleOf = (shortfall: string | null): string =>
  shortfall === null ? 'la règle est remplie' : `la règle n'est pas remplie, il manque ${shortfall}`;
const groupWords = ({ partner, badges }: BadgeGroup): string =>
  `${badges.map(({ name, again }) => `${again ? 'de nouveau ' : ''}« ${name} »`).join(', ')} (${partner})`;
const { period } = conditionFr;

/** What the Région and its partners read: whole phrases, so that each language keeps its own grammar. */
export const fr = {
  condition: conditionFr,
  /** For the names of months, a BCP 47 tag. */
  locale: 'fr',
  /** Corrects a date that the locale wrote. */
  day: (written: string): string => written.replace(/^1 /, '1er '),
  otherAwards: 'Autres badges de la Région',
  excludedHeading: 'Ne comptent pour aucun badge de la Région',
  award: (name: string, id: string, level: number | null, status: string): string =>
    `${level === null ? '' : `niveau ${level}, `}« ${name} » (${id}) : ${status}`,
  /** Follows an award's name. `shortfall` null: the rule is met. */
  status: {
    held: (day: string, why: keyof typeof HELD): string => `attribué le ${day}${HELD[why]}`,
    flagged: (day: string, since: string, isMet: boolean): string =>
      `attribué le ${day} ; à examiner depuis le ${since}${isMet ? '' : ", car la règle n'est plus remplie"}`,
    due: 'dû, car la règle est remplie ; le badge reste à délivrer',
    waiting: 'dû selon les règles modifiées, en attente de « npx palier apply »',
    blocked: (shortfall: string | null): string =>
      `bloqué, car révoqué à la main dans Open Badge Factory ; ${ruleOf(shortfall)}`,
    inactive: (shortfall: string | null): string =>
      `inactif, rien n'est délivré pour l'instant ; ${ruleOf(shortfall)}`,
    notMet: (shortfall: string): string => `il manque ${shortfall}`,
  },
  /** How a held award came about, and what a human can do about it. */
  history: {
    /** `rules` null: the version is not known any more. */
    byPalier: (rules: { readonly version: string; readonly current: boolean } | null): string => {
      if (rules === null) return 'Délivré par Palier';
      return rules.current
        ? `Délivré par Palier, selon les règles actuelles (version ${rules.version})`
        : `Délivré par Palier, selon une version antérieure des règles (${rules.version})`;
    },
    byHand: 'Délivré à la main dans Open Badge Factory, sans passer par Palier',
    earnedBy: (badges: readonly string[]): string => `Obtenu grâce à : ${badges.join(' ; ')}`,
    gone: (id: string): string => `un badge qui n'est plus dans le portefeuille (${id})`,
    flagged:
      'À examiner : des badges qui comptaient ont été révoqués ; à la Région de laisser ce badge, ou de le révoquer dans Open Badge Factory',
    unblock: (award: string): string => `Pour le débloquer : npx palier unblock <adresse> ${award}`,
  },
  suggestions: {
    /** `more`: how many badges are not named. */
    wouldHelp: (awards: readonly string[], groups: readonly BadgeGroup[], more: number): string => {
      const count = awards.length + more + groups.reduce((sum, group) => sum + group.badges.length, 0);
      const region = awards.length < 2 ? 'le badge Région' : 'les badges Région';
      const parts = [
        ...(awards.length === 0 ? [] : [`${region} ${listed(awards)}`]),
        ...groups.map(groupWords),
      ];
      const rest = more === 0 ? '' : ` et ${some(more, 'autre')}`;
      return `${count < 2 ? 'Aiderait' : 'Aideraient'} : ${parts.join(' ; ')}${rest}`;
    },
    together: "Aucun badge inscrit n'y suffit seul : il en faut plusieurs à la fois",
    outOfReach: "Les badges inscrits aujourd'hui n'y suffisent pas, même tous réunis",
  },
  /** The heading of a group of conditions. `need` of `size` is asked for. */
  group: {
    all: (_need: number, _size: number): string => 'toutes ces conditions',
    any: (_need: number, _size: number): string => 'au moins une de ces conditions',
    at_least: (need: number, size: number): string => `au moins ${need} de ces ${size} conditions`,
  },
  /** How much of a group one person meets; `of` null: what is asked for has just been said. */
  groupMet: (have: number, of: number | null): string =>
    `${some(have, 'remplie')}${of === null ? '' : ` sur ${of}`}`,
  /** A rule that nobody is measured by. */
  ruleHolds: (award: string): string => `avoir le badge Région « ${award} »`,
  onLoss: (onLoss: OnLoss): string => ON_LOSS[onLoss],
  holds: (award: string, status: HoldsStatus): string => `avoir « ${award} » : ${HOLDS[status]}`,
  missingAward: (name: string, status: HoldsStatus): string =>
    `le badge « ${name} »${HINDERED[status] ?? ''}`,
  missingAwards: (count: number, names: readonly string[]): string =>
    `${count} des ${names.length} badges ${listed(names)}`,
  missingSome: (count: number, parts: readonly string[]): string =>
    `${count} des ${parts.length} éléments suivants : ${parts.join(' ; ')}`,
  /** All that is missing, as one phrase. */
  still: (shortfall: string): string => `encore ${shortfall}`,
  and: (phrases: readonly string[]): string => joined(phrases, 'et'),
  or: (phrases: readonly string[]): string => joined(phrases, 'ou'),
  colon: ' : ',
  semicolon: ' ; ',
  named,
  counted: (assertion: NamedAssertion): string => `compté : ${named(assertion)}`,
  excluded: (assertion: NamedAssertion, reason: string): string =>
    `non compté : ${named(assertion)} : ${reason}`,
  /** Why an assertion does not count, by the reason's name in evaluation.ts. */
  reason: {
    not_enrolled: "ce badge n'est pas inscrit auprès de la Région",
    wrong_client: "il n'a pas été délivré par l'organisme qui l'a inscrit",
    partner_inactive: "l'organisme ne participe plus",
    outside_enrolment: (dates: Period): string =>
      `délivré hors de la période d'inscription du badge (${period(dates)})`,
    revoked: 'révoqué',
    expired: (day: string): string => `expiré depuis le ${day}`,
    future: "daté d'un jour à venir ; il comptera de lui-même dès cette date",
    outside_condition_dates: (dates: Period): string => `délivré hors des dates demandées (${period(dates)})`,
    /** `other` counts in its place. */
    duplicate_of: (other: NamedAssertion, version: 'same' | 'another'): string =>
      version === 'same'
        ? `en double avec celui du ${other.issued}`
        : `autre version de « ${other.badge} » du ${other.issued} ; les deux comptent pour un seul badge`,
    over_per_issuer: (most: number): string =>
      `la règle n'en compte ${most === 1 ? "qu'un" : `que ${most}`} par organisme`,
    no_rule_asks: 'aucune règle ne le demande',
  },
};

/** One language: French is the model. */
export type Catalogue = typeof fr;
