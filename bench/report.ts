import { z } from 'zod';

const part = z.object({ machine: z.string(), day: z.string(), text: z.string() });

/** What `docs/performance.json` holds: the figures that others read (see figures.ts), and what each part said. */
const form = z.looseObject({ parts: z.record(z.string(), part).default({}) });
export type Report = z.output<typeof form>;

/** @throws when it is no report */
export const reportOf = (text: string): Report => form.parse(JSON.parse(text));
