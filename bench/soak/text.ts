import type { Goal } from '../report.js';
import type { SoakResult } from './run.js';
import type { Verdict } from './slope.js';

const kib = (bytes: number): string => (bytes / 1024).toFixed(1);

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

const slopeOf = ({ perMinute, bound }: Pick<Verdict, 'perMinute' | 'bound'>): string =>
  `${kib(perMinute)} ± ${kib(bound)}`;

const rowOf = ([name, verdict]: readonly [string, Verdict]): string =>
  `| ${[name, kib(verdict.mean), slopeOf(verdict), slopeOf(verdict.late), verdict.grows ? '**grows**' : 'flat'].join(' | ')} |`;

/** As it stands in docs/performance.md. */
export const textOfSoak = ({ minutes, notices, series, keysMore }: SoakResult): string =>
  [
    `${minutes} minutes, ${notices} notices; ${keysMore} keys more at the end.`,
    '',
    '| the least in twenty seconds of a heap after a collection, and of Redis | mean, KiB | KiB a minute | in the second half | |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(series).map(rowOf),
  ].join('\n');

/** A worker process may take so much. */
const MOST_BYTES = 256 * 2 ** 20;

export const goalsOfSoak = ({ series, peakRssBytes }: SoakResult): readonly Goal[] => [
  ...Object.entries(series).map(([name, verdict]) => ({
    goal: `${name}, KiB a minute in the second half: no slope`,
    measured: slopeOf(verdict.late),
    met: !verdict.grows,
  })),
  {
    goal: `a worker as it is deployed, MiB: at most ${mib(MOST_BYTES)}`,
    measured: mib(peakRssBytes),
    met: peakRssBytes <= MOST_BYTES,
  },
];
