import type { BadgeId, ClientId } from '../../ids.js';
import type { Enrolment, Partner } from '../types.js';
import type { Report } from './fault.js';
import type { PartnerDraft } from './partners.js';
import type { BadgeDraft } from './badge-lines.js';
import type { Located } from './read.js';
import { walk } from './walk.js';
import { already, circle, shown } from './words.js';

/** What rules may need to know of an enrolled badge, even where the rest of its line is at fault. */
export interface EnrolledBadge {
  readonly clientId: ClientId;
  readonly family: string;
}

export interface Enrolments {
  readonly badges: ReadonlyMap<BadgeId, EnrolledBadge>;
  /** Complete only when nothing was at fault. */
  readonly partners: readonly Partner[];
}

/** Checks the lines against each other, and tells which badges are versions of one. */
export function crossCheckEnrolments(report: Report, drafts: readonly PartnerDraft[]): Enrolments {
  const lines = firstLines(report, drafts);
  checkReplaced(report, lines);
  checkCircles(report, lines);
  const familyOf = families(lines);
  const badges = new Map(
    [...lines].map(([id, { clientId }]) => [id, { clientId, family: familyOf(id) }] as const),
  );
  const withFamily = ({ enrolment }: BadgeDraft): Enrolment[] =>
    enrolment === undefined ? [] : [{ ...enrolment, family: familyOf(enrolment.badgeId) }];
  const partners = drafts.map((draft) => ({ ...draft, badges: draft.badges.flatMap(withFamily) }));
  return { badges, partners };
}

type Lines = ReadonlyMap<BadgeId, BadgeDraft>;

/** One line for each badge; a second one, of this partner or another, is a fault. */
function firstLines(report: Report, drafts: readonly PartnerDraft[]): Lines {
  const lines = new Map<BadgeId, BadgeDraft>();
  for (const line of drafts.flatMap(({ badges }) => badges)) {
    const first = lines.get(line.id.value);
    if (first === undefined) lines.set(line.id.value, line);
    else report.fault(line.id.at, already('badge', line.id.value, first.id.at));
  }
  return lines;
}

/** Versions of one badge belong to one partner, whether or not the older one is enrolled itself. */
function checkReplaced(report: Report, lines: Lines): void {
  const ownerOf = new Map([...lines].map(([id, { clientId }]) => [id, clientId]));
  for (const { clientId, replaces } of lines.values())
    for (const { value, at } of replaces) {
      const owner = ownerOf.get(value) ?? clientId;
      ownerOf.set(value, owner);
      if (owner !== clientId) report.fault(at, ofAnother(value, owner));
      else if (!lines.has(value)) report.warn(at, notEnrolled(value));
    }
}

const ofAnother = (badge: string, owner: string) => ({
  fr: `le badge « ${badge} » est du partenaire « ${shown(owner)} » : un partenaire ne remplace que ses propres badges`,
  en: `the badge "${badge}" is the partner "${shown(owner)}"'s: a partner replaces badges of its own only`,
});

const notEnrolled = (badge: string) => ({
  fr: `le badge remplacé « ${badge} » n'est pas inscrit : ses attributions ne comptent pas ; l'inscrire avec ses propres dates si elles le doivent`,
  en: `the replaced badge "${badge}" is not enrolled: its assertions do not count; enrol it with its own dates if they should`,
});

const REPLACES = { fr: 'remplace', en: 'replaces' };

function checkCircles(report: Report, lines: Lines): void {
  const edges = new Map(
    [...lines].map(([id, { replaces }]) => [id, replaces.map(({ value, at }) => ({ to: value, at }))]),
  );
  for (const { path, at } of walk([...lines.keys()], edges).circles) report.fault(at, circle(REPLACES, path));
}

/**
 * Joins the badges that replace each other, however long the chain, also those that replace the same older
 * one. A family is named after the smallest enrolled id in it, so that its name depends on nothing else.
 */
function families(lines: Lines): (id: BadgeId) => string {
  const parents = new Map<BadgeId, BadgeId>();
  const root = (id: BadgeId): BadgeId => {
    let top = id;
    for (let up = parents.get(top); up !== undefined; up = parents.get(top)) top = up;
    if (top !== id) parents.set(id, top);
    return top;
  };
  const join = (a: BadgeId, { value: b }: Located<BadgeId>): void => {
    const [one, other] = [root(a), root(b)];
    if (one !== other) parents.set(other, one);
  };
  for (const [id, { replaces }] of lines) for (const older of replaces) join(id, older);
  const names = new Map<BadgeId, string>();
  for (const id of [...lines.keys()].toSorted()) if (!names.has(root(id))) names.set(root(id), id);
  return (id) => names.get(root(id)) ?? id;
}
