import type { Part } from '../parts.js';
import type { Goal } from '../report.js';
import { GROWTH, runGrowth, type GrowthOptions } from './run.js';

/** What each figure may be at most. */
const GOALS: Readonly<Record<string, number>> = {
  'growth.notice.commands.ratio': 1.2,
  'growth.notice.ms.ratio': 1.2,
  'growth.simulate.usPerEarner.ratio': 1.2,
  'growth.plan.usPerEarner.ratio': 1.2,
  'growth.reconcile.ourShareOfObfsTime': 1,
  'growth.reconcile.workerPeakMib': 256,
  'growth.worker.peakMib.large': 256,
};

/** Smaller towns: what does not grow is seen there as well, and less surely. */
const QUICK: GrowthOptions = { notices: [10_000, 100_000], commands: [30_000, 90_000], assertions: 20_000 };

/** It takes long: what is known already is told. */
function tell(known: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(known)) process.stdout.write(`${name}: ${value.toFixed(2)}\n`);
}

/** Does anything cost more because there are more people? */
export async function growth(quick: boolean): Promise<Part> {
  const sizes = quick ? QUICK : GROWTH;
  const { figures } = await runGrowth(sizes, tell);
  return partOf(sizes, figures);
}

/** Pure. */
export function partOf(sizes: GrowthOptions, figures: Readonly<Record<string, number>>): Part {
  const goals = Object.entries(GOALS).map(([name, most]): Goal => {
    const value = figures[name] ?? NaN;
    return { goal: `${name}: at most ${most}`, measured: value.toFixed(2), met: value <= most };
  });
  const rows = Object.entries(figures).map(([name, value]) => `| ${name} | ${value.toFixed(2)} |`);
  return {
    figures: {
      growth: { commandsPerNotice: figures['growth.notice.commands.large'] },
      worker: {
        rssMiB: Math.max(
          figures['growth.reconcile.workerPeakMib'] ?? 0,
          figures['growth.worker.peakMib.large'] ?? 0,
        ),
      },
    },
    text: [
      `A notice among ${sizes.notices.join(' and ')} earners; commands, and a worker that makes the plan of the ops pages, among ${sizes.commands.join(' and ')}; ${sizes.assertions} assertions read again, then everybody evaluated.`,
      '`peakMib` is what the process took of the machine at most, `liveMib` what it held at most when its garbage had just been collected.',
      '',
      '| figure | measured |',
      '| --- | --- |',
      ...rows,
    ].join('\n'),
    goals,
  };
}
