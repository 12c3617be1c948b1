import { writeFileSync } from 'node:fs';
import { PerformanceObserver, constants } from 'node:perf_hooks';

/**
 * Loaded into a program before it begins (`--import`): writes to `LIVE_TO`, when the program ends, how many bytes it
 * held at most right after all its garbage was collected. What it takes of the machine is more: Node collects late.
 */
let most = 0;
const look = () => {
  const { heapUsed, external } = process.memoryUsage();
  most = Math.max(most, heapUsed + external);
};
new PerformanceObserver((list) => {
  if (list.getEntries().some(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR)) look();
}).observe({ entryTypes: ['gc'] });
process.on('exit', () => {
  if (most === 0) look();
  writeFileSync(process.env['LIVE_TO'] ?? '/dev/null', String(most));
});
