import type { BadgesCondition } from '../types.js';
import { readSpan, readWhole, type Values } from './read.js';
import { type AskedFor, checkReachOfLists, type RuleReading } from './reach.js';
import { readSelector } from './selector.js';
import type { Node } from './yaml-tree.js';

/** What may stand beside `of: selector`, and nowhere else. */
export const BADGES_KEYS = [
  'issuers',
  'per_issuer',
  'abilities',
  'issued_from',
  'issued_until',
  'within_months',
] as const;

type Key = 'at_least' | (typeof BADGES_KEYS)[number];

/** Reads `{ at_least: N, of: selector, ... }`, and checks that its lists can give what it asks for. */
export function readBadgesCondition(
  reading: RuleReading,
  fields: Values<Key>,
  of: Node,
): BadgesCondition | undefined {
  const before = reading.report.faultCount;
  const asked = readAsked(reading, fields, of);
  // With a fault inside, a number could only seem too great: an unknown badge is not counted, for one.
  if (asked === undefined || reading.report.faultCount > before) return undefined;
  checkReachOfLists(reading.report, asked, reading.known);
  reading.asked.push(asked);
  return asked.condition;
}

function readAsked(reading: RuleReading, fields: Values<Key>, of: Node): AskedFor | undefined {
  const whole = (key: Key) => readWhole(reading, fields.get(key));
  const atLeast = whole('at_least');
  const selector = readSelector(reading, of);
  const [issuers, perIssuer, abilities] = [whole('issuers'), whole('per_issuer'), whole('abilities')];
  const withinMonths = whole('within_months');
  const { fromS, beforeS } = readSpan(reading, fields, 'issued_from', 'issued_until');
  if (atLeast === undefined || selector === undefined) return undefined;
  const condition = {
    kind: 'badges',
    atLeast: atLeast.value,
    selector,
    ...(issuers === undefined ? {} : { issuers: issuers.value }),
    ...(perIssuer === undefined ? {} : { perIssuer: perIssuer.value }),
    ...(abilities === undefined ? {} : { abilities: abilities.value }),
    ...(fromS === undefined ? {} : { issuedFromS: fromS }),
    ...(beforeS === undefined ? {} : { issuedBeforeS: beforeS }),
    ...(withinMonths === undefined ? {} : { withinMonths: withinMonths.value }),
  } as const;
  const places = {
    atLeast: atLeast.at,
    issuers: issuers?.at ?? fields.at,
    abilities: abilities?.at ?? fields.at,
  };
  return { condition, places };
}
