import { asBadgeId, asClientId, type BadgeId, type ClientId } from '../../ids.js';
import type { Enrolment, Partner } from '../types.js';
import type { AbilityNames } from './competencies.js';
import type { Report, Node } from './fault.js';
import { already, circle, shown } from './messages.js';
import {
  type Fields,
  type Located,
  readFields,
  readFlag,
  readId,
  type Reading,
  readKnown,
  readList,
  readNames,
  readSpan,
  readText,
  readWhole,
} from './read.js';
import { walk } from './walk.js';

export interface PartnersReading extends Reading {
  readonly abilityNames: AbilityNames | null;
}

/** A badge's line as read: not yet checked against the other lines. */
export interface BadgeDraft {
  readonly id: Located<BadgeId>;
  readonly clientId: ClientId;
  readonly replaces: readonly Located<BadgeId>[];
  /** Undefined when something in the line is at fault. */
  readonly enrolment: Omit<Enrolment, 'family'> | undefined;
}

const BADGE_KEYS = {
  required: ['id', 'competency', 'level'],
  optional: ['name', 'ability', 'enrolled_from', 'enrolled_until', 'replaces'],
} as const;
type BadgeKey = (typeof BADGE_KEYS)['required' | 'optional'][number];

/** Reads one badge of a partner; undefined when it has no id to go by. */
export function readBadge(reading: PartnersReading, node: Node, clientId: ClientId): BadgeDraft | undefined {
  const fields = readFields<BadgeKey>(reading, node, BADGE_KEYS);
  const id = readId(reading, fields?.get('id'));
  const replaces = readNames(reading, readList(reading, fields?.get('replaces')), 'badge', (item) =>
    readId(reading, item),
  ).map(({ value, at }) => ({ value: asBadgeId(value), at }));
  const details = fields && readEnrolment(reading, fields);
  if (id === undefined) return undefined;
  const badgeId = asBadgeId(id.value);
  return {
    id: { value: badgeId, at: id.at },
    clientId,
    replaces,
    enrolment: details && {
      ...details,
      badgeId,
      clientId,
      replaces: replaces.map(({ value }) => value),
    },
  };
}

type Details = Omit<Enrolment, 'family' | 'badgeId' | 'clientId' | 'replaces'>;

function readEnrolment(reading: PartnersReading, fields: Fields<BadgeKey>): Details | undefined {
  const { abilityNames } = reading;
  const competency = readKnown(reading, fields.get('competency'), 'competency', abilityNames);
  const level = readWhole(reading, fields.get('level'));
  const abilities = competency === undefined ? null : (abilityNames?.get(competency.value) ?? null);
  const ability = readKnown(reading, fields.get('ability'), 'ability', abilities);
  const span = readSpan(reading, fields, 'enrolled_from', 'enrolled_until');
  const name = readText(reading, fields.get('name'))?.value;
  if (competency === undefined || level === undefined) return undefined;
  return {
    name: name ?? null,
    competency: competency.value,
    level: level.value,
    ability: ability?.value ?? null,
    fromS: span.fromS ?? null,
    beforeS: span.beforeS ?? null,
  };
}

export interface PartnerDraft extends Omit<Partner, 'badges'> {
  readonly badges: readonly BadgeDraft[];
}

/** Reads partners.yaml, line by line; null when there is no list to read. */
export function readPartners(reading: PartnersReading, root: Node): readonly PartnerDraft[] | null {
  const fields = readFields(reading, root, { required: ['partners'], optional: [] });
  const list = readList(reading, fields?.get('partners'));
  if (list === undefined) return null;
  const firstOf = new Map<string, Located<string>>();
  return list.items.flatMap((item, index) => readPartner(reading, item, index, firstOf) ?? []);
}

const PARTNER_KEYS = {
  required: ['client_id'],
  optional: ['name', 'secret_env', 'active', 'badges'],
} as const;

function readPartner(
  reading: PartnersReading,
  node: Node,
  index: number,
  firstOf: Map<string, Located<string>>,
): PartnerDraft | undefined {
  const fields = readFields(reading, node, PARTNER_KEYS);
  if (fields === undefined) return undefined;
  const id = readId(reading, fields.get('client_id'));
  const first = id === undefined ? undefined : firstOf.get(id.value);
  if (id !== undefined && first === undefined) firstOf.set(id.value, id);
  if (id !== undefined && first !== undefined)
    reading.report.fault(id.at, already('partner', id.value, first.at));
  // A partner whose id cannot be read keeps apart from all others; it never leaves this load.
  const clientId = asClientId(id?.value ?? `?${index}`);
  return {
    clientId,
    name: readText(reading, fields.get('name'))?.value ?? clientId,
    secretEnv: readVariable(reading, fields.get('secret_env')) ?? null,
    active: readFlag(reading, fields.get('active'))?.value ?? true,
    badges: (readList(reading, fields.get('badges'))?.items ?? []).flatMap(
      (item) => readBadge(reading, item, clientId) ?? [],
    ),
  };
}

/** The value is never shown: it may be the secret itself, pasted here by mistake. */
function readVariable({ report }: Reading, node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  const isVariable =
    node.kind === 'scalar' && typeof node.value === 'string' && /^[A-Z_][A-Z0-9_]*$/.test(node.value);
  if (isVariable) return node.text;
  return report.fault(node.at, {
    fr: "attendu : le nom d'une variable d'environnement (majuscules, chiffres, « _ »), comme OBF_SECRET_P1 ; jamais le secret lui-même",
    en: 'expected the name of an environment variable (capitals, digits, "_"), like OBF_SECRET_P1; never the secret itself',
  });
}

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
