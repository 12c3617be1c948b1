import { DateTime } from 'luxon';
import type { BadgeId, ClientId } from '../../../ids.js';
import type { Enrolment, Partner, Scheme } from '../../../rules/types.js';
import type { Lang, Words } from '../words.js';
import type { ObfBadge } from './obf-badges.js';

/** A partner's badges in OBF, beside what partners.yaml has of them. */
export interface Compared {
  readonly enrolled: readonly { readonly badge: ObfBadge; readonly enrolment: Enrolment }[];
  /** `enrolledBy`: another partner has it in partners.yaml, which cannot be right. */
  readonly free: readonly { readonly badge: ObfBadge; readonly enrolledBy: ClientId | null }[];
  /** Enrolled, and not in the account: mistyped, deleted, or a draft. */
  readonly missing: readonly Enrolment[];
}

/** Pure. Each list in the order of what it was read from. */
export function compare(scheme: Scheme, partner: Partner, badges: readonly ObfBadge[]): Compared {
  const own = new Map(partner.badges.map((enrolment) => [enrolment.badgeId, enrolment]));
  const inObf = new Map<BadgeId, ObfBadge>(badges.map((badge) => [badge.id, badge]));
  return {
    enrolled: partner.badges.flatMap((enrolment) => {
      const badge = inObf.get(enrolment.badgeId);
      return badge === undefined ? [] : [{ badge, enrolment }];
    }),
    free: badges
      .filter(({ id }) => !own.has(id))
      .map((badge) => ({ badge, enrolledBy: scheme.enrolments.get(badge.id)?.clientId ?? null })),
    missing: partner.badges.filter(({ badgeId }) => !inObf.has(badgeId)),
  };
}

/** Days like `2024-01-31`, inclusive, as partners.yaml has them; null: none is given. */
export interface Period {
  readonly from: string | null;
  readonly until: string | null;
}

export const periodOf = ({ fromS, beforeS }: Enrolment, timeZone: string): Period => ({
  from: fromS === null ? null : dayOf(fromS, timeZone),
  until: beforeS === null ? null : dayOf(beforeS - 1, timeZone),
});

const dayOf = (atS: number, timeZone: string): string =>
  DateTime.fromSeconds(atS, { zone: timeZone }).toFormat('yyyy-MM-dd');

/** `communiquer, niveau 1, capacité interagir, à partir du 1 janv. 2024`. */
export function enrolmentWords({ timeZone }: Scheme, enrolment: Enrolment): Words {
  const { competency, level, ability } = enrolment;
  const { from, until } = periodOf(enrolment, timeZone);
  const fr = [
    `${competency}, niveau ${level}`,
    ability === null ? null : `capacité ${ability}`,
    from === null ? null : `à partir du ${written(from, 'fr')}`,
    until === null ? null : `jusqu'au ${written(until, 'fr')}`,
  ];
  const en = [
    `${competency}, level ${level}`,
    ability === null ? null : `ability ${ability}`,
    from === null ? null : `from ${written(from, 'en')}`,
    until === null ? null : `until ${written(until, 'en')}`,
  ];
  return {
    fr: fr.filter((part) => part !== null).join(', '),
    en: en.filter((part) => part !== null).join(', '),
  };
}

const written = (day: string, locale: Lang): string =>
  DateTime.fromISO(day, { zone: 'utc', locale }).toLocaleString(DateTime.DATE_MED);
