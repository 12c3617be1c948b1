import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asClientId,
  asEventId,
  asSchemeVersion,
} from '../../../src/ids.js';
import type { Assertion } from '../../../src/earners/record.js';
import type { Portfolio } from '../../../src/earners/person.js';
import { emptyPortfolio } from '../../support/assertion.js';
import { type AwardHistory, type Background, noBackground } from '../../../src/rules/explain/explanation.js';

/** One person on the morning of 23 November 2026, whose explanation was read aloud and found right. */
export interface Case {
  /** The golden file's name. */
  readonly name: string;
  readonly scheme: 'communiquer' | 'complet' | 'allege' | 'capacites';
  readonly portfolio: Portfolio;
  readonly background: Background;
}

const at = (iso: string): number => Date.parse(iso) / 1000;
export const NOW_S = at('2026-11-23T09:30:00+01:00');

const OWNERS: Readonly<Record<string, string>> = {
  ML: 'ML_CAEN',
  CFA: 'CFA_BOCAGE',
  TPS: 'TREMPLIN_SEINE',
  ADC: 'ATELIERS_COTENTIN',
  ALB: 'ALBATRE',
  E2C: 'E2C_PERCHE',
  R: 'REGION',
};
const noon = (day: string): number => at(`${day}T12:00:00Z`);

/** A badge, by its id and its day. */
const given = (badge: string, day: string, rest: Partial<Assertion> = {}): Assertion => ({
  id: asAssertionId(`${badge}.${day}`),
  clientId: asClientId(OWNERS[badge.split('_')[0] ?? ''] ?? badge),
  badgeId: asBadgeId(badge),
  eventId: asEventId(`E.${badge}.${day}`),
  issuedOnS: noon(day),
  expiresOnS: null,
  revoked: false,
  ...rest,
});

const OLD_RULES = asSchemeVersion('2c9f41d07ab3e865');
/** `rules` current: filled in with the scheme's own version. */
export const CURRENT_RULES = asSchemeVersion('current');

const byPalier = (
  held: Assertion,
  earnedBy: readonly Assertion[],
  version = CURRENT_RULES,
): [Assertion['badgeId'], AwardHistory] => [
  held.badgeId,
  {
    sinceS: held.issuedOnS,
    version,
    by: 'palier',
    earnedBy: earnedBy.map(({ id }) => id),
    event: held.eventId,
  },
];
const byHand = (held: Assertion): [Assertion['badgeId'], AwardHistory] => [
  held.badgeId,
  { sinceS: held.issuedOnS, version: null, by: 'hand', earnedBy: [], event: held.eventId },
];

const of = (
  name: string,
  assertions: readonly Assertion[],
  more: Partial<Omit<Case, 'name' | 'portfolio' | 'background'>> & {
    readonly held?: readonly Assertion[];
    readonly blocked?: readonly string[];
    readonly history?: readonly [Assertion['badgeId'], AwardHistory][];
    readonly waiting?: readonly string[];
    readonly flagged?: readonly [string, number][];
  } = {},
): Case => ({
  name,
  scheme: more.scheme ?? 'communiquer',
  portfolio: {
    ...emptyPortfolio,
    assertions,
    held: more.held ?? [],
    blocked: (more.blocked ?? []).map(asBadgeId),
  },
  background: {
    ...noBackground,
    history: new Map(more.history ?? []),
    waiting: new Set((more.waiting ?? []).map(asAwardId)),
    flagged: new Map((more.flagged ?? []).map(([badge, atS]) => [asBadgeId(badge), atS])),
  },
});

const PAROLE = given('ML_PAROLE_2', '2026-03-12');
const ENTRETIEN = given('ML_ENTRETIEN', '2026-04-02');
const ECOUTE = given('ML_ECOUTE', '2026-05-20');
const ECRIRE = given('CFA_ECRIRE', '2026-06-18');
const CONVAINCRE = given('CFA_CONVAINCRE', '2026-09-10');
const CONSIGNES = given('TPS_CONSIGNES', '2026-10-05');
const LEVEL_1 = [PAROLE, ENTRETIEN, ECRIRE];
const HELD_1 = given('R_COMM_1', '2026-06-18');
const HELD_2 = given('R_COMM_2', '2026-10-05');

const ORGANISER = [
  given('ML_PRIORITES', '2026-01-15'),
  given('CFA_ATELIER', '2026-02-12'),
  given('CFA_CHANTIER', '2026-03-05'),
];
const INTEGRER = [
  given('ML_RESEAU', '2026-04-09'),
  given('TPS_CODES', '2026-05-13'),
  given('CFA_EQUIPE', '2026-09-24'),
];
const regionBadges = (...badges: [string, string][]): readonly Assertion[] =>
  badges.map(([badge, day]) => given(badge, day));

export const CASES: readonly Case[] = [
  of('il-manque-un-badge', [PAROLE, ECRIRE]),
  of('un-seul-organisme', [PAROLE, ENTRETIEN, ECOUTE]),
  of('expire-hier', [
    PAROLE,
    ENTRETIEN,
    given('CFA_ECRIRE', '2024-11-22', { expiresOnS: at('2026-11-22T23:00:00+01:00') }),
  ]),
  of('revoque', [PAROLE, ENTRETIEN, given('CFA_ECRIRE', '2026-06-18', { revoked: true })]),
  of('en-double', [PAROLE, given('ML_PAROLE_2', '2026-10-01'), ECRIRE]),
  of('ancienne-version', [given('ML_PAROLE_1', '2024-02-08'), PAROLE, ECRIRE]),
  of('niveau-1-manquant', [PAROLE, CONVAINCRE, CONSIGNES]),
  of('bloque', [...LEVEL_1, CONVAINCRE, CONSIGNES], {
    held: [given('R_COMM_1', '2026-06-18', { revoked: true })],
    blocked: ['R_COMM_1'],
  }),
  of('a-examiner', [PAROLE, ENTRETIEN, { ...ECRIRE, revoked: true }], {
    held: [HELD_1],
    history: [byPalier(HELD_1, LEVEL_1)],
    flagged: [['R_COMM_1', noon('2026-11-09')]],
  }),
  of('version-anterieure', [PAROLE, ECRIRE], {
    held: [HELD_1],
    history: [byPalier(HELD_1, [PAROLE, ECRIRE, given('ALB_ANIMER', '2026-05-04')], OLD_RULES)],
  }),
  of('donne-a-la-main', [PAROLE], { held: [HELD_1], history: [byHand(HELD_1)] }),
  of('attend-apply', [PAROLE, ENTRETIEN, ECRIRE, CONVAINCRE, CONSIGNES], {
    waiting: ['communiquer-1', 'communiquer-2'],
  }),
  of('rien', [], { scheme: 'complet' }),
  of('obtenu', [...LEVEL_1, CONVAINCRE, CONSIGNES], {
    held: [HELD_1],
    history: [byPalier(HELD_1, LEVEL_1)],
  }),
  of('general', [...LEVEL_1, CONVAINCRE, CONSIGNES, ...ORGANISER, ...INTEGRER], {
    scheme: 'complet',
    held: [
      HELD_1,
      HELD_2,
      ...regionBadges(['R_ORGA_1', '2026-02-12'], ['R_ORGA_2', '2026-03-05'], ['R_INTE_1', '2026-05-13']),
    ],
    history: [byPalier(HELD_1, LEVEL_1), byPalier(HELD_2, [CONVAINCRE, CONSIGNES])],
  }),
  of('general-deux-sur-quatre', [...LEVEL_1, CONVAINCRE, CONSIGNES, ...ORGANISER], {
    scheme: 'complet',
    held: [HELD_1, HELD_2, ...regionBadges(['R_ORGA_1', '2026-02-12'], ['R_ORGA_2', '2026-03-05'])],
  }),
  of('inactif', [...LEVEL_1, CONVAINCRE], { scheme: 'allege' }),
  of('non-comptes', [
    PAROLE,
    given('ML_PREMIERS_PAS', '2026-02-03'),
    given('E2C_ORAL', '2025-11-20'),
    given('ADC_DISCOURS', '2024-06-27'),
    given('CFA_ECRIRE', '2026-06-18', { clientId: asClientId('ALBATRE') }),
    given('QJ7K2', '2026-07-01', { clientId: asClientId('OGEC_LISIEUX') }),
  ]),
  of(
    'capacites',
    [
      given('ML_PRIORITES', '2026-01-15'),
      given('CFA_ATELIER', '2024-02-12'),
      given('ML_MOBILITE', '2026-01-20'),
      given('ML_CHANGER', '2026-02-20'),
      given('ML_DETERMINATION', '2026-03-20'),
    ],
    { scheme: 'capacites' },
  ),
];
