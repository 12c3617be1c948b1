import { z } from 'zod';

/**
 * The times that a test run shortens, from the JSON in `PALIER_PACE`; outside of a test run, none.
 * @param names what may stand in it
 * @throws SyntaxError, ZodError: a test that is written wrong
 */
export function paceOf<Name extends string>(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
): { readonly [K in Name]?: number } {
  const text = env['NODE_ENV'] === 'test' ? env['PALIER_PACE'] : undefined;
  if (text === undefined) return {};
  return z.partialRecord(z.enum(names), z.number().positive()).parse(JSON.parse(text));
}
