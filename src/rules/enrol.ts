import {
  type Document,
  isMap,
  isSeq,
  type Node,
  parseDocument,
  Scalar,
  Schema,
  type YAMLMap,
  YAMLSeq,
} from 'yaml';
import type { BadgeId, ClientId } from '../ids.js';

/** The fields of a badge's line in partners.yaml, not checked yet. */
export interface EnrolmentLine {
  readonly badgeId: BadgeId;
  readonly name: string | null;
  readonly competency: string;
  readonly level: string;
  readonly ability: string | null;
  /** Days like `2024-01-31`, inclusive. */
  readonly from: string | null;
  readonly until: string | null;
  readonly replaces: readonly BadgeId[];
}

export interface Enrolling {
  readonly clientId: ClientId;
  /** Used only where the file has no such partner. */
  readonly partner: { readonly name: string | null; readonly secretEnv: string | null };
  readonly badge: EnrolmentLine;
}

/** Reads every scalar as text: ids like `0012` and `1E5` are written back unchanged. */
const AS_TEXT = { version: '1.2', schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' } as const;
const CORE = new Schema({ schema: 'core' });

/**
 * Adds a badge, and its partner if new, to the text of partners.yaml. Comments, quotes and other entries stay. The
 * `yaml` package sets the spacing. The result is not checked: call `parseScheme`.
 * @param text a partners.yaml in which `parseScheme` finds no fault
 * @returns null when a list of the file is an alias: a person must edit it
 */
export function enrol(text: string, { clientId, partner, badge }: Enrolling) {
  const doc = parseDocument<Node>(text.replaceAll('\r\n', '\n'), AS_TEXT);
  const partners = isMap(doc.contents) ? doc.contents.get('partners') : null;
  if (!isSeq(partners)) return null;
  const format = {
    lineWidth: 0,
    indentSeq: !/^- /m.test(text),
    flowCollectionPadding: !/\{\S/.test(text),
  };
  const before = doc.toString(format);
  const maps = partners.items.filter((item) => isMap(item));
  let partnerNode: YAMLMap | undefined = maps.find((item) => item.get('client_id') === clientId);
  if (partnerNode === undefined) {
    partnerNode = doc.createNode({
      client_id: scalar(clientId),
      name: scalar(partner.name),
      secret_env: scalar(partner.secretEnv),
    });
    append(partners, partnerNode);
  }
  if (!partnerNode.has('badges')) partnerNode.set('badges', new YAMLSeq());
  const badges = partnerNode.get('badges');
  if (!isSeq(badges)) return null;
  // In braces or key by key, like the last badge.
  const last = badges.items.at(-1);
  const node = badgeNode(doc, badge);
  node.flow = !isMap(last) || last.flow === true;
  append(badges, node);
  return diffOf(text, before, doc.toString(format));
}

/** Adds an empty line before the item if the last item has one. */
function append(list: YAMLSeq, item: YAMLMap): void {
  const last = list.items.at(-1);
  item.spaceBefore = isMap(last) && last.spaceBefore === true;
  // An empty `[]` becomes a list with a line for each item.
  if (last === undefined) list.flow = false;
  list.add(item);
}

/** Leaves out the keys that have no value. */
const badgeNode = (doc: Document, { replaces, ...badge }: EnrolmentLine): YAMLMap =>
  doc.createNode({
    id: scalar(badge.badgeId),
    name: scalar(badge.name),
    competency: scalar(badge.competency),
    level: new Scalar(badge.level),
    ability: scalar(badge.ability),
    enrolled_from: scalar(badge.from),
    enrolled_until: scalar(badge.until),
    replaces: replaces.length === 0 ? undefined : doc.createNode(replaces.map(scalar), { flow: true }),
  });

/** Quotes a text that YAML 1.2 would read as a number, a boolean or null. */
function scalar(value: string | null): Scalar<string> | undefined {
  if (value === null) return undefined;
  const node = new Scalar(value);
  if (CORE.tags.some((tag) => 'test' in tag && tag.test?.test(value))) node.type = Scalar.QUOTE_DOUBLE;
  return node;
}

/** Returns the new text, with the file's line ends and byte order mark, and the added lines. */
function diffOf(text: string, before: string, after: string) {
  const [oldLines, newLines] = [before.split('\n'), after.split('\n')];
  let head = 0;
  while (head < oldLines.length && oldLines[head] === newLines[head]) head += 1;
  let tail = 0;
  while (tail < oldLines.length - head && oldLines.at(-1 - tail) === newLines.at(-1 - tail)) tail += 1;
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  return {
    text: mark + (text.includes('\r\n') ? after.replaceAll('\n', '\r\n') : after),
    /** The first added line, from 1. */
    line: head + 1,
    lines: newLines.slice(head, newLines.length - tail),
  };
}
