import { setTimeout as sleep } from 'node:timers/promises';
import { tableLines, wrap, type Table } from './text.js';

/** Where the story is told. */
export interface Terminal {
  readonly write: (text: string) => void;
  /** Beside the story, for what goes wrong. */
  readonly writeFault: (text: string) => void;
  /** Characters in a line, where it has an end. */
  readonly columns: number | undefined;
  readonly colour: boolean;
}

interface NarratorOptions {
  readonly terminal: Terminal;
  /** Pauses are multiplied by this: 0 has none. */
  readonly pace: number;
  /** Once aborted, nothing more is said. */
  readonly stop: AbortSignal;
}

/** Colour is decoration: the words say everything without it. */
const STYLES = { bold: '1', faint: '2', green: '32' } as const;
type Style = keyof typeof STYLES;

const WIDEST = 96;
const NARROWEST = 50;

/** A terminal that does not know its width says 0. */
const columnsOf = ({ columns = 0 }: Terminal): number => (columns === 0 ? WIDEST : columns);

/** Tells the story in the terminal, at a reader's pace. */
export class Narrator {
  readonly #options: NarratorOptions;
  readonly width: number;
  #amongFacts = false;

  constructor(options: NarratorOptions) {
    this.#options = options;
    this.width = Math.max(NARROWEST, Math.min(WIDEST, columnsOf(options.terminal)));
  }

  /** The name of a chapter. */
  heading(text: string): void {
    this.#lines(['', text, '─'.repeat(Math.min(text.length, this.width))], 'bold');
  }

  /** A paragraph of the story. */
  say(text: string): void {
    if (this.#amongFacts) this.gap();
    this.#lines(wrap(text, this.width));
  }

  /** What the machines do meanwhile. */
  fact(text: string): void {
    this.#marked('  · ', text, 'faint');
  }

  /** A badge of the Région goes out. */
  award(text: string): void {
    this.#marked('  ★ ', text, 'green');
  }

  table(table: Table): void {
    this.#lines(tableLines(table, this.width));
  }

  /** What another program printed, further in. */
  verbatim(lines: readonly string[]): void {
    this.#lines(lines.flatMap((line) => this.#folded(`    ${line}`)));
  }

  /** A command to copy: never broken. */
  command(text: string): void {
    this.#lines([`    ${text}`]);
  }

  gap(): void {
    this.#lines(['']);
  }

  /** Lets the reader read; ends at once when the story is stopped. */
  async pause(ms: number): Promise<void> {
    const { pace, stop } = this.#options;
    await sleep(ms * pace, undefined, { signal: stop }).catch(() => {});
  }

  /** A line that is too long goes on below, two spaces further in. */
  #folded(line: string): readonly string[] {
    const margin = line.length - line.trimStart().length;
    const [first = '', ...others] = wrap(line.trimStart(), this.width - margin - 2);
    return [' '.repeat(margin) + first, ...others.map((one) => ' '.repeat(margin + 2) + one)];
  }

  #marked(mark: string, text: string, style: Style): void {
    const [first = '', ...others] = wrap(text, this.width - mark.length);
    this.#lines([mark + first, ...others.map((line) => ' '.repeat(mark.length) + line)], style);
    this.#amongFacts = true;
  }

  #lines(lines: readonly string[], style?: Style): void {
    const { terminal, stop } = this.#options;
    this.#amongFacts = false;
    if (stop.aborted) return;
    for (const line of lines) terminal.write(`${this.#painted(line, style)}\n`);
  }

  #painted(line: string, style: Style | undefined): string {
    const plain = style === undefined || line === '' || !this.#options.terminal.colour;
    return plain ? line : `\u001b[${STYLES[style]}m${line}\u001b[0m`;
  }
}
