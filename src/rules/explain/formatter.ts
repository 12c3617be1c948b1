import { DateTime } from 'luxon';
import type { Assertion } from '../../earners/record.js';
import type { AwardId } from '../../ids.js';
import { type HoldsResult } from '../evaluation.js';
import type { Window } from '../selector.js';
import type { Scheme } from '../types.js';
import { badgeName, partnerName, type Period } from './condition-words.js';
import { type Explanation, type HoldsStatus, holdsStatus } from './explanation.js';
import type { Catalogue, NamedAssertion } from './fr.js';

/** The scheme's names and days, in one language. */
export interface Formatter {
  readonly scheme: Scheme;
  readonly words: Catalogue;
  /** The day of an instant (Unix seconds) in the scheme's zone. */
  readonly day: (atS: number) => string;
  /** A window; its end is its last day. */
  readonly period: (window: Window) => Period;
  readonly named: (assertion: Assertion) => NamedAssertion;
  readonly award: (id: AwardId) => string;
  readonly holdsStatus: (holds: HoldsResult) => HoldsStatus;
}

/** @param explanation without it, nothing is known of what hinders an award that a rule holds */
export function createFormatter(
  scheme: Scheme,
  words: Catalogue,
  explanation?: Pick<Explanation, 'evaluation' | 'background'>,
): Formatter {
  const awards = new Map(scheme.awards.map(({ id, name }) => [id, name]));
  const day = (atS: number): string => {
    const local = DateTime.fromSeconds(atS, { zone: scheme.timeZone, locale: words.locale });
    return words.day(local.toLocaleString(DateTime.DATE_FULL));
  };
  return {
    scheme,
    words,
    day,
    period: ({ fromS, beforeS }) => ({
      from: fromS === null ? null : day(fromS),
      until: beforeS === null ? null : day(beforeS - 1),
    }),
    named: ({ badgeId, clientId, issuedOnS }) => ({
      badge: badgeName(scheme, badgeId),
      partner: partnerName(scheme, clientId),
      issued: day(issuedOnS),
    }),
    award: (id) => awards.get(id) ?? id,
    holdsStatus: (holds) =>
      explanation === undefined ? (holds.through ?? 'none') : holdsStatus(holds, explanation),
  };
}
