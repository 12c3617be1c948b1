import { z } from 'zod';

/** What we wrote into OBF with an award. Parts that an older Palier did not write may be missing. */
const note = z.object({
  by: z.literal('palier'),
  award: z.string().nullable().default(null),
  rule_version: z.string().nullable().default(null),
  rule_versions: z.record(z.string(), z.string()).default({}),
  assertions: z.record(z.string(), z.array(z.string())).default({}),
  causes: z.record(z.string(), z.string().nullable()).default({}),
});
export type Note = z.output<typeof note>;

/** Our note, as OBF gives it back; null for what somebody gave by hand. */
export const noteIn = (logEntry: unknown): Note | null => note.safeParse(logEntry).data ?? null;
