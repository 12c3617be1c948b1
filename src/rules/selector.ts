import type { Enrolment, Selector } from './types.js';

/** An ability belongs to its competency: the same short id in another one is another ability. */
export const abilityOf = ({ competency, ability }: Enrolment): string | null =>
  ability === null ? null : `${competency}/${ability}`;

/** Whether a selector picks an enrolled badge: all that is given must match. */
export const picks = (selector: Selector, badge: Enrolment): boolean =>
  (selector.competency === undefined || selector.competency === badge.competency) &&
  (selector.level === undefined || selector.level === badge.level) &&
  (selector.ability === undefined || selector.ability === badge.ability) &&
  (selector.issuers === undefined || selector.issuers.includes(badge.clientId)) &&
  (selector.badges === undefined || selector.badges.includes(badge.badgeId));
