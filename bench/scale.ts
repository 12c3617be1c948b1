import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { readFigures } from './figures.js';
import { tablesOf } from './scale-tables.js';

/**
 * `npm run bench:scale [FIGURES] [DOCUMENT]`: what is needed, from the figures that were measured, takes the
 * place of what stands in the document between the two marks.
 */
const [BEGIN, END] = ['<!-- scale: written by bench/scale.ts -->', '<!-- end of scale -->'];

async function main(): Promise<void> {
  const [figures = 'docs/performance.json', document = 'docs/scale.md'] = process.argv.slice(2);
  const text = readFileSync(document, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${document} has no "${BEGIN}" with "${END}" after it`);
  const written = `${text.slice(0, from)}${BEGIN}\n\n${tablesOf(readFigures(figures))}\n\n${text.slice(to)}`;
  writeFileSync(document, await format(written, { parser: 'markdown', printWidth: 110 }));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
