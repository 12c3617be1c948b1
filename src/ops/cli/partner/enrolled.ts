import type { BadgeId, ClientId } from '../../../ids.js';
import type { Enrolment, Partner, Scheme } from '../../../rules/types.js';
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
