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

/** Colour is decoration: the words say everything without it. */
const STYLES = { bold: '1', faint: '2', green: '32' } as const;

const WIDEST = 96;
const NARROWEST = 50;

/** Tells the story in the terminal, at a reader's pace. */
export class Narrator {
  readonly #width: number;
  #amongFacts = false;

  /**
   * @param pace pauses are multiplied by this: 0 has none
   * @param stop once aborted, nothing more is said
   */
  constructor(
    private readonly terminal: Terminal,
    private readonly pace: number,
    private readonly stop: AbortSignal,
  ) {
    // A terminal that does not know its width says 0.
    const columns = terminal.columns === 0 ? undefined : terminal.columns;
    this.#width = Math.max(NARROWEST, Math.min(WIDEST, columns ?? WIDEST));
  }

  /** The name of a chapter. */
  heading(text: string): void {
    this.#lines(['', text, '─'.repeat(Math.min(text.length, this.#width))], 'bold');
  }

  /** A paragraph of the story. */
  say(text: string): void {
    if (this.#amongFacts) this.gap();
    this.#lines(wrap(text, this.#width));
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
    this.#lines(tableLines(table, this.#width));
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
    await sleep(ms * this.pace, undefined, { signal: this.stop }).catch(() => {});
  }

  /** A line that is too long goes on below, two spaces further in. */
  #folded(line: string): readonly string[] {
    const margin = line.length - line.trimStart().length;
    const [first = '', ...others] = wrap(line.trimStart(), this.#width - margin - 2);
    return [' '.repeat(margin) + first, ...others.map((one) => ' '.repeat(margin + 2) + one)];
  }

  #marked(mark: string, text: string, style: keyof typeof STYLES): void {
    const [first = '', ...others] = wrap(text, this.#width - mark.length);
    this.#lines([mark + first, ...others.map((line) => ' '.repeat(mark.length) + line)], style);
    this.#amongFacts = true;
  }

  #lines(lines: readonly string[], style?: keyof typeof STYLES): void {
    this.#amongFacts = false;
    if (this.stop.aborted) return;
    for (const line of lines) {
      const plain = style === undefined || line === '' || !this.terminal.colour;
      this.terminal.write(plain ? `${line}\n` : `\u001b[${STYLES[style]}m${line}\u001b[0m\n`);
    }
  }
}
