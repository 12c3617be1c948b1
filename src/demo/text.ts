const NO_BREAK = '\u00a0';

/** Keeps French signs with their words when a line is broken. */
const bound = (text: string): string =>
  text.replaceAll(/ ([:;!?»])/g, `${NO_BREAK}$1`).replaceAll('« ', `«${NO_BREAK}`);

/**
 * Breaks a text into lines of at most `width` characters, between words; a longer word stands alone.
 * @returns at least one line
 */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of bound(text).split(/[ \n]+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') lines.push(line);
    line = longer.length > width ? word : longer;
  }
  return [...lines, line].map((one) => one.replaceAll(NO_BREAK, ' '));
}

const list = new Intl.ListFormat('fr');
/** `un`, `un et deux`, `un, deux et trois`. */
export const listed = (words: readonly string[]): string => list.format(words);

/** `de Farid`, `d'Amina`. */
export const ofPerson = (name: string): string =>
  /^[aeiouyéèêâîô]/i.test(name) ? `d'${name}` : `de ${name}`;

/** `3 badges`, `1 badge`, `0 badge`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count < 2 ? one : many}`;

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
  const needed = headings.map((_, at) => Math.max(...[headings, ...rows].map((row) => row[at]?.length ?? 0)));
  const firsts = needed.slice(0, -1).map((one) => Math.min(one, Math.floor(width * LARGEST_PART)));
  const left = width - firsts.reduce((sum, one) => sum + one + GAP, 0);
  const widths = [...firsts, Math.min(needed.at(-1) ?? 0, Math.max(NARROWEST, left))];
  const rule = widths.map((one) => '─'.repeat(one)).join(' '.repeat(GAP));
  return [...rowLines(headings, widths), rule, ...rows.flatMap((row) => rowLines(row, widths))];
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
