import { z } from 'zod';

const goal = z.object({ goal: z.string(), measured: z.string(), met: z.boolean() });
/** How far a goal was met, in words. */
export type Goal = z.output<typeof goal>;

const part = z.object({
  machine: z.string(),
  /** That was measured. */
  commit: z.string().default(''),
  day: z.string(),
  text: z.string(),
  goals: z.array(goal).readonly().default([]),
  /** What the same goals were measured as in runs before, of the same commit on the same machine; latest first. */
  earlier: z.array(z.array(goal).readonly()).readonly().default([]),
});
export type ReportPart = z.output<typeof part>;

/** What `docs/performance.json` holds: the figures that others read (see figures.ts), and what each part said. */
const form = z.looseObject({ parts: z.record(z.string(), part).default({}) });
export type Report = z.output<typeof form>;

/** @throws when it is no report */
export const reportOf = (text: string): Report => form.parse(JSON.parse(text));

/** So many runs of a part are shown: the last, and those before it. */
const RUNS = 3;

/** Pure: the report with what a part came to this time, and what it came to before where that can be compared. */
export function withPart(
  report: Report,
  name: string,
  now: Omit<ReportPart, 'earlier'>,
  figures: Readonly<Record<string, unknown>>,
): Report {
  const before = report.parts[name];
  const earlier = before !== undefined && isSame(before, now) ? [before.goals, ...before.earlier] : [];
  const parts = { ...report.parts, [name]: { ...now, earlier: earlier.slice(0, RUNS - 1) } };
  return { ...report, ...figures, parts };
}

const isSame = (one: Omit<ReportPart, 'earlier'>, other: Omit<ReportPart, 'earlier'>): boolean =>
  one.commit !== '' &&
  one.commit === other.commit &&
  one.machine === other.machine &&
  // Quick runs have other sizes, and other goals.
  one.goals.map(({ goal: text }) => text).join() === other.goals.map(({ goal: text }) => text).join();
