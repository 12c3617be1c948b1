import { CALLS, runCalls } from './calls/run.js';
import { goalsOf, tableOf } from './calls/table.js';
import { runEndToEnd } from './door/end-to-end.js';
import { runDoor } from './door/run.js';
import { goalsOfDoor, tableOfDoor } from './door/table.js';
import { growth } from './growth/part.js';
import { benchLatency } from './latency.js';
import type { MemoryFigures } from './memory-measure.js';
import { benchMemory, type MemoryReport } from './memory.js';
import type { Goal } from './report.js';
import { runSoak } from './soak/run.js';
import { goalsOfSoak, textOfSoak } from './soak/text.js';
import { runWaiting } from './waiting.js';

/** What a part measured: figures for whoever computes with them, and text for whoever reads. */
export interface Part {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly goals: readonly Goal[];
}

async function door(): Promise<Part> {
  const [found, endToEnd] = [await runDoor(), await runEndToEnd()];
  return {
    figures: {
      door: { noticesPerSecond: Math.round(found.of.palier.perSecond) },
      endToEnd: { noticesPerSecond: Math.round(endToEnd.perSecond.palier) },
    },
    text: tableOfDoor(found, endToEnd),
    goals: goalsOfDoor(found, endToEnd),
  };
}

async function calls(): Promise<Part> {
  const result = await runCalls();
  const { figures } = result;
  const perAward = {
    class1000: figures['calls.perAward.class1000'],
    single: figures['calls.perAward.single'],
  };
  return {
    figures: { calls: { perAward, perPartnerPoll: figures['calls.perPartnerPoll'] } },
    text: tableOf(result, CALLS.rps),
    goals: goalsOf(result),
  };
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function memory(quick: boolean): Promise<Part> {
  const { redis, runs } = await benchMemory(quick ? [100_000] : [100_000, 1_000_000], say);
  const { asNotice } = await runWaiting();
  const bytesPerEarner = Math.round(runs.at(-1)?.all ?? 0);
  return {
    figures: { memory: { bytesPerEarner, bytesPerWaitingNotice: Math.round(asNotice) } },
    text: textOfMemory({ redis, runs }),
    goals: runs.map(goalOfMemory),
  };
}

export const textOfMemory = ({ redis, runs }: Pick<MemoryReport, 'redis' | 'runs'>): string =>
  [
    `Bytes of Redis ${redis} an earner, all keys counted: six badges of partners, two awards issued and read back and told of in the account, address and name sealed.`,
    '',
    '| earners | person | rows of the account | events read | badges | all | filled in, s |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...runs.map(rowOfMemory),
  ].join('\n');

const rowOfMemory = ({ earners, people, seen, badges, account, all, seconds }: MemoryFigures): string => {
  const bytes = [people, account, seen, badges, all].map((each) => each.toFixed(1));
  return `| ${[earners, ...bytes, seconds.toFixed(0)].join(' | ')} |`;
};

const goalOfMemory = ({ earners, all }: MemoryFigures): Goal => ({
  goal: `${earners} earners: at most 600`,
  measured: all.toFixed(0),
  met: all <= 600,
});

async function waiting(): Promise<Part> {
  const { notices, asArrived, asNotice, keysLeft } = await runWaiting();
  return {
    figures: {},
    text: `${notices} notices.`,
    goals: [
      {
        goal: 'bytes of Redis, as the door stores it: at most 1300',
        measured: asArrived.toFixed(0),
        met: asArrived <= 1300,
      },
      {
        goal: 'bytes of Redis, as a job of its own: at most 1300',
        measured: asNotice.toFixed(0),
        met: asNotice <= 1300,
      },
      { goal: 'keys left when all are done: 0', measured: String(keysLeft), met: keysLeft === 0 },
    ],
  };
}

async function soak(quick: boolean): Promise<Part> {
  const result = await runSoak(quick ? { minutes: 1 } : {});
  return { figures: {}, text: textOfSoak(result), goals: goalsOfSoak(result) };
}

/** In the order of how long they take. */
export const PART_NAMES = ['door', 'waiting', 'latency', 'calls', 'soak', 'memory', 'growth'] as const;
export type PartName = (typeof PART_NAMES)[number];

export const PARTS: Readonly<Record<PartName, (quick: boolean) => Promise<Part>>> = {
  door,
  waiting,
  latency: async (quick) => ({ figures: {}, ...(await benchLatency(quick)) }),
  calls,
  soak,
  memory,
  growth,
};
