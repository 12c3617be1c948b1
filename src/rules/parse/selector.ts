import { asBadgeId, asClientId } from '../../ids.js';
import type { Selector } from '../types.js';
import { type Located, readFields, readFilledList, readKnown, readNames, readWhole } from './read.js';
import type { RuleReading } from './reach.js';
import type { Node } from './yaml-tree.js';

const KEYS = { required: [], optional: ['competency', 'level', 'ability', 'issuers', 'badges'] } as const;

const EMPTY = {
  fr: 'sélecteur vide : il prendrait tous les badges ; donner au moins une clé parmi competency, level, ability, issuers, badges',
  en: 'empty selector: it would pick every badge; give at least one of competency, level, ability, issuers, badges',
};

export function readSelector(reading: RuleReading, node: Node): Selector | undefined {
  const fields = readFields<(typeof KEYS.optional)[number]>(reading, node, KEYS);
  if (fields === undefined) return undefined;
  const { abilityNames } = reading.known;
  if (fields.given.length === 0 && !fields.hasUnknown) return reading.report.fault(fields.at, EMPTY);
  const competency = readKnown(reading, fields.get('competency'), 'competency', abilityNames);
  const level = readWhole(reading, fields.get('level'));
  const ability = readKnown(
    reading,
    fields.get('ability'),
    'ability',
    abilitiesOf(reading, competency?.value),
  );
  const issuers = readIssuers(reading, fields.get('issuers'));
  const badges = readBadges(reading, fields.get('badges'));
  return {
    ...(competency === undefined ? {} : { competency: competency.value }),
    ...(level === undefined ? {} : { level: level.value }),
    ...(ability === undefined ? {} : { ability: ability.value }),
    ...(issuers === undefined ? {} : { issuers: issuers.map(({ value }) => asClientId(value)) }),
    ...(badges === undefined ? {} : { badges: badges.map(({ value }) => asBadgeId(value)) }),
  };
}

/** The abilities that may be named: the competency's, or all when none is named; null: not known for sure. */
function abilitiesOf({ known }: RuleReading, competency: string | undefined): ReadonlySet<string> | null {
  if (known.abilityNames === null) return null;
  const names = known.abilityNames;
  const sets = competency === undefined ? [...names.values()] : [names.get(competency) ?? null];
  const whole = sets.filter((set) => set !== null);
  return whole.length === sets.length ? new Set(whole.flatMap((set) => [...set])) : null;
}

type Listed = readonly Located<string>[];

function readIssuers(reading: RuleReading, node: Node | undefined): Listed | undefined {
  const { partners } = reading.known;
  const list = readFilledList(reading, node);
  if (list === undefined) return undefined;
  const names = readNames(reading, list, 'partner', (item) => readKnown(reading, item, 'partner', partners));
  for (const { value, at } of names)
    if (partners?.get(asClientId(value)) === false)
      reading.report.warn(at, {
        fr: `le partenaire « ${value} » n'est pas actif : ses badges ne comptent pas`,
        en: `the partner "${value}" is not active: its badges do not count`,
      });
  return names;
}

function readBadges(reading: RuleReading, node: Node | undefined): Listed | undefined {
  const { badges } = reading.known;
  const list = readFilledList(reading, node);
  if (list === undefined) return undefined;
  return readNames(reading, list, 'badge', (item) => readKnown(reading, item, 'enrolled', badges));
}
