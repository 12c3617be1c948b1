import { isPair, type YAMLMap, type YAMLSeq } from 'yaml';
import { columnOf, endOf, placeBelow, startOf } from './enrol-places.js';
import type { Style } from './enrol-style.js';
import { indent } from './enrol-words.js';

/** What comes into a text at one place, and how many characters give way to it. */
export interface Edit {
  readonly at: number;
  readonly text: string;
  readonly removed?: number;
}

export function applied(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((a, b) => b.at - a.at)
    .reduce(
      (done, { at, removed = 0, text: added }) => done.slice(0, at) + added + done.slice(at + removed),
      text,
    );
}

/** Lines of their own below a node; a last line without an end stays without one. */
export function below(
  text: string,
  { node, column }: { readonly node: unknown; readonly column: number },
  lines: readonly string[],
  { eol }: Pick<Style, 'eol'>,
): Edit {
  const at = placeBelow(text, node, column);
  const body = lines.join(eol);
  return { at, text: text.endsWith('\n') || at < text.length ? body + eol : eol + body };
}

/** Whether a key's list is `[]` on the key's own line, and can give way to lines below it. */
export function isBareEmpty(text: string, pair: unknown, list: YAMLSeq): boolean {
  if (!isPair(pair)) return false;
  const between = text.slice(endOf(pair.key), endOf(list));
  return /^:[ \t]+\[[ \t]*\]$/.test(between);
}

/** `[]` gives way to lines of a list below its key. */
export function instead(
  text: string,
  pair: { readonly key: unknown },
  list: YAMLSeq,
  lines: readonly string[],
  style: Style,
): readonly Edit[] {
  const colon = endOf(pair.key) + 1;
  const column = columnOf(text, startOf(pair.key));
  return [
    { at: colon, removed: endOf(list) - colon, text: '' },
    below(text, { node: list, column }, lines, style),
  ];
}

/**
 * One more item (or pair) between brackets or braces: on a line of its own where the last one ends its
 * line, else beside it.
 */
export function betweenBrackets(
  text: string,
  flow: YAMLSeq | YAMLMap,
  added: string,
  { eol }: Style,
): readonly Edit[] {
  const last: unknown = flow.items.at(-1);
  if (last === undefined) return [{ at: startOf(flow) + 1, text: added }];
  const end = endOf(last);
  const comma = /^\s*,/.exec(text.slice(end))?.[0].length ?? 0;
  const rest = /^[ \t]*(?:#[^\n]*)?\r?\n/.exec(text.slice(end + comma));
  if (rest === null)
    return [comma === 0 ? { at: end, text: `, ${added}` } : { at: end + comma, text: ` ${added},` }];
  const line = indent(columnOf(text, startOf(last))) + added + (comma === 0 ? '' : ',') + eol;
  const ownLine = { at: end + comma + rest[0].length, text: line };
  return comma === 0 ? [{ at: end, text: ',' }, ownLine] : [ownLine];
}
