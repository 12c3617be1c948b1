import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { format } from 'prettier';
import { CRASH_POINTS } from './mayhem.js';
import type { ChaosReport } from './run.js';

/**
 * `npx tsx test/chaos/document.ts RESULTS DOCUMENT`: RESULTS holds one `--json` report a line; their table
 * takes the place of what stands in DOCUMENT between the two marks.
 */
const [BEGIN, END] = ['<!-- runs: written by test/chaos/document.ts -->', '<!-- end of runs -->'];

const sum = (counts: object): number =>
  Object.values(counts)
    .map(Number)
    .reduce((all, one) => all + one, 0);

const COLUMNS: readonly (readonly [title: string, of: (report: ChaosReport) => string | number])[] = [
  ['seed', ({ seed }) => seed],
  ['all hold', ({ passed }) => (passed ? 'yes' : '**no**')],
  ['awards given', ({ awards }) => awards.given],
  ['issue calls', ({ issueCalls }) => issueCalls.all],
  ['done, unheard', ({ issueCalls }) => issueCalls.unheard],
  ['workers killed', ({ blows, crashed }) => (blows['kill-worker'] ?? 0) + sum(crashed)],
  ['of these at a crash point', ({ crashed }) => CRASH_POINTS.map((point) => crashed[point] ?? 0).join(' ')],
  ['workers frozen', ({ blows }) => blows['freeze-worker'] ?? 0],
  ['Redis killed', ({ blows }) => blows['kill-redis'] ?? 0],
  ['Redis frozen', ({ blows }) => blows['freeze-redis'] ?? 0],
  ['web killed', ({ blows }) => blows['kill-web'] ?? 0],
  ['bad answers', ({ faults }) => sum(faults)],
  ['notices dropped', ({ notices }) => notices.dropped],
  ['doubled', ({ notices }) => notices.doubled],
  ['seconds', ({ seconds }) => `${seconds.mayhem} + ${seconds.settling}`],
];

async function main(): Promise<void> {
  const [results, document] = process.argv.slice(2);
  if (results === undefined || document === undefined) throw new Error('document.ts RESULTS DOCUMENT');
  const reports = readFileSync(results, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as ChaosReport)
    .toSorted((a, b) => a.seed - b.seed);
  const text = readFileSync(document, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${document} has no "${BEGIN}" with "${END}" after it`);
  const written = `${text.slice(0, from)}${BEGIN}\n\n${tableOf(reports)}\n\n${text.slice(to)}`;
  writeFileSync(document, await format(written, { parser: 'markdown', printWidth: 110 }));
}

function tableOf(reports: readonly ChaosReport[]): string {
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const held = reports.filter(({ passed }) => passed).length;
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return [
    `${held} of ${reports.length} seeds hold, of ${reports[0]?.earners ?? 0} earners each. Machine: ` +
      `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${memoryGb} GB, ` +
      `Node ${process.version}.`,
    '',
    row(COLUMNS.map(([title]) => title)),
    row(COLUMNS.map(() => '---')),
    ...reports.map((report) => row(COLUMNS.map(([, of]) => of(report)))),
  ].join('\n');
}

void main();
