import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';

const [WIDEST, NARROWEST] = [96, 50];

/** Prints the story in the terminal, at a reader's pace. Colour is only decoration. */
export class Narrator {
  // A terminal that does not know its width reports 0.
  readonly #width = process.stdout.columns > 0 ? clamp(process.stdout.columns) : WIDEST;
  #isAfterFact = false;

  /**
   * @param pace the factor of all pauses; 0: none
   * @param stop once aborted, nothing more is printed
   */
  constructor(
    private readonly pace: number,
    private readonly stop: AbortSignal,
  ) {}

  /** The name of a chapter. */
  heading(text: string): void {
    this.#lines(['', text, '─'.repeat(Math.min(text.length, this.#width))], 'bold');
  }

  /** A paragraph of the story. */
  say(text: string): void {
    if (this.#isAfterFact) this.gap();
    this.#lines(wrap(text, this.#width));
  }

  /** What the programs do meanwhile. */
  fact(text: string): void {
    this.#marked('  · ', text, 'dim');
  }

  /** The Région issues a badge. */
  award(text: string): void {
    this.#marked('  ★ ', text, 'green');
  }

  table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
    this.#lines(tableLines(headings, rows, this.#width));
  }

  /** The output of another program, indented. A long line goes on below, two spaces further in. */
  verbatim(lines: readonly string[]): void {
    for (const line of lines) {
      const text = line.trimStart();
      const margin = ' '.repeat(4 + line.length - text.length);
      this.#lines(hangingLines(margin, text, `${margin}  `, this.#width));
    }
  }

  /** A command to copy, never wrapped. */
  command(text: string): void {
    this.#lines([`    ${text}`]);
  }

  gap(): void {
    this.#lines(['']);
  }

  /** Gives the reader time; ends at once when the story is stopped. */
  async pause(ms: number): Promise<void> {
    await sleep(ms * this.pace, undefined, { signal: this.stop }).catch(() => {});
  }

  #marked(mark: string, text: string, style: 'dim' | 'green'): void {
    this.#lines(hangingLines(mark, text, ' '.repeat(mark.length), this.#width), style);
    this.#isAfterFact = true;
  }

  #lines(lines: readonly string[], style?: 'bold' | 'dim' | 'green'): void {
    this.#isAfterFact = false;
    if (this.stop.aborted) return;
    for (const line of lines)
      process.stdout.write(`${style === undefined || line === '' ? line : styleText(style, line)}\n`);
  }
}

const clamp = (columns: number): number => Math.max(NARROWEST, Math.min(WIDEST, columns));

const NO_BREAK = '\u00a0';

/**
 * Breaks a text into lines of at most `width` characters, between words but never before French punctuation. A longer
 * word has its own line.
 * @returns at least one line
 */
export function wrap(text: string, width: number): readonly string[] {
  const bound = text.replaceAll(/ ([:;!?»])/g, `${NO_BREAK}$1`).replaceAll('« ', `«${NO_BREAK}`);
  const lines: string[] = [];
  let line = '';
  for (const word of bound.split(/[ \n]+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') lines.push(line);
    line = longer.length > width ? word : longer;
  }
  return [...lines, line].map((one) => one.replaceAll(NO_BREAK, ' '));
}

function hangingLines(prefix: string, text: string, indent: string, width: number): readonly string[] {
  const [first = '', ...others] = wrap(text, width - indent.length);
  return [prefix + first, ...others.map((line) => indent + line)];
}

const GAP = 2;
const NARROWEST_COLUMN = 20;
/** The largest part of the width for each column but the last. */
const LARGEST_PART = 0.32;

/**
 * Returns a table as plain text. A column is as wide as its longest cell; the last one has the rest of `width`.
 * A cell that is too long goes on below, in its own column.
 */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const needed = headings.map((_, at) => Math.max(...[headings, ...rows].map((row) => row[at]?.length ?? 0)));
  const firsts = needed.slice(0, -1).map((one) => Math.min(one, Math.floor(width * LARGEST_PART)));
  const left = width - firsts.reduce((sum, one) => sum + one + GAP, 0);
  const widths = [...firsts, Math.min(needed.at(-1) ?? 0, Math.max(NARROWEST_COLUMN, left))];
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
