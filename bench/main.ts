import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { benchCalls } from './calls.js';
import { benchDoor } from './door.js';
import { benchGrowth } from './growth.js';
import { benchLatency } from './latency.js';
import { benchMemory } from './memory.js';
import { benchVerification } from './verification.js';
import { commit, machine, pageOf, type Part, type Report, reportOf, tableOfGoals } from './report.js';

/**
 * `npm run bench [-- PART...] [--quick]`: measures (all parts: some forty minutes; quick ones with fewer people), keeps
 * what came of it in `docs/performance.json`, and writes `docs/performance.md` anew. What is not measured this
 * time stays, with its own date and machine. Exit code 1 when a goal was missed.
 */
const [FIGURES, DOCUMENT] = ['docs/performance.json', 'docs/performance.md'];
const [BEGIN, END] = ['<!-- figures: written by bench/main.ts -->', '<!-- end of figures -->'];

/** In the order of how long they take, with their headings. Each: `quick` with fewer people. */
const PARTS = {
  door: { title: 'The door', measure: benchDoor },
  latency: { title: 'A single award', measure: benchLatency },
  calls: { title: 'Calls of OBF', measure: benchCalls },
  memory: { title: 'Memory of Redis', measure: benchMemory },
  verification: { title: 'Reading everything again', measure: benchVerification },
  growth: { title: 'Growth', measure: benchGrowth },
} as const satisfies Record<string, { title: string; measure: (quick: boolean) => Promise<Part> }>;

async function main(): Promise<void> {
  let report = reportOf(existsSync(FIGURES) ? readFileSync(FIGURES, 'utf8') : '{}');
  const quick = process.argv.includes('--quick');
  for (const [name, { measure }] of asked(process.argv.slice(2).filter((one) => one !== '--quick'))) {
    say(`${name}...`);
    const part = await measure(quick);
    const where = { machine: machine(), commit: commit(), day: new Date().toISOString().slice(0, 10) };
    report = { ...report, [name]: { ...where, ...part } };
    say(`${part.text}\n\n${tableOfGoals(part.goals)}\n`);
    if (part.goals.some(({ met }) => !met)) process.exitCode = 1;
    writeFileSync(FIGURES, await format(JSON.stringify(report), { parser: 'json', printWidth: 110 }));
    await writePage(report);
  }
}

function asked(args: readonly string[]) {
  const known = Object.keys(PARTS);
  const wrong = args.filter((one) => !known.includes(one));
  if (wrong.length > 0) throw new Error(`no such part: ${wrong.join(', ')}; there are ${known.join(', ')}`);
  return Object.entries(PARTS).filter(([name]) => args.length === 0 || args.includes(name));
}

/** The document's own words stay; the figures stand between the two marks. */
async function writePage(report: Report): Promise<void> {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no "${BEGIN}" with "${END}" after it`);
  const titles = Object.fromEntries(Object.entries(PARTS).map(([name, { title }]) => [name, title]));
  const page = `${text.slice(0, from)}${BEGIN}\n\n${pageOf(report, titles)}\n\n${text.slice(to)}`;
  writeFileSync(DOCUMENT, await format(page, { parser: 'markdown', printWidth: 110 }));
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
