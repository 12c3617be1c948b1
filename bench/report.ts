import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** How far a goal was met, in words. */
export type Goal = ReturnType<typeof atMost>;

/** What a part measured, as Markdown, and how far its goals were met. */
export interface Part {
  readonly text: string;
  readonly goals: readonly Goal[];
}

export const tableOf = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** A part as the page shows it: its heading, where it was measured, what came of it, one line a goal. */
export function sectionOf(title: string, { text, goals }: Part, where: string): string {
  const rows = goals.map(({ goal, measured, met }) => [goal, measured, met ? 'met' : '**missed**']);
  return [`## ${title}`, where, text, tableOf(['goal', 'measured', ''], rows)].join('\n\n');
}

const [BEGIN, END] = ['<!-- figures: written by bench/main.ts -->', '<!-- end of figures -->'];

/** Pure: the page with this section in the place of the one of that heading, or behind the others. @throws without marks */
export function withSection(page: string, title: string, section: string): string {
  const [from, to] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)];
  if (from < BEGIN.length || to < from) throw new Error(`the page has no "${BEGIN}" with "${END}" after it`);
  const sections = page
    .slice(from, to)
    .trim()
    .split(/\n+(?=## )/)
    .filter((one) => one !== '');
  const at = sections.findIndex((one) => one.startsWith(`## ${title}\n`));
  const all = at < 0 ? [...sections, section] : sections.with(at, section);
  return `${page.slice(0, from)}\n\n${all.join('\n\n')}\n\n${page.slice(to)}`;
}

export const atMost = (what: string, most: number, value: number, digits = 0) => ({
  goal: `${what}: at most ${most}`,
  measured: value.toFixed(digits),
  met: value <= most,
});

export const atLeast = (what: string, least: number, value: number, digits = 2): Goal => ({
  goal: `${what}: at least ${least}`,
  measured: value.toFixed(digits),
  met: value >= least,
});

/** @param part 0.5: the median; of an even number, the lower of the two. NaN of none */
export const quantile = (numbers: readonly number[], part: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(part * numbers.length) - 1)] ?? NaN;

export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

const git = (...args: string[]): string => String(spawnSync('git', args).stdout ?? '').trim();

/** The machine, the day, and the commit that is measured, in words. */
export function whereMeasured(): string {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const changed = git('status', '--porcelain', '--', 'src', 'bench', 'package-lock.json');
  const commit = `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' and changes'}`;
  return `${machine}, Node ${process.version}; ${new Date().toISOString().slice(0, 10)}, commit ${commit}.`;
}
