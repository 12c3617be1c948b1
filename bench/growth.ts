import { runGrowth } from './growth/run.js';

/** What each figure may be at most. */
const GOALS: Readonly<Record<string, number>> = {
  'growth.notice.commands.ratio': 1.2,
  'growth.notice.ms.ratio': 1.2,
  'growth.simulate.usPerEarner.ratio': 1.2,
  'growth.plan.usPerEarner.ratio': 1.2,
  'growth.worker.peakMib': 256,
};

const isMet = (name: string, value: number): boolean => value <= (GOALS[name] ?? Infinity);

/** `npm run bench:growth [-- --json]`: does anything cost more because there are more people? */
async function main(): Promise<void> {
  const { figures } = await runGrowth();
  for (const [name, value] of Object.entries(figures)) {
    const goal = GOALS[name];
    const words = goal === undefined ? '' : `  (<= ${goal}: ${isMet(name, value) ? 'met' : 'MISSED'})`;
    if (!process.argv.includes('--json')) say(`${name}: ${value.toFixed(3)}${words}`);
  }
  if (process.argv.includes('--json')) say(JSON.stringify({ name: 'growth', figures }));
  process.exitCode = Object.entries(figures).every(([name, value]) => isMet(name, value)) ? 0 : 1;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
