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

/** A badge as its line in partners.yaml will say it, right or wrong. */
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

/** Plain text stays text: ids like `0012` and `1E5` are written back as they were. */
const AS_TEXT = { version: '1.2', schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' } as const;
const CORE = new Schema({ schema: 'core' });

/**
 * Adds a badge, and its partner if new, to the text of partners.yaml. Comments, quotes and other entries
 * stay; spacing becomes that of the `yaml` package. `parseScheme` judges the result.
 * @param text a partners.yaml in which `parseScheme` finds no fault
 * @returns null where only a hand can add to the file (aliases)
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
  let owner: YAMLMap | undefined = maps.find((item) => item.get('client_id') === clientId);
  if (owner === undefined) {
    const { name, secretEnv } = partner;
    owner = doc.createNode({
      client_id: scalar(clientId),
      name: scalar(name),
      secret_env: scalar(secretEnv),
    });
    append(partners, owner);
  }
  if (!owner.has('badges')) owner.set('badges', new YAMLSeq());
  const badges = owner.get('badges');
  if (!isSeq(badges)) return null;
  // In braces or key by key, as the badge above it.
  const last = badges.items.at(-1);
  const node = badgeNode(doc, badge);
  node.flow = !isMap(last) || last.flow === true;
  append(badges, node);
  return written(text, before, doc.toString(format));
}

/** With an empty line before it, if the one above has one. */
function append(list: YAMLSeq, item: YAMLMap): void {
  const last = list.items.at(-1);
  item.spaceBefore = isMap(last) && last.spaceBefore === true;
  // An empty `[]` gives way to lines.
  if (last === undefined) list.flow = false;
  list.add(item);
}

/** Only what is given. */
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

/** A text that YAML 1.2 would take for a number, a boolean or null stands in quotes. */
function scalar(value: string | null): Scalar<string> | undefined {
  if (value === null) return undefined;
  const node = new Scalar(value);
  if (CORE.tags.some((tag) => 'test' in tag && tag.test?.test(value))) node.type = Scalar.QUOTE_DOUBLE;
  return node;
}

/** In the line ends of the text before; the added lines are those that differ. */
function written(text: string, before: string, after: string) {
  const [old, now] = [before.split('\n'), after.split('\n')];
  let first = 0;
  while (first < old.length && old[first] === now[first]) first += 1;
  let last = 0;
  while (last < old.length - first && old.at(-1 - last) === now.at(-1 - last)) last += 1;
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  return {
    text: mark + (text.includes('\r\n') ? after.replaceAll('\n', '\r\n') : after),
    /** The first added line, from 1. */
    line: first + 1,
    lines: now.slice(first, now.length - last),
  };
}
