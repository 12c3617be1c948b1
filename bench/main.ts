import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { PART_NAMES, PARTS, type PartName } from './parts.js';
import { goalsOf, pageOf } from './page.js';
import { reportOf, withPart, type Report } from './report.js';
import { commit, machine } from './support/machine.js';

/**
 * `npm run bench [-- PART...] [--quick]`: measures (all parts: some forty minutes; quick ones with fewer people), keeps what came of it in
 * `docs/performance.json`, and writes `docs/performance.md` anew. What is not measured this time stays, with
 * its own date and machine; what the goals came to in the runs before, of the same commit, stands beside them.
 * Exit code 1 when a goal was missed.
 */
const [FIGURES, DOCUMENT] = ['docs/performance.json', 'docs/performance.md'];
const [BEGIN, END] = ['<!-- figures: written by bench/main.ts -->', '<!-- end of figures -->'];

async function main(): Promise<void> {
  let report = reportOf(existsSync(FIGURES) ? readFileSync(FIGURES, 'utf8') : '{}');
  const quick = process.argv.includes('--quick');
  for (const name of asked(process.argv.slice(2).filter((one) => one !== '--quick'))) {
    say(`${name}...`);
    const { figures, ...said } = await PARTS[name](quick);
    report = withPart(report, name, { ...where(), ...said }, figures);
    say(`${said.text}\n\n${goalsOf({ goals: said.goals, earlier: [] })}\n`);
    if (said.goals.some(({ met }) => !met)) process.exitCode = 1;
    writeFileSync(FIGURES, await format(JSON.stringify(report), { parser: 'json', printWidth: 110 }));
    await writePage(report);
  }
}

function asked(args: readonly string[]): readonly PartName[] {
  const known = PART_NAMES;
  const wrong = args.filter((one) => !known.some((name) => name === one));
  if (wrong.length > 0) throw new Error(`no such part: ${wrong.join(', ')}; there are ${known.join(', ')}`);
  return args.length === 0 ? known : known.filter((name) => args.includes(name));
}

const where = () => ({ machine: machine(), commit: commit(), day: new Date().toISOString().slice(0, 10) });

/** The document's own words stay; the figures stand between the two marks. */
async function writePage(report: Report): Promise<void> {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no "${BEGIN}" with "${END}" after it`);
  const page = `${text.slice(0, from)}${BEGIN}\n\n${pageOf(report)}\n\n${text.slice(to)}`;
  writeFileSync(DOCUMENT, await format(page, { parser: 'markdown', printWidth: 110 }));
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
