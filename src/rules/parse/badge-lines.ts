import { asBadgeId, type BadgeId, type ClientId } from '../../ids.js';
import type { Enrolment } from '../types.js';
import type { AbilityNames } from './competencies.js';
import { readFields, type Fields } from './fields.js';
import {
  readId,
  readKnown,
  readList,
  readNames,
  readText,
  readWhole,
  type Located,
  type Reading,
} from './read.js';
import { readSpan } from './span.js';
import type { Node } from './tree.js';

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
  const name = readText(reading, fields.get('name'));
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
