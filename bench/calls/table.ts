import type { Goal } from '../report.js';
import type { CallsResult, Compared, Counted } from './types.js';

/** As Markdown, for a terminal and for the document alike. */
export function tableOf({ compared }: CallsResult, rps: number): string {
  const head = [
    'what',
    'calls',
    'straightforward',
    'ratio',
    'per award or poll',
    `s at ${rps} calls/s`,
    'straightforward, s',
    'tokens',
  ];
  const rows = compared.map((one) => rowOf(one));
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const rowOf = ({ what, per, ours, straightforward }: Compared): readonly string[] => [
  what,
  String(ours.total),
  String(straightforward.total),
  `1 : ${(straightforward.total / ours.total).toFixed(1)}`,
  (ours.total / per).toFixed(3),
  ours.seconds.toFixed(1),
  straightforward.seconds.toFixed(1),
  String(ours.tokens),
];

export const goalsOf = ({ compared }: Pick<CallsResult, 'compared'>): readonly Goal[] =>
  compared.map(({ what, per, goal, ours }) => ({
    goal: `${what}: at most ${goal} calls each`,
    measured: (ours.total / per).toFixed(3),
    met: ours.total / per <= goal,
  }));

/** Which calls they were, busiest first. */
export const routesOf = ({ byRoute }: Counted): string => {
  const roles: Record<string, number> = {};
  for (const [route, count] of Object.entries(byRoute)) {
    const role = route.startsWith('P') ? route.replace(/^\S+/, 'partner') : route;
    roles[role] = (roles[role] ?? 0) + count;
  }
  return Object.entries(roles)
    .toSorted(([, a], [, b]) => b - a)
    .map(([route, count]) => `${count} ${route}`)
    .join(', ');
};
