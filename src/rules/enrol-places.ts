import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/** Where things stand in a text, as offsets from its start; columns count from 0. */
export const columnOf = (text: string, offset: number): number =>
  offset - (text.lastIndexOf('\n', offset - 1) + 1);

/** Behind the last character of a node or pair, the comments after it left out. */
export function endOf(node: unknown): number {
  if (isPair(node)) return endOf(node.value ?? node.key);
  if ((isMap(node) || isSeq(node)) && node.flow !== true && node.items.length > 0)
    return endOf(node.items.at(-1));
  return rangeOf(node)[1];
}

export function startOf(node: unknown): number {
  return isPair(node) ? startOf(node.key) : rangeOf(node)[0];
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = isCollection(node) || isScalar(node) || isAlias(node) ? node.range : null;
  if (range === null || range === undefined) throw new Error('A node that was read has no place');
  return [range[0], range[1]];
}

/** The start of the line below; the end of the text where there is none. */
function lineBelow(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}

/** Where lines can follow a node: comments below it that stand further in than `column` are its own. */
export function placeBelow(text: string, node: unknown, column: number): number {
  const end = endOf(node);
  // A block scalar ends behind its last line already.
  let at = text[end - 1] === '\n' ? end : lineBelow(text, end);
  for (;;) {
    const comment = /^( *)#/.exec(text.slice(at, at + MAX_INDENT));
    if (comment === null || (comment[1] ?? '').length <= column) return at;
    at = lineBelow(text, at);
  }
}

const MAX_INDENT = 1000;

/** The column of a block list's dashes; null for a list in brackets. */
export function dashColumn(text: string, list: YAMLSeq): number | null {
  const token = list.srcToken;
  if (token?.type !== 'block-seq') return null;
  const dash = token.items[0]?.start.find(({ type }) => type === 'seq-item-ind');
  return dash === undefined ? null : columnOf(text, dash.offset);
}

/** The pair of a key as it is written. */
export const pairOf = (map: YAMLMap, key: string): Pair | undefined =>
  map.items.find((pair) => isScalar(pair.key) && pair.key.source === key);

/** A list under a key; undefined where there is no such key or it is no list. */
export function listUnder(map: YAMLMap, key: string): YAMLSeq | undefined {
  const list = pairOf(map, key)?.value;
  return isSeq(list) ? list : undefined;
}
