import { benchCalls } from './calls/run.js';
import { benchDoor } from './door.js';
import { benchGrowth } from './growth.js';
import { benchLatency } from './latency.js';
import type { MemoryFigures } from './memory-measure.js';
import { benchMemory, type MemoryReport } from './memory.js';
import type { Goal, Part } from './report.js';
import { benchVerification } from './verification.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function memory(quick: boolean): Promise<Part> {
  const { redis, runs } = await benchMemory(quick ? [100_000] : [100_000, 1_000_000], say);
  return { text: textOfMemory({ redis, runs }), goals: runs.map(goalOfMemory) };
}

export const textOfMemory = ({ redis, runs }: Pick<MemoryReport, 'redis' | 'runs'>): string =>
  [
    `Bytes of Redis ${redis} an earner, all keys counted: six badges of partners, two awards issued and read back and told in the journal, address and name; sealed whole.`,
    '',
    "| earners | record | journal's index | events read | all | filled in, s |",
    '| --- | --- | --- | --- | --- | --- |',
    ...runs.map(rowOfMemory),
  ].join('\n');

const rowOfMemory = ({ earners, people, seen, index, all, seconds }: MemoryFigures): string => {
  const bytes = [people, index, seen, all].map((each) => each.toFixed(1));
  return `| ${[earners, ...bytes, seconds.toFixed(0)].join(' | ')} |`;
};

const goalOfMemory = ({ earners, all }: MemoryFigures): Goal => ({
  goal: `${earners} earners: at most 1 200`,
  measured: all.toFixed(0),
  met: all <= 1200,
});

/** In the order of how long they take, with their headings. Each: `quick` with fewer people. */
export const PARTS = {
  door: { title: 'The door', measure: benchDoor },
  latency: { title: 'A single award', measure: benchLatency },
  calls: { title: 'Calls of OBF', measure: benchCalls },
  memory: { title: 'Memory of Redis', measure: memory },
  verification: { title: 'Reading everything again', measure: benchVerification },
  growth: { title: 'Growth', measure: benchGrowth },
} as const satisfies Record<string, { title: string; measure: (quick: boolean) => Promise<Part> }>;
