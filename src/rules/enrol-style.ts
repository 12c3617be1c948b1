import { isMap, isScalar, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { columnOf, dashColumn, listUnder, pairOf, startOf } from './enrol-places.js';

/** How the neighbours of a new line are written. */
export interface Style {
  readonly eol: '\n' | '\r\n';
  /** Whether badges stand on one line each, in braces, where they fit. */
  readonly braces: boolean;
  /** `{ id: B }`, not `{id: B}`. */
  readonly padded: boolean;
  /** The quote around ids; empty: none. */
  readonly quote: '' | '"' | "'";
  /** How far a list's dashes stand from the key above them. */
  readonly step: number;
}

const DEFAULT_STEP = 2;

/** @param partner whose badges are looked at first; undefined for one who is not there yet */
export function styleOf(text: string, partners: YAMLSeq, partner: YAMLMap | undefined): Style {
  const maps = partners.items.filter((item) => isMap(item));
  const lists = maps.flatMap((map) => listUnder(map, 'badges') ?? []);
  const own = partner === undefined ? undefined : listUnder(partner, 'badges');
  const nearest = own !== undefined && own.items.length > 0 ? [own] : lists;
  const badges = nearest.flatMap(({ items }) => items.filter((item) => isMap(item)));
  const inBraces = badges.filter(({ flow }) => flow === true);
  const sample = inBraces.at(-1);
  return {
    eol: /\r\n/.test(text) ? '\r\n' : '\n',
    braces: badges.length === 0 || inBraces.length > 0,
    padded: sample === undefined || /^\s/.test(text.slice(startOf(sample) + 1)),
    quote: quoteOf(badges.at(-1)),
    step: maps.map((map) => stepOf(text, map)).find((step) => step !== null) ?? DEFAULT_STEP,
  };
}

/** How far this partner's badges stand from their key; null where they are no block list. */
function stepOf(text: string, partner: YAMLMap): number | null {
  const pair = pairOf(partner, 'badges');
  const list = listUnder(partner, 'badges');
  const dash = list === undefined ? null : dashColumn(text, list);
  return pair === undefined || dash === null ? null : dash - columnOf(text, startOf(pair));
}

const QUOTES: Partial<Record<Scalar.Type, Style['quote']>> = { QUOTE_DOUBLE: '"', QUOTE_SINGLE: "'" };

function quoteOf(badge: YAMLMap | undefined): Style['quote'] {
  const id = badge === undefined ? undefined : pairOf(badge, 'id')?.value;
  return (isScalar(id) && id.type !== undefined ? QUOTES[id.type] : undefined) ?? '';
}
