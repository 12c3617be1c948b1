import { isMap, isScalar, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import type { BadgeId, ClientId } from '../ids.js';
import { applied, below, betweenBrackets, instead, isBareEmpty, type Edit } from './enrol-edit.js';
import { columnOf, dashColumn, endOf, listUnder, pairOf, startOf } from './enrol-places.js';
import { styleOf, type Style } from './enrol-style.js';
import { badgeInBraces, badgeLines, indent, partnerInBraces, partnerLines } from './enrol-words.js';

/** A badge as its line in partners.yaml will say it. */
export interface EnrolmentLine {
  readonly badgeId: BadgeId;
  readonly name: string | null;
  readonly competency: string;
  readonly level: number;
  readonly ability: string | null;
  /** Days like `2024-01-31`, inclusive. */
  readonly from: string | null;
  readonly until: string | null;
  readonly replaces: readonly BadgeId[];
}

/** What is written of a partner who is not in the file yet. */
export interface NewPartner {
  readonly name: string | null;
  readonly secretEnv: string | null;
}

export interface Enrolling {
  readonly clientId: ClientId;
  /** Used only where the file has no such partner. */
  readonly partner: NewPartner;
  readonly badge: EnrolmentLine;
}

/**
 * Writes a badge into the text of partners.yaml, in the style of its neighbours. Lines come in, and
 * nothing else changes; an empty `[]` alone gives way to them. Whether what is written makes sense is
 * `parseScheme`'s to say.
 * @param text a partners.yaml in which `parseScheme` finds no fault
 * @returns the new text; null where the file is written in a way that only a hand can add to (aliases)
 */
export function enrol(text: string, enrolling: Enrolling): string | null {
  const root = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    logLevel: 'silent',
    keepSourceTokens: true,
  }).contents;
  const partners = isMap(root) ? listUnder(root, 'partners') : undefined;
  if (!isMap(root) || partners === undefined) return null;
  const partner = partners.items
    .filter((item) => isMap(item))
    .find((map) => isClient(map, enrolling.clientId));
  const style = styleOf(text, partners, partner);
  const edits =
    partner === undefined
      ? addPartner(text, root, partners, enrolling, style)
      : addBadge(text, partner, enrolling, style);
  return edits && applied(text, edits);
}

function isClient(map: YAMLMap, clientId: ClientId): boolean {
  const id = pairOf(map, 'client_id')?.value;
  return isScalar(id) && id.source === clientId;
}

function addBadge(
  text: string,
  partner: YAMLMap,
  { badge }: Enrolling,
  style: Style,
): readonly Edit[] | null {
  if (pairOf(partner, 'badges') === undefined) return addFirstBadge(text, partner, badge, style);
  const list = listUnder(partner, 'badges');
  if (list === undefined) return null;
  return addItem(text, partner, 'badges', list, style, {
    inBraces: () => badgeInBraces(badge, style),
    lines: (dash) => [...gap(text, list), ...badgeLines(badge, style, dash)],
  });
}

/** The partner's map has no `badges` yet. */
function addFirstBadge(text: string, partner: YAMLMap, badge: EnrolmentLine, style: Style): readonly Edit[] {
  if (partner.flow === true)
    return betweenBrackets(text, partner, `badges: [${badgeInBraces(badge, style)}]`, style);
  const column = columnOf(text, startOf(partner.items[0]));
  const lines = [`${indent(column)}badges:`, ...badgeLines(badge, style, column + style.step)];
  return [below(text, { node: partner, column: column - 1 }, lines, style)];
}

function addPartner(
  text: string,
  root: YAMLMap,
  partners: YAMLSeq,
  { clientId, partner, badge }: Enrolling,
  style: Style,
): readonly Edit[] {
  return addItem(text, root, 'partners', partners, style, {
    inBraces: () => partnerInBraces(clientId, partner, badge, style),
    lines: (dash) => [
      ...(partners.items.length === 1 ? [''] : gap(text, partners)),
      ...partnerLines(clientId, partner, badge, style, dash),
    ],
  });
}

/** The empty line that stands between the last two items, if one does. */
function gap(text: string, { items }: YAMLSeq): readonly string[] {
  const [one, other] = items.slice(-2);
  if (other === undefined) return [];
  return /\n[ \t]*\r?\n/.test(text.slice(endOf(one), startOf(other))) ? [''] : [];
}

/** The same item in both ways that YAML has of writing it. */
interface Item {
  readonly inBraces: () => string;
  readonly lines: (dash: number) => readonly string[];
}

/** @param owner the map that has the list under `key` */
function addItem(
  text: string,
  owner: YAMLMap,
  key: string,
  list: YAMLSeq,
  style: Style,
  item: Item,
): readonly Edit[] {
  const dash = dashColumn(text, list);
  if (dash !== null) return [below(text, { node: list, column: dash }, item.lines(dash), style)];
  const pair = pairOf(owner, key);
  if (pair === undefined || owner.flow === true || !isBareEmpty(text, pair, list))
    return betweenBrackets(text, list, item.inBraces(), style);
  return instead(text, pair, list, item.lines(columnOf(text, startOf(pair)) + style.step), style);
}
