import type { Report } from './report.js';

const TITLES: Readonly<Record<string, string>> = {
  door: 'The door',
  calls: 'Calls of OBF',
  memory: 'Memory of Redis',
  waiting: 'What waits',
  growth: 'Growth',
  soak: 'Steady load',
};

/** Pure: all that was measured, part by part, each with its machine and day. */
export const pageOf = ({ parts }: Report): string =>
  Object.entries(TITLES)
    .flatMap(([name, title]) => {
      const part = parts[name];
      return part === undefined ? [] : [`## ${title}`, `${part.machine}; ${part.day}.`, part.text];
    })
    .join('\n\n');
