/** What happened when, to be told of an earner for whom something went wrong. */
export class Diary {
  private readonly lines: { readonly atMs: number; readonly about: string; readonly text: string }[] = [];
  private readonly startMs = Date.now();

  /** @param about an event's id, an earner's address in its plain form, or `run` */
  note(about: string, text: string, atMs = Date.now()): void {
    this.lines.push({ atMs, about, text });
  }

  /** Every line about one of these, in order of time. */
  of(about: ReadonlySet<string>): string[] {
    return this.lines
      .filter((line) => about.has(line.about))
      .toSorted((a, b) => a.atMs - b.atMs)
      .map(({ atMs, about: what, text }) => `${this.clock(atMs)} [${what}] ${text}`);
  }

  clock(atMs: number): string {
    return `${((atMs - this.startMs) / 1000).toFixed(2).padStart(7)}s`;
  }
}
