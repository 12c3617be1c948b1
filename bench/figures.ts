import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const positive = z.number().positive();

/** What was measured, as `docs/performance.json` has it; SI units, as each name says. */
export const figuresForm = z.object({
  door: z.object({ noticesPerSecond: positive }),
  endToEnd: z.object({ noticesPerSecond: positive }),
  calls: z.object({
    perAward: z.object({ class1000: positive, single: positive }),
    perPartnerPoll: positive,
  }),
  memory: z.object({ bytesPerEarner: positive, bytesPerWaitingNotice: positive }),
  growth: z.object({ commandsPerNotice: positive }),
  worker: z.object({ rssMiB: positive }),
});
export type Figures = z.output<typeof figuresForm>;

/** @throws with every figure that is missing, and how it comes to be there */
export function readFigures(path: string): Figures {
  if (!existsSync(path)) throw new Error(`${path} is not there: run the benches that write it first`);
  const found = figuresForm.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (found.success) return found.data;
  const missing = found.error.issues.map(({ path: at, message }) => `  ${at.join('.')}: ${message}`);
  throw new Error(`${path} lacks figures; run the benches that measure them first:\n${missing.join('\n')}`);
}
