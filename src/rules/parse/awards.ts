import { asAwardId, asBadgeId, type AwardId } from '../../ids.js';
import type { Award, OnLoss } from '../types.js';
import { readCondition } from './condition.js';
import {
  checkIdKey,
  type Located,
  readChoice,
  readFields,
  readFlag,
  readId,
  type Reading,
  readKnown,
  readMap,
  readText,
  readWhole,
} from './read.js';
import type { PlacedCondition, Known } from './reach.js';
import type { Entry, Node } from './fault.js';
import { walk, type Edge } from './walk.js';
import { already, circle } from './messages.js';

const AWARD_KEYS = {
  required: ['badge', 'rule'],
  optional: ['name', 'competency', 'level', 'active', 'on_loss'],
} as const;
type AwardKey = (typeof AWARD_KEYS)['required' | 'optional'][number];

const ON_LOSS: readonly OnLoss[] = ['keep', 'flag', 'revoke'];

export interface Awards {
  /** Each after every award that its rule holds. Complete only when nothing was at fault. */
  readonly inOrder: readonly Award[];
  readonly placed: readonly PlacedCondition[];
}

type AwardsReading = Reading & { readonly known: Omit<Known, 'awards'> };

/** Reads `awards`, their rules included, and checks them against each other. */
export function readAwards(reading: AwardsReading, node: Node | undefined): Awards {
  const entries = [...(readMap(reading, node)?.entries.values() ?? [])];
  const names = entries.map(({ key }) => asAwardId(key));
  const known = { ...reading.known, awards: new Set(names) };
  const placed: PlacedCondition[] = [];
  const edges = new Map<string, Edge[]>();
  const badges = new Map<string, Located<string>>();
  const awards = new Map<string, Award>();
  for (const entry of entries) {
    checkIdKey(reading, entry.key, entry.keyAt);
    const holds: Edge[] = [];
    const award = readAward({ ...reading, known, holds, placed }, entry, badges);
    edges.set(entry.key, firstOfEach(holds));
    if (award !== undefined) awards.set(entry.key, award);
  }
  const { order, circles } = walk(names, edges);
  for (const { path, at } of circles) reading.report.fault(at, circle(HOLDS, path));
  return { inOrder: order.flatMap((id) => awards.get(id) ?? []), placed };
}

const HOLDS = { fr: 'demande', en: 'holds' };

/** A rule may hold one award in several places; one circle is told once. */
const firstOfEach = (edges: readonly Edge[]): Edge[] => {
  const byName = new Map(edges.toReversed().map((edge) => [edge.to, edge]));
  return [...byName.values()].toReversed();
};

type AwardReading = Parameters<typeof readCondition>[0];

function readAward(
  reading: AwardReading,
  { key, value }: Entry,
  badges: Map<string, Located<string>>,
): Award | undefined {
  const fields = readFields<AwardKey>(reading, value, AWARD_KEYS);
  if (fields === undefined) return undefined;
  const competencies = reading.known.abilityNames;
  const badge = readBadgeOnce(reading, fields.get('badge'), badges);
  const rule = readCondition(reading, fields.get('rule'), 1);
  const id: AwardId = asAwardId(key);
  const award = {
    id,
    name: readText(reading, fields.get('name'))?.value ?? key,
    competency: readKnown(reading, fields.get('competency'), 'competency', competencies)?.value ?? null,
    level: readWhole(reading, fields.get('level'))?.value ?? null,
    active: readFlag(reading, fields.get('active'))?.value ?? true,
    onLoss: readChoice(reading, fields.get('on_loss'), ON_LOSS) ?? 'flag',
  };
  return badge && rule && { ...award, badgeId: asBadgeId(badge.value), rule };
}

/** Two awards with one badge would each take the other's for their own. */
function readBadgeOnce(
  reading: AwardReading,
  node: Node | undefined,
  badges: Map<string, Located<string>>,
): Located<string> | undefined {
  const badge = readId(reading, node);
  if (badge === undefined) return undefined;
  const first = badges.get(badge.value);
  if (first === undefined) badges.set(badge.value, badge);
  else reading.report.fault(badge.at, already('badge', badge.value, first.at));
  return badge;
}
