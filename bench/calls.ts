import { CALLS, runCalls } from './calls/run.js';
import { routesOf, tableOf } from './calls/table.js';

/** `npm run bench:calls [-- --json]`: what Palier asks of OBF, beside the straightforward way. Two minutes. */
async function main(): Promise<void> {
  const result = await runCalls();
  if (process.argv.includes('--json')) return say(JSON.stringify(result));
  say(tableOf(result, CALLS.rps));
  for (const { what, ours } of result.compared) say(`\n${what}: ${routesOf(ours)}`);
  say(
    '\nThe straightforward way was run against the same OBF; its seconds are its busiest client’s calls / rate.',
  );
  process.exitCode = result.compared.every(({ ours, per, goal }) => ours.total / per <= goal) ? 0 : 1;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
