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

const whereOf = ({ machine, commit, day }: ReportPart): string =>
  `${machine}; ${day}${commit === '' ? '' : `, commit ${commit}`}.`;

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
