import type { Report, ReportPart } from './report.js';

const TITLES: Readonly<Record<string, string>> = {
  door: 'The door',
  latency: 'A single award',
  calls: 'Calls of OBF',
  memory: 'Memory of Redis',
  waiting: 'What waits',
  growth: 'Growth',
  soak: 'Steady load',
};

/** Pure: all that was measured, part by part, each with its machine, commit and day. */
export const pageOf = ({ parts }: Report): string =>
  Object.entries(TITLES)
    .flatMap(([name, title]) => {
      const part = parts[name];
      return part === undefined ? [] : [`## ${title}`, whereOf(part), part.text, goalsOf(part)];
    })
    .join('\n\n');

const whereOf = ({ machine, commit, day }: ReportPart): string =>
  `${machine}; ${day}${commit === '' ? '' : `, commit ${commit}`}.`;

/** Pure: one line a goal, and what it was measured as in the runs before; nothing where there are none. */
export function goalsOf({ goals, earlier }: Pick<ReportPart, 'goals' | 'earlier'>): string {
  if (goals.length === 0) return '';
  const before = earlier.length === 0 ? '' : ' in runs before |';
  return [
    `| goal | measured | |${before}`,
    `| --- | --- | --- |${before === '' ? '' : ' --- |'}`,
    ...goals.map(({ goal, measured, met }, at) => {
      const values = earlier.flatMap((run) => run[at]?.measured ?? []);
      const row = `| ${goal} | ${measured} | ${met ? 'met' : '**missed**'} |`;
      return before === '' ? row : `${row} ${values.join('; ')} |`;
    }),
  ].join('\n');
}
