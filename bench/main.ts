import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { benchCalls } from './calls.js';
import { benchDoor } from './door.js';
import { benchGrowth } from './growth.js';
import { benchLatency } from './latency.js';
import { benchMemory } from './memory.js';
import { benchVerification } from './verification.js';
import { sectionOf, whereMeasured, withSection, type Part } from './report.js';

/**
 * `npm run bench [-- PART...] [--quick]`: measures (all parts: some forty minutes; quick ones with fewer people), and
 * writes their sections of `docs/performance.md`, which a quick run only prints. Exit code 1 when a goal was missed.
 */
const DOCUMENT = 'docs/performance.md';

/** In the order of how long they take, with their headings. Each: `quick` with fewer people. */
const PARTS: Record<string, readonly [title: string, measure: (quick: boolean) => Promise<Part>]> = {
  door: ['The door', benchDoor],
  latency: ['A single award', benchLatency],
  calls: ['Calls of OBF', benchCalls],
  memory: ['Memory of Redis', benchMemory],
  verification: ['Reading everything again', benchVerification],
  growth: ['Growth', benchGrowth],
};

async function main(): Promise<void> {
  const quick = process.argv.includes('--quick');
  const asked = process.argv.slice(2).filter((one) => one !== '--quick');
  const wrong = asked.filter((one) => PARTS[one] === undefined);
  if (wrong.length > 0)
    throw new Error(`no such part: ${wrong.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  for (const [name, [title, measure]] of Object.entries(PARTS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    process.stdout.write(`${name}...\n`);
    const part = await measure(quick);
    const section = sectionOf(title, part, whereMeasured());
    process.stdout.write(`${section}\n\n`);
    if (part.goals.some(({ met }) => !met)) process.exitCode = 1;
    if (quick) continue;
    const page = withSection(readFileSync(DOCUMENT, 'utf8'), title, section);
    writeFileSync(DOCUMENT, await format(page, { parser: 'markdown', printWidth: 110 }));
  }
}

// What it throws ends the process with 1, and a stack.
void main();
