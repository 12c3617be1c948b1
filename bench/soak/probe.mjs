import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loaded into a process by `--import`: says how much of its heap is in use after a full collection.
 *
 * `PROBE_COMPILERS=off` has V8 run the bytecode, and keep it. What its compilers make of it comes and goes for as long as
 * a process runs, with notes in the heap that no statistics of V8 tell from our objects.
 */
const EVERY_MS = Number(process.env.PROBE_EVERY_MS ?? 2000);

if (process.env.PROBE_COMPILERS === 'off')
  for (const flag of ['--no-opt', '--no-maglev', '--no-sparkplug', '--no-flush-bytecode'])
    setFlagsFromString(flag);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const timer = setInterval(() => {
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  process.stderr.write(`probe ${heapUsed} ${rss}\n`);
}, EVERY_MS);
timer.unref();
