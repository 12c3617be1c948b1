import type { CompetencyId } from '../badges-condition.js';
import type { Competency } from '../types.js';
import { checkIdKey, readFields, type Reading, readMap, readText } from './read.js';
import type { Entry, Node } from './fault.js';

/** The names of each competency's abilities; null: they could not be read, so none can be called unknown. */
export type AbilityNames = ReadonlyMap<CompetencyId, ReadonlySet<string> | null>;

export interface Competencies {
  readonly byId: ReadonlyMap<CompetencyId, Competency>;
  readonly abilityNames: AbilityNames;
}

/** Reads `competencies`; null when the section itself cannot be read. */
export function readCompetencies(reading: Reading, node: Node | undefined): Competencies | null {
  const map = readMap(reading, node);
  if (map === undefined) return null;
  const byId = new Map<CompetencyId, Competency>();
  const abilityNames = new Map<CompetencyId, ReadonlySet<string> | null>();
  for (const entry of map.entries.values()) {
    checkIdKey(reading, entry.key, entry.keyAt);
    const competency = readCompetency(reading, entry);
    abilityNames.set(entry.key, competency === undefined ? null : new Set(competency.abilities.keys()));
    if (competency !== undefined) byId.set(entry.key, competency);
  }
  return { byId, abilityNames };
}

function readCompetency(reading: Reading, { key, value }: Entry): Competency | undefined {
  const fields = readFields(reading, value, { required: [], optional: ['name', 'abilities'] });
  if (fields === undefined) return undefined;
  const name = readText(reading, fields.get('name'))?.value ?? key;
  const node = fields.get('abilities');
  if (node === undefined) return { id: key, name, abilities: new Map() };
  const abilities = readMap(reading, node);
  return abilities && { id: key, name, abilities: readAbilities(reading, abilities.entries) };
}

function readAbilities(reading: Reading, entries: ReadonlyMap<string, Entry>): ReadonlyMap<string, string> {
  const abilities = new Map<string, string>();
  for (const { key, keyAt, value } of entries.values()) {
    checkIdKey(reading, key, keyAt);
    abilities.set(key, readText(reading, value)?.value ?? key);
  }
  return abilities;
}
