import { frRule, joined, listed, period, some } from './fr-rule.js';
import type {
  AccountWords,
  HelpGroup,
  HelpWords,
  Named,
  ReasonWords,
  StatusWords,
  Catalogue,
} from './words.js';

const named = ({ badge, partner, issued }: Named): string => `« ${badge} », ${partner}, ${issued}`;
const ruleOf = (lacking: string | null): string =>
  lacking === null ? 'la règle est remplie' : `la règle n'est pas remplie, il manque ${lacking}`;

const status: StatusWords = {
  held: (day, why) =>
    `attribué le ${day}${
      {
        met: '',
        not_met: " ; aujourd'hui, la règle n'est pas remplie",
        older_rules: ", acquis sous une version antérieure des règles ; la règle actuelle n'est pas remplie",
      }[why]
    }`,
  flagged: (day, since, met) =>
    `attribué le ${day} ; à examiner depuis le ${since}${met ? '' : ", car la règle n'est plus remplie"}`,
  due: 'dû, car la règle est remplie ; le badge reste à délivrer',
  waiting: 'dû selon les règles modifiées, en attente de « npx palier apply »',
  blocked: (lacking) => `bloqué, car révoqué à la main dans Open Badge Factory ; ${ruleOf(lacking)}`,
  inactive: (lacking) => `inactif, rien n'est délivré pour l'instant ; ${ruleOf(lacking)}`,
  notMet: (lacking) => `il manque ${lacking}`,
};

const account: AccountWords = {
  byPalier: (rules) => {
    if (rules === null) return 'Délivré par Palier';
    return rules.current
      ? `Délivré par Palier, selon les règles actuelles (version ${rules.version})`
      : `Délivré par Palier, selon une version antérieure des règles (${rules.version})`;
  },
  byHand: 'Délivré à la main dans Open Badge Factory, sans passer par Palier',
  earnedBy: (parts) => `Obtenu grâce à : ${parts.join(' ; ')}`,
  gone: (id) => `un badge qui n'est plus dans le portefeuille (${id})`,
  flagged:
    'À examiner : des badges qui comptaient ont été révoqués ; à la Région de laisser ce badge, ou de le révoquer dans Open Badge Factory',
  unblock: (award) => `Pour le débloquer : npx palier unblock <adresse> ${award}`,
};

const groupWords = ({ partner, badges: of }: HelpGroup): string =>
  `${of.map(({ name, again }) => `${again ? 'de nouveau ' : ''}« ${name} »`).join(', ')} (${partner})`;

const help: HelpWords = {
  wouldHelp: (awards, groups, more) => {
    const count = awards.length + more + groups.reduce((sum, group) => sum + group.badges.length, 0);
    const region = awards.length < 2 ? 'le badge Région' : 'les badges Région';
    const parts = [
      ...(awards.length === 0 ? [] : [`${region} ${listed(awards)}`]),
      ...groups.map(groupWords),
    ];
    const rest = more === 0 ? '' : ` et ${some(more, 'autre', 'autres')}`;
    return `${count < 2 ? 'Aiderait' : 'Aideraient'} : ${parts.join(' ; ')}${rest}`;
  },
  together: "Aucun badge inscrit n'y suffit seul : il en faut plusieurs à la fois",
  outOfReach: "Les badges inscrits aujourd'hui n'y suffisent pas, même tous réunis",
};

const reason: ReasonWords = {
  not_enrolled: "ce badge n'est pas inscrit auprès de la Région",
  wrong_client: "il n'a pas été délivré par l'organisme qui l'a inscrit",
  partner_inactive: "l'organisme ne participe plus",
  outside_enrolment: (dates) => `délivré hors de la période d'inscription du badge (${period(dates)})`,
  revoked: 'révoqué',
  expired: (day) => `expiré depuis le ${day}`,
  future: "daté d'un jour à venir ; il comptera de lui-même dès cette date",
  outside_condition_dates: (dates) => `délivré hors des dates demandées (${period(dates)})`,
  duplicate_of: (other, version) =>
    version === 'same'
      ? `en double avec celui du ${other.issued}`
      : `autre version de « ${other.badge} » du ${other.issued} ; les deux comptent pour un seul badge`,
  over_per_issuer: (most) => `la règle n'en compte ${most === 1 ? "qu'un" : `que ${most}`} par organisme`,
  no_rule_asks: 'aucune règle ne le demande',
};

/** What the Région and its partners read. */
export const fr: Catalogue = {
  ...frRule,
  locale: 'fr',
  day: (written) => written.replace(/^1 /, '1er '),
  otherAwards: 'Autres badges de la Région',
  leftOutHeading: 'Ne comptent pour aucun badge de la Région',
  award: (name, id, level, words) =>
    `${level === null ? '' : `niveau ${level}, `}« ${name} » (${id}) : ${words}`,
  status,
  account,
  help,
  and: (phrases) => joined(phrases, 'et'),
  or: (phrases) => joined(phrases, 'ou'),
  colon: ' : ',
  semicolon: ' ; ',
  named,
  counted: (assertion) => `compté : ${named(assertion)}`,
  leftOut: (assertion, why) => `non compté : ${named(assertion)} : ${why}`,
  reason,
};
