import { IANAZone } from 'luxon';
import { asAwardId, asBadgeId } from '../../ids.js';
import type { CompetencyId } from '../badges-condition.js';
import type { Award, Competency, OnLoss, Scheme } from '../types.js';
import { versionOf } from '../version.js';
import { type Edge, inOrder, once } from './checks.js';
import { readCondition, type RuleReading } from './condition.js';
import { type SchemeFault, SchemeFaults, type SchemeFile } from './messages.js';
import { readPartners } from './partners.js';
import { type Known, type PlacedCondition, warnOfReachToday } from './reach.js';
import { Source, type Value } from './value.js';

export { formatFault, SchemeFaults } from './messages.js';
export type { SchemeFault, SchemeFile } from './messages.js';

/** The two files of the scheme. */
export interface SchemeFiles {
  readonly scheme: SchemeFile;
  readonly partners: SchemeFile;
}

/** A scheme, or every fault of it at once; never both. Warnings stop nothing. */
export type ParseResult = { readonly warnings: readonly SchemeFault[] } & (
  | { readonly ok: true; readonly scheme: Scheme }
  | { readonly ok: false; readonly faults: readonly SchemeFault[] }
);

/**
 * Reads the Région's rules and who takes part: what stands on nothing first, then who enrolled what, then the rules
 * over both. Pure: the same texts, the same result.
 * @param timeZone IANA zone of the dates; `TZ_SCHEME`, checked already
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

  const faults = sources.flatMap((source) => source.told('faults'));
  if (faults.length === 0) for (const one of placed) warnOfReachToday(one, partners ?? []);
  const warnings = sources.flatMap((source) => source.told('warnings'));
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
  // The mark says "checked", and this is the one place that may set it: no fault was found above.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { ok: true, scheme: scheme as Scheme, warnings };
}

/**
 * As `parseScheme`, for callers that need a scheme.
 * @throws SchemeFaults with every fault
 */
export function schemeOrThrow(files: SchemeFiles, timeZone: string): Scheme {
  const result = parseScheme(files, timeZone);
  if (!result.ok) throw new SchemeFaults(result.faults);
  return result.scheme;
}

/** `abilities` null: the section itself cannot be read. */
function readCompetencies(value: Value | undefined) {
  const entries = value?.entries();
  const competencies = new Map<CompetencyId, Competency>();
  const names = new Map<CompetencyId, ReadonlySet<string> | null>();
  for (const [id, entry] of entries ?? []) {
    entry.key.id();
    const fields = entry.value?.fields([], ['name', 'abilities']);
    const given = fields?.get('abilities')?.entries();
    const abilities = new Map<string, string>();
    for (const [ability, { key, value: words }] of given ?? []) {
      key.id();
      abilities.set(ability, words?.text() ?? ability);
    }
    competencies.set(id, { id, name: fields?.get('name')?.text() ?? id, abilities });
    const areRead = fields !== undefined && (given !== undefined || !fields.keys.has('abilities'));
    names.set(id, areRead ? new Set(abilities.keys()) : null);
  }
  return { competencies, abilities: entries === undefined ? null : names };
}

/** Reads `awards`, their rules included. @returns each after every award that its rule holds */
function readAwards(
  value: Value | undefined,
  reading: Omit<RuleReading, 'holds' | 'known'>,
  others: Omit<Known, 'awards'>,
): readonly Award[] {
  const entries = value?.entries() ?? new Map<string, never>();
  const known = { ...others, awards: entries };
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
  // Two awards with one badge would each take the other's for their own.
  once('badge', 'fault', badges);
  return inOrder(edges, { fr: 'demande', en: 'holds' }).flatMap((id) => awards.get(id) ?? []);
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
    competency: fields.get('competency')?.known('competency', reading.known.abilities) ?? null,
    level: fields.get('level')?.whole() ?? null,
    active: fields.get('active')?.flag() ?? true,
    onLoss: fields.get('on_loss')?.choice<OnLoss>(['keep', 'flag', 'revoke']) ?? 'flag',
  };
  if (badgeId === undefined || condition === undefined) return undefined;
  return { ...details, badgeId: asBadgeId(badgeId), rule: condition };
}
