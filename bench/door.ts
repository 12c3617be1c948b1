import { runEndToEnd } from './door/end-to-end.js';
import { runDoor } from './door/run.js';
import { tableOfDoor } from './door/table.js';
import { machine } from './support/machine.js';

/** `npm run bench:door [-- --json]`: the door beside what one writes in an hour, and beside the limit. */
async function main(): Promise<void> {
  const [door, endToEnd] = [await runDoor(), await runEndToEnd()];
  const text = process.argv.includes('--json')
    ? JSON.stringify({ door, endToEnd })
    : `${machine()}\n\n${tableOfDoor(door, endToEnd)}`;
  process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
