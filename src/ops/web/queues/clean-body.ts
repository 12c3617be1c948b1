import { shownText } from '../../shared/masked.js';

/** Of one text: a stack trace is the longest that people read. */
const MAX_CHARS = 4000;

/** An answer of the dashboard without the addresses that a reason, a trace or whatever else may hold. */
export function cleanBody(value: unknown): unknown {
  if (typeof value === 'string') return shownText(value, MAX_CHARS);
  if (Array.isArray(value)) return value.map(cleanBody);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, cleanBody(part)]));
}
