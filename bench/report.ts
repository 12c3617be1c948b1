import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { z } from 'zod';

const goal = z.object({ goal: z.string(), measured: z.string(), met: z.boolean() });
/** How far a goal was met, in words. */
export type Goal = z.output<typeof goal>;

const part = z.object({
  machine: z.string(),
  /** That was measured. */
  commit: z.string(),
  day: z.string(),
  text: z.string(),
  goals: z.array(goal).readonly(),
});
export type ReportPart = z.output<typeof part>;
/** What a part measured, as Markdown, and how far its goals were met. */
export type Part = Pick<ReportPart, 'text' | 'goals'>;

/** What `docs/performance.json` holds: each part as it was last measured. */
const form = z.record(z.string(), part);
export type Report = z.output<typeof form>;

/** @throws when it is no report */
export const reportOf = (text: string): Report => form.parse(JSON.parse(text));

/** Pure: what was measured of these parts, each with its machine, commit and day. */
export const pageOf = (report: Report, titles: Readonly<Record<string, string>>): string =>
  Object.entries(titles)
    .flatMap(([name, title]) => {
      const one = report[name];
      return one === undefined ? [] : [`## ${title}`, whereOf(one), one.text, tableOfGoals(one.goals)];
    })
    .join('\n\n');

const whereOf = (measured: ReportPart): string =>
  `${measured.machine}; ${measured.day}${measured.commit === '' ? '' : `, commit ${measured.commit}`}.`;

export const tableOf = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Pure: one line a goal. */
export const tableOfGoals = (goals: readonly Goal[]): string =>
  tableOf(
    ['goal', 'measured', ''],
    goals.map(({ goal: text, measured, met }) => [text, measured, met ? 'met' : '**missed**']),
  );

export const atMost = (what: string, most: number, value: number, digits = 0): Goal => ({
  goal: `${what}: at most ${most}`,
  measured: value.toFixed(digits),
  met: value <= most,
});

export const atLeast = (what: string, least: number, value: number, digits = 2): Goal => ({
  goal: `${what}: at least ${least}`,
  measured: value.toFixed(digits),
  met: value >= least,
});

/** The middle one; of an even number, the upper of the two. NaN of none. */
export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

/** The machine that figures come from, in words. */
export const machine = (): string =>
  `${cpus().length} x ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;

const git = (...args: string[]): string => String(spawnSync('git', args).stdout ?? '').trim();

/** The commit that is measured, and whether anything of it was changed since; '' where there is no git. */
export function commit(): string {
  const changed = git('status', '--porcelain', '--', 'src', 'bench', 'package-lock.json');
  return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : ' and changes');
}

const canPin = (): boolean => cpus().length > 1 && spawnSync('taskset', ['--version']).error === undefined;

/** What keeps a command to one processor, as far as this machine can. */
export const pinned = (processor: number): readonly string[] =>
  canPin() ? ['taskset', '-c', String(processor)] : [];

/** Keeps a running process to one processor, as far as this machine can. */
export function pin(pid: number, processor: number): void {
  if (canPin()) spawnSync('taskset', ['-a', '-c', '-p', String(processor), String(pid)]);
}
