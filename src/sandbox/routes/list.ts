import { z } from 'zod';
import { refused, type Reply } from '../exchange.js';

/** The query of every list. OBF gives at most 1000 rows at a time. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(1000).default(1000),
  offset: z.coerce.number().int().min(0).default(0),
};

/** The filters that the list of events and that of recipients share. */
export const eventFilters = {
  ...paging,
  badge_id: z.string().optional(),
  email: z.string().optional(),
  /** Unix seconds, inclusive, of the event's `ctime`. */
  begin: z.coerce.number().int().optional(),
  end: z.coerce.number().int().optional(),
};

/**
 * Reads a query or body by its schema, and answers, or 400. An unknown name is refused too: OBF would
 * let a misspelt filter pass, and give back everything.
 */
export function reading<T>(schema: z.ZodType<T>, input: unknown, answer: (input: T) => Reply): Reply {
  const read = schema.safeParse(input);
  if (read.success) return answer(read.data);
  const faults = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return refused(400, faults.join('; '));
}

/** One page of the rows that are kept, and how many those are in all. */
export function pageOfRows<T>(
  rows: readonly T[],
  isKept: (row: T) => boolean,
  { limit, offset }: { limit: number; offset: number },
): { readonly page: readonly T[]; readonly total: number } {
  const page: T[] = [];
  let total = 0;
  for (const row of rows) {
    if (!isKept(row)) continue;
    if (total >= offset && page.length < limit) page.push(row);
    total += 1;
  }
  return { page, total };
}
