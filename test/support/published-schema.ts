import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * What `docs/schema/<name>.json` holds, and what zod makes of the schema: a test holds that they are equal.
 * With UPDATE=1 in the environment the file is written first: `UPDATE=1 npx jest test/journal/journal.test.ts`.
 */
export function publishedSchema(
  name: string,
  schema: z.ZodType,
): { readonly file: unknown; readonly made: unknown } {
  const path = `docs/schema/${name}.json`;
  const made: unknown = JSON.parse(JSON.stringify(z.toJSONSchema(schema)));
  if (process.env['UPDATE'] === '1') {
    writeFileSync(path, JSON.stringify(made));
    execFileSync('node_modules/.bin/prettier', ['--write', path]);
  }
  return { file: JSON.parse(readFileSync(path, 'utf8')), made };
}
