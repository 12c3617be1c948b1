import { DateTime } from 'luxon';
import type { AwardId } from '../../ids.js';
import type { Assertion } from '../../earners/record.js';
import { badgeName, type HoldsResult, partnerName } from './facts.js';
import type { Explanation } from './explanation.js';
import type { Named, Period, HoldsStatus, Catalogue } from './words.js';
import type { Scheme } from '../types.js';
import type { Window } from '../selector.js';

/** The scheme's names and days, in one language. */
export interface Formatter {
  readonly scheme: Scheme;
  readonly words: Catalogue;
  /** The day of an instant (Unix seconds) in the scheme's zone. */
  day(atS: number): string;
  /** A window, its end told as its last day. */
  period(window: Window): Period;
  named(assertion: Assertion): Named;
  award(id: AwardId): string;
  /** Where an award stands that a rule holds. */
  standing(holds: HoldsResult): HoldsStatus;
}

/**
 * Puts a scheme and a catalogue together.
 * @param told what hinders an award that a rule holds is told from it
 */
export function createFormatter(
  scheme: Scheme,
  words: Catalogue,
  told?: Pick<Explanation, 'evaluation' | 'background'>,
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
    standing: (holds) =>
      told === undefined ? (holds.through ?? 'none') : standingOf(holds, told.evaluation, told.background),
  };
}

function standingOf(
  { award: id, through }: HoldsResult,
  { awards }: Explanation['evaluation'],
  { waiting }: Explanation['background'],
): HoldsStatus {
  if (through === 'held') return 'held';
  if (waiting.has(id)) return 'waiting';
  if (through === 'due') return 'due';
  const status = awards.find(({ award }) => award.id === id)?.status;
  return status === 'blocked' || status === 'inactive' ? status : 'none';
}
