import type { Figures } from './figures.js';
import { ASSUMPTIONS, needOf, PRICES, SCENARIOS, type Need } from './scale-model.js';

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en-GB', { maximumFractionDigits: digits });

const ROWS: readonly (readonly [title: string, of: (need: Need) => string])[] = [
  ['events told per day, in the mean', ({ eventsPerDay }) => number(eventsPerDay)],
  ['on the busiest day', ({ eventsOnPeakDay }) => number(eventsOnPeakDay)],
  ['OBF calls per day to poll (each at its own account)', ({ pollCallsPerDay }) => number(pollCallsPerDay)],
  ['OBF calls per day for awards', ({ awardCallsPerDay }) => number(awardCallsPerDay)],
  [
    "of the Région's own rate, on the busiest day",
    ({ rateUsedOnPeakDay }) => `${number(rateUsedOnPeakDay * 100, 2)} %`,
  ],
  [
    'first award to everybody at once, per Région',
    ({ firstApplyHours }) => `${number(firstApplyHours, 2)} h`,
  ],
  ['Redis, per Région', ({ redisMiBPerRegion }) => `${number(redisMiBPerRegion)} MiB`],
  ['Redis, in all', ({ redisMiB }) => `${number(redisMiB)} MiB`],
  [
    'Redis commands per second, busiest day',
    ({ redisCommandsPerSecondAtPeak }) => number(redisCommandsPerSecondAtPeak, 1),
  ],
  ['web processes', ({ web }) => number(web)],
  ['worker processes', ({ workers }) => number(workers)],
  ['money per month', ({ eurosPerMonth }) => `${number(eurosPerMonth)} €`],
  ['— per earner and year', () => ''],
];

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

/** Pure: the tables of docs/scale.md. */
export function tablesOf(figures: Figures): string {
  const needs = SCENARIOS.map((scenario) => ({ scenario, need: needOf(scenario, figures) }));
  const lines = ROWS.map(([title, of]) => [
    title,
    ...needs.map(({ scenario, need }) =>
      title.startsWith('—') ? `${number((need.eurosPerMonth * 12) / scenario.earners, 4)} €` : of(need),
    ),
  ]);
  const head = SCENARIOS.map(
    ({ name, earners, partners }) => `${name}: ${number(earners)} earners, ${number(partners)} partners`,
  );
  return [
    '## What is needed',
    table(['', ...head], lines),
    '## From what was measured',
    table(['figure (docs/performance.json)', 'value'], flat(figures)),
    '## What is supposed',
    table(['assumption (bench/scale-model.ts)', 'value'], flat(ASSUMPTIONS)),
    `## Prices, supposed, of ${PRICES.date}`,
    table(
      ['what', 'size', 'euros a month, without tax'],
      [
        ['web', `${PRICES.web.mib} MiB`, number(PRICES.web.euros, 2)],
        ['worker', `${PRICES.worker.mib} MiB`, number(PRICES.worker.euros, 2)],
        ...PRICES.redis.map(({ mib, euros }) => [
          'Redis with a standby',
          `${number(mib)} MiB`,
          number(euros, 2),
        ]),
      ],
    ),
  ].join('\n\n');
}

/** `a.b.c` and the value of every number. */
function flat(tree: object, before = ''): string[][] {
  return Object.entries(tree).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? flat(value, `${before}${name}.`)
      : [[`${before}${name}`, number(Number(value), 3)]],
  );
}
