import type { ConditionKey } from '../../src/rules/badges-condition.js';

/** A badge that somebody is given; the day is now unless it says otherwise. */
export interface Given {
  readonly badge: string;
  readonly issuedOn?: string;
  readonly expiresOn?: string;
  readonly revoked?: true;
}

/** A badge enrolled in partners.yaml. */
export type Line = Readonly<Record<string, unknown>> & { readonly id: string };

/** What a key beside `at_least: N, of: selector` means at every step, from the file's text to the issue call. */
interface KeyCase {
  /** As scheme.yaml has it; another value that makes another version of the rules; one that is a fault. */
  readonly value: number | string;
  readonly other: number | string;
  readonly fault: number | string;
  readonly atLeast: number;
  /** What each partner enrolled. */
  readonly badges: Readonly<Record<string, readonly Line[]>>;
  /** Not enough, and what completes it. */
  readonly before: readonly Given[];
  readonly last: Given;
  /** The rule in words. */
  readonly fr: string;
  readonly en: string;
  /** Another key that no badge can meet beside this one, as it is written. */
  readonly excludes?: string;
  /**
   * Of a filter, on 31 March 2026 at ten in Paris: an instant that counts, and the nearest that does not, with the reason.
   * `earner`: what the earner reads of it while the rule is not met; null: nothing.
   */
  readonly instants?: {
    readonly counts: string;
    readonly not: string;
    readonly why: string;
    readonly earner: string | null;
  };
}

/** One of each key: the compiler asks for a new one here. `badges-condition.test.ts` and `rule-forms.test.ts` walk them. */
export const KEY_CASES: Readonly<Record<ConditionKey, KeyCase>> = {
  issuers: {
    value: 2,
    other: 1,
    fault: 0,
    atLeast: 2,
    badges: { P1: [{ id: 'a' }, { id: 'b' }, { id: 'c' }], P2: [{ id: 'd' }] },
    before: [{ badge: 'a' }, { badge: 'b' }, { badge: 'c' }],
    last: { badge: 'd' },
    fr: "2 badges « Communiquer », d'au moins 2 organismes",
    en: '2 badges of "Communiquer", from at least 2 organisations',
  },
  per_issuer: {
    value: 2,
    other: 3,
    fault: 0,
    atLeast: 3,
    badges: { P1: [{ id: 'a' }, { id: 'b' }, { id: 'c' }], P2: [{ id: 'd' }] },
    before: [{ badge: 'a' }, { badge: 'b' }, { badge: 'c' }],
    last: { badge: 'd' },
    fr: '3 badges « Communiquer », à raison de 2 au plus par organisme',
    en: '3 badges of "Communiquer", at most 2 of each organisation',
  },
  abilities: {
    value: 2,
    other: 1,
    fault: 0,
    atLeast: 2,
    badges: {
      P1: [{ id: 'a', ability: 'x' }, { id: 'b', ability: 'x' }, { id: 'c' }, { id: 'd', ability: 'y' }],
    },
    before: [{ badge: 'a' }, { badge: 'b' }, { badge: 'c' }],
    last: { badge: 'd' },
    fr: '2 badges « Communiquer », couvrant au moins 2 capacités',
    en: '2 badges of "Communiquer", covering at least 2 abilities',
  },
  issued_from: {
    value: '2024-06-01',
    other: '2024-06-02',
    fault: '2024-02-30',
    atLeast: 1,
    badges: { P1: [{ id: 'a' }, { id: 'b' }] },
    before: [{ badge: 'a', issuedOn: '2024-05-31T21:59:59Z' }],
    last: { badge: 'b', issuedOn: '2024-05-31T22:00:00Z' },
    fr: '1 badge « Communiquer », délivré à partir du 1er juin 2024',
    en: '1 badge of "Communiquer", issued from 1 June 2024 on',
    instants: {
      counts: '2024-06-01T00:00:00+02:00',
      not: '2024-05-31T23:59:59+02:00',
      why: 'à partir du 1er juin 2024',
      earner: null,
    },
  },
  issued_until: {
    value: '2024-06-30',
    other: '2024-06-29',
    fault: '2024-06-30T00:00',
    atLeast: 1,
    badges: { P1: [{ id: 'a' }, { id: 'b' }] },
    before: [{ badge: 'a', issuedOn: '2024-06-30T22:00:00Z' }],
    last: { badge: 'b', issuedOn: '2024-06-30T21:59:59Z' },
    excludes: 'issued_from: 2024-07-01',
    fr: "1 badge « Communiquer », délivré jusqu'au 30 juin 2024",
    en: '1 badge of "Communiquer", issued until 30 June 2024',
    instants: {
      counts: '2024-06-30T23:59:59+02:00',
      not: '2024-07-01T00:00:00+02:00',
      why: "jusqu'au 30 juin 2024",
      earner: null,
    },
  },
  within_months: {
    value: 6,
    other: 7,
    fault: 0,
    atLeast: 1,
    badges: { P1: [{ id: 'a' }, { id: 'b' }] },
    before: [{ badge: 'a', issuedOn: `${new Date().getUTCFullYear() - 1}-01-15T00:00:00Z` }],
    last: { badge: 'b' },
    fr: '1 badge « Communiquer », délivré dans les 6 derniers mois',
    en: '1 badge of "Communiquer", issued in the last 6 months',
    instants: {
      counts: '2025-09-30T00:00:00+02:00',
      not: '2025-09-29T23:59:59+02:00',
      why: 'à partir du 30 septembre 2025',
      earner: 'Seuls comptent les badges reçus depuis moins de 6 mois.',
    },
  },
};

/** The rule of a key's case, for scheme.yaml. */
export const ruleOfKey = (key: ConditionKey, competency: string, value = KEY_CASES[key].value) => ({
  at_least: KEY_CASES[key].atLeast,
  of: { competency },
  [key]: value,
});
