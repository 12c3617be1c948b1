import { IANAZone } from 'luxon';
import { asAwardId, asBadgeId, asClientId, type BadgeId, type ClientId } from '../../ids.js';
import { say } from '../../localized.js';
import type { CompetencyId } from '../badges-condition.js';
import type { Award, Competency, OnLoss, Partner, Scheme } from '../types.js';
import { versionOf } from '../version.js';
import { distinctNames, type Edge, sortByDependency, uniqueByName, readSpan } from './checks.js';
import { readCondition, type RuleReading } from './condition.js';
import { type SchemeFault, SchemeFaults, type SchemeFile, safeToShow } from './messages.js';
import { type KnownSchemeNames, type PlacedCondition, warnOfReachToday } from './reach.js';
import { Source, type Value } from './value.js';

/** The two files of the scheme. */
export interface SchemeFiles {
  readonly scheme: SchemeFile;
  readonly partners: SchemeFile;
}

/** A scheme, or all its faults. A scheme may come with warnings. */
export type ParseResult = { readonly warnings: readonly SchemeFault[] } & (
  | { readonly ok: true; readonly scheme: Scheme }
  | { readonly ok: false; readonly faults: readonly SchemeFault[] }
);

/**
 * Reads the Région's rules and its partners, and reports every fault at once. Pure. Reads competencies first, then
 * partners, which name them, then rules, which name both.
 * @param timeZone IANA zone of the dates (`TZ_SCHEME`)
 * @throws RangeError when there is no such zone
 */
export function parseScheme(files: SchemeFiles, timeZone: string): ParseResult {
  if (!IANAZone.isValidZone(timeZone)) throw new RangeError(`No time zone is named ${timeZone}`);
  const sources = [new Source(files.scheme), new Source(files.partners)] as const;
  const fields = sources[0].root?.fields(['scheme', 'competencies', 'awards']);
  const name = fields?.get('scheme')?.text() ?? '';
  const { competencies, abilities } = readCompetencies(fields?.get('competencies'));
  const partners = readPartners(sources[1].root, { abilities, timeZone });
  const partnersById = new Map(partners?.map((partner) => [partner.clientId, partner]));
  const enrolled = partners?.flatMap(({ badges }) => badges);
  const enrolments = new Map(enrolled?.map((badge) => [badge.badgeId, badge]));
  const known = { abilities, partners: partners && partnersById, badges: partners && enrolments };
  const placed: PlacedCondition[] = [];
  const awards = readAwards(fields?.get('awards'), { timeZone, placed }, known);

  const faults = sources.flatMap((source) => source.reports('faults'));
  if (faults.length === 0) for (const one of placed) warnOfReachToday(one, partners ?? []);
  const warnings = sources.flatMap((source) => source.reports('warnings'));
  if (faults.length > 0 || partners === null) return { ok: false, faults, warnings };
  const scheme: Omit<Scheme, symbol> = {
    name,
    version: versionOf(timeZone, awards, partners),
    source: { scheme: files.scheme.text, partners: files.partners.text },
    timeZone,
    competencies,
    awards,
    partners,
    enrolments,
    partnersById,
  };
  // The symbol marks a checked scheme. Only this line sets it: no fault was found above.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { ok: true, scheme: scheme as Scheme, warnings };
}

/** As `parseScheme`, but returns the scheme alone. @throws SchemeFaults with every fault */
export function schemeOrThrow(files: SchemeFiles, timeZone: string): Scheme {
  const result = parseScheme(files, timeZone);
  if (!result.ok) throw new SchemeFaults(result.faults);
  return result.scheme;
}

/** Returns the competencies, and the names of their abilities; null for names that are unreadable. */
function readCompetencies(value: Value | undefined) {
  const entries = value?.entries();
  const competencies = new Map<CompetencyId, Competency>();
  const abilityNames = new Map<CompetencyId, ReadonlySet<string> | null>();
  for (const [id, entry] of entries ?? []) {
    entry.key.id();
    const fields = entry.value?.fields([], ['name', 'abilities']);
    const abilityEntries = fields?.get('abilities')?.entries();
    const abilities = new Map<string, string>();
    for (const [ability, { key, value: words }] of abilityEntries ?? []) {
      key.id();
      abilities.set(ability, words?.text() ?? ability);
    }
    competencies.set(id, { id, name: fields?.get('name')?.text() ?? id, abilities });
    const isReadable =
      fields !== undefined && (abilityEntries !== undefined || !fields.keys.has('abilities'));
    abilityNames.set(id, isReadable ? new Set(abilities.keys()) : null);
  }
  return { competencies, abilities: entries === undefined ? null : abilityNames };
}

/** Reads `awards` and their rules. @returns each award after those that its rule holds */
function readAwards(
  value: Value | undefined,
  reading: Omit<RuleReading, 'holds' | 'known'>,
  otherNames: Omit<KnownSchemeNames, 'awards'>,
): readonly Award[] {
  const entries = value?.entries() ?? new Map<string, never>();
  const known = { ...otherNames, awards: entries };
  const awards = new Map<string, Award>();
  const edges = new Map<string, readonly Edge[]>();
  const badges: (readonly [id: string, at: Value])[] = [];
  for (const [id, entry] of entries) {
    entry.key.id();
    const holds: Edge[] = [];
    const award = entry.value && readAward({ ...reading, known, holds }, id, entry.value, badges);
    if (award !== undefined) awards.set(id, award);
    edges.set(id, holds);
  }
  // Of two awards with one badge, each would count as held once the other is issued.
  uniqueByName('badge', 'fault', badges);
  return sortByDependency(edges, { fr: 'demande', en: 'holds' }).flatMap((id) => awards.get(id) ?? []);
}

/** @param badges receives the award's badge, with its place */
function readAward(
  reading: RuleReading,
  id: string,
  value: Value,
  badges: (readonly [id: string, at: Value])[],
): Award | undefined {
  const fields = value.fields(['badge', 'rule'], ['name', 'competency', 'level', 'active', 'on_loss']);
  if (fields === undefined) return undefined;
  const badge = fields.get('badge');
  const badgeId = badge?.id();
  if (badge !== undefined && badgeId !== undefined) badges.push([badgeId, badge]);
  const rule = fields.get('rule');
  const condition = rule && readCondition(reading, rule);
  const details = {
    id: asAwardId(id),
    name: fields.get('name')?.text() ?? id,
    competency: fields.get('competency')?.nameAmong('competency', reading.known.abilities) ?? null,
    level: fields.get('level')?.wholeNumber() ?? null,
    active: fields.get('active')?.boolean() ?? true,
    onLoss: fields.get('on_loss')?.choice<OnLoss>(['keep', 'flag', 'revoke']) ?? 'flag',
  };
  if (badgeId === undefined || condition === undefined) return undefined;
  return { ...details, badgeId: asBadgeId(badgeId), rule: condition };
}

type PartnersReading = Pick<KnownSchemeNames, 'abilities'> & { readonly timeZone: string };

/** The line of one badge, not checked against the other lines yet. */
type Line = NonNullable<ReturnType<typeof readLine>>;

/** Reads partners.yaml: each partner's lines first, then checks all lines against each other. Null: it has no list. */
function readPartners(root: Value | undefined, reading: PartnersReading): readonly Partner[] | null {
  const items = root?.fields(['partners'])?.get('partners')?.items();
  if (items === undefined) return null;
  const drafts = items.map((item) => readPartner(item, reading));
  const partnerIds = drafts.flatMap(({ idEntry }) => idEntry);
  uniqueByName('partner', 'fault', partnerIds);
  const lines = drafts.flatMap((draft) => draft.lines);
  const badgeIds = lines.map(({ badge, id }) => [badge.badgeId, id] as const);
  uniqueByName('badge', 'fault', badgeIds);
  checkReplaced(lines);
  const familyOf = families(lines);
  return drafts.map((draft) => ({
    ...draft.partner,
    badges: draft.lines.map(({ badge }) => ({
      ...badge,
      family: familyOf.get(badge.badgeId) ?? badge.badgeId,
    })),
  }));
}

const VARIABLE = say`attendu : le nom d'une variable d'environnement (majuscules, chiffres, « _ »), comme OBF_SECRET_P1 ; jamais le secret lui-même
  expected the name of an environment variable (capitals, digits, "_"), like OBF_SECRET_P1; never the secret itself`;

function readPartner(value: Value, reading: PartnersReading) {
  const fields = value.fields(['client_id'], ['name', 'secret_env', 'active', 'badges']);
  const idValue = fields?.get('client_id');
  const id = idValue?.id();
  const clientId = asClientId(id ?? '');
  const badges = fields?.get('badges')?.items() ?? [];
  const lines = badges.flatMap((badge) => readLine(badge, clientId, reading) ?? []);
  const partner = {
    clientId,
    name: fields?.get('name')?.text() ?? clientId,
    secretEnv: fields?.get('secret_env')?.matching(/^[A-Z_][A-Z0-9_]*$/, VARIABLE) ?? null,
    active: fields?.get('active')?.boolean() ?? true,
  };
  // Without an id, the lines are still read for their own faults.
  const idEntry = idValue && id !== undefined ? [[id, idValue] as const] : [];
  return { idEntry, partner, lines };
}

/** Returns undefined without a valid id. After other faults, rules may still name the badge. */
function readLine(value: Value, clientId: ClientId, { abilities, timeZone }: PartnersReading) {
  const fields = value.fields(
    ['id', 'competency', 'level'],
    ['name', 'ability', 'enrolled_from', 'enrolled_until', 'replaces'],
  );
  if (fields === undefined) return undefined;
  const id = fields.get('id');
  const badgeId = id?.id();
  const replaces = distinctNames('badge', fields.get('replaces')?.items() ?? [], (item) => item.id());
  const competency = fields.get('competency')?.nameAmong('competency', abilities);
  const knownAbilities = competency === undefined ? null : (abilities?.get(competency) ?? null);
  const { fromS = null, beforeS = null } = readSpan(fields, 'enrolled_from', 'enrolled_until', timeZone);
  const details = {
    clientId,
    name: fields.get('name')?.text() ?? null,
    competency: competency ?? '',
    level: fields.get('level')?.wholeNumber() ?? 0,
    ability: fields.get('ability')?.nameAmong('ability', knownAbilities) ?? null,
    fromS,
    beforeS,
    replaces: [...replaces.keys()].map(asBadgeId),
  };
  if (id === undefined || badgeId === undefined) return undefined;
  return { id, replaces, badge: { ...details, badgeId: asBadgeId(badgeId) } };
}

/** Reports a badge that replaces another partner's; warns of a replaced badge that is not enrolled. */
function checkReplaced(lines: readonly Line[]): void {
  const enrolled = new Map(lines.map(({ badge }) => [badge.badgeId, badge.clientId]));
  const ownerOf = new Map(enrolled);
  for (const { badge, replaces } of lines)
    for (const [id, value] of replaces) {
      const badgeId = asBadgeId(id);
      const owner = ownerOf.get(badgeId) ?? badge.clientId;
      ownerOf.set(badgeId, owner);
      if (owner !== badge.clientId) value.fault(ofAnother(id, owner));
      else if (!enrolled.has(badgeId)) value.warn(notEnrolled(id));
    }
  const edges = lines.map(({ badge, replaces }) => {
    const older = [...replaces].map(([to, at]) => ({ to, at }));
    return [badge.badgeId, older] as const;
  });
  sortByDependency(new Map(edges), { fr: 'remplace', en: 'replaces' });
}

const ofAnother = (badge: string, owner: string) =>
  say`le badge « ${badge} » est du partenaire « ${safeToShow(owner)} » : un partenaire ne remplace que ses propres badges
    the badge "${badge}" is the partner "${safeToShow(owner)}"'s: a partner replaces badges of its own only`;

const notEnrolled = (badge: string) =>
  say`le badge remplacé « ${badge} » n'est pas inscrit : ses attributions ne comptent pas ; l'inscrire avec ses propres dates si elles le doivent
    the replaced badge "${badge}" is not enrolled: its assertions do not count; enrol it with its own dates if they should`;

/**
 * Joins badges that replace each other, however long the chain, and those that replace the same badge. The smallest
 * enrolled id names the family, so that the order of the file does not matter.
 */
function families(lines: readonly Line[]): ReadonlyMap<BadgeId, BadgeId | undefined> {
  const joined = new Map<BadgeId, ReadonlySet<BadgeId>>();
  for (const { badge } of lines) {
    const ids = [badge.badgeId, ...badge.replaces];
    const family = new Set(ids.flatMap((id) => [...(joined.get(id) ?? [id])]));
    for (const id of family) joined.set(id, family);
  }
  const enrolled = new Set(lines.map(({ badge }) => badge.badgeId));
  const nameOf = (family: ReadonlySet<BadgeId>) => [...family].filter((id) => enrolled.has(id)).toSorted()[0];
  return new Map([...joined].map(([id, family]) => [id, nameOf(family)]));
}
