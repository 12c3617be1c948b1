import { DateTime } from 'luxon';
import type { Assertion } from '../earners/record.js';
import { explainPerson, type PersonSources } from '../ops/shared/explain-person.js';
import { isErasedSince, type Access } from './access.js';
import { excludedOf, namesOf } from './progress.js';
import type { Parcours } from './view.js';

/**
 * What one person sees: all addresses that ops joined, as one.
 * @returns null when nobody is known there, or they were erased after `access` was given
 */
export async function readParcours(sources: PersonSources, access: Access): Promise<Parcours | null> {
  const found = await explainPerson(sources, access.earner);
  if (found === null) return null;
  const { person, scheme, json } = found;
  const own = person.addresses.find(({ key }) => key === access.earner);
  if (own === undefined || isErasedSince(access, own.record.tombstone)) return null;
  const names = namesOf(scheme);
  const day = (atS: number): string =>
    DateTime.fromSeconds(atS, { zone: scheme.timeZone, locale: 'fr' }).toLocaleString(DateTime.DATE_FULL);
  const badge = ({ id, clientId, badgeId, issuedOnS }: Assertion): readonly [string, string] => [
    id,
    `« ${names.badge(clientId, badgeId)} », de ${names.partner(clientId)}, le ${day(issuedOnS)}`,
  ];
  return {
    today: day(json.now_s),
    addresses: person.addresses.flatMap(({ record }) => record.contact?.address ?? []),
    competencies: [...scheme.competencies.values()].map(({ id, name }) => ({ id, name })),
    awards: json.awards,
    excluded: excludedOf(json, names, day),
    names,
    day,
    badgeOf: new Map(person.portfolio.assertions.map(badge)),
  };
}
