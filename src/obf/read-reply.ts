import { z } from 'zod';
import { ObfUnreadable } from './errors.js';

/**
 * Reads what OBF answered.
 * @throws ObfUnreadable naming the call and the fields at fault; never a value
 */
export function readReply<T>(call: string, body: string, schema: z.ZodType<T>): T {
  const read = schema.safeParse(jsonOf(call, body));
  if (read.success) return read.data;
  throw new ObfUnreadable(call, faultsOf(read.error).join('; '));
}

/** The same as a function of the answer. */
export const json =
  <T>(schema: z.ZodType<T>) =>
  (call: string, body: string): T =>
    readReply(call, body, schema);

/** @throws ObfUnreadable */
export function jsonOf(call: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ObfUnreadable(call, 'the answer is not JSON');
  }
}

const MAX_FAULTS = 5;

/** `result[3].assertion_id: Invalid input: expected string, received undefined`. */
const faultsOf = ({ issues }: z.ZodError): string[] =>
  issues.slice(0, MAX_FAULTS).map((issue) => {
    const path = z.core.toDotPath(issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part)));
    return `field ${path === '' ? '(whole)' : path}: ${issue.message}`;
  });
