import type { Goal } from '../report.js';
import type { EndToEndResult } from './end-to-end.js';
import type { DoorResult } from './run.js';
import { DOORS, type DoorName } from './subjects.js';

const NAMES: Readonly<Record<DoorName, string>> = {
  reference: 'reference (written in an hour)',
  palier: 'Palier',
  limit: 'limit (node:http, one HMAC, one XADD)',
};

const goalOf = (goal: string, ratio: number, met: boolean): Goal => ({
  goal,
  measured: ratio.toFixed(2),
  met,
});

/** Pure: the goals of the door. */
export function goalsOfDoor({ ratios }: DoorResult, { ratio: through }: EndToEndResult): readonly Goal[] {
  const { perSecondToReference: more, perSecondToLimit: near, p99ToReference: late } = ratios;
  return [
    goalOf('accepted a second: at least 4 times the reference', more, more >= 4),
    goalOf('accepted a second: at least 0.75 of the limit', near, near >= 0.75),
    goalOf('p99 of the acknowledgement: at most 0.5 of the reference', late, late <= 0.5),
    goalOf('end to end: at least 3 times the reference', through, through >= 3),
  ];
}

/** Pure: what was measured, as a Markdown table. */
export function tableOfDoor(door: DoorResult, endToEnd: EndToEndResult): string {
  const rows = DOORS.map((name) => {
    const { perSecond, p50Ms, p99Ms, cpuUs } = door.of[name];
    const through = name === 'limit' ? '' : Math.round(endToEnd.perSecond[name]);
    return `| ${NAMES[name]} | ${Math.round(perSecond)} | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} | ${cpuUs.toFixed(0)} | ${through} |`;
  });
  return [
    `Medians of ${door.rounds} alternating rounds, ratios those of each round; ${door.repeats} runs were made again, since others were at work on the machine.`,
    '',
    '| door | accepted a second | p50, ms | p99, ms | processor, µs each | end to end, a second |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
