import { jsonPieces } from './json-lines.js';
import type { Call, Context } from './context.js';

/** Tells the result on standard output: in lines, or as one JSON value for a program. */
export function answer(
  { json }: Pick<Call, 'json'>,
  { streams }: Pick<Context, 'streams'>,
  lines: readonly string[],
  value: unknown,
): void {
  for (const line of json ? jsonPieces(value) : lines) streams.out(line);
}
