import { wrap } from './text.js';

/** Spaces between two columns. */
const GAP = 2;
const NARROWEST = 20;
/** No column but the last takes a larger part of the width. */
const LARGEST_PART = 0.32;

export interface Table {
  readonly headings: readonly string[];
  /** As many cells as there are headings. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * A table as plain text: each column as wide as its longest cell needs, the last one what is left of
 * `width`; what does not fit goes on below, in its own column.
 */
export function tableLines({ headings, rows }: Table, width: number): readonly string[] {
  const widths = widthsOf([headings, ...rows], width);
  const rule = widths.map((one) => '─'.repeat(one)).join(' '.repeat(GAP));
  return [...rowLines(headings, widths), rule, ...rows.flatMap((row) => rowLines(row, widths))];
}

function widthsOf(rows: readonly (readonly string[])[], width: number): readonly number[] {
  const columns = rows[0]?.length ?? 0;
  const needed = Array.from({ length: columns }, (_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  const widest = Math.floor(width * LARGEST_PART);
  const firsts = needed.slice(0, -1).map((one) => Math.min(one, widest));
  const taken = firsts.reduce((sum, one) => sum + one + GAP, 0);
  return [...firsts, Math.min(needed.at(-1) ?? 0, Math.max(NARROWEST, width - taken))];
}

function rowLines(row: readonly string[], widths: readonly number[]): readonly string[] {
  const cells = widths.map((width, at) => wrap(row[at] ?? '', width));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, at) => (lines[line] ?? '').padEnd(widths[at] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}
