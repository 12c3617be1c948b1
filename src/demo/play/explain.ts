import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from '../stage/environment.js';

const execute = promisify(execFile);
const LIMIT_MS = 20_000;

/**
 * What the operator's own command says of somebody, line by line.
 * @throws when the command fails; its message holds what it said
 */
export async function explainLines(
  programsDir: string,
  environment: Environment,
  cwd: string,
  email: string,
): Promise<readonly string[]> {
  const file = join(programsDir, 'ops/cli/main.js');
  const { stdout } = await execute(process.execPath, [file, 'explain', email], {
    cwd,
    env: environment,
    timeout: LIMIT_MS,
  });
  return stdout.trimEnd().split('\n');
}

/**
 * The parts that begin with one of `shown`; the others by their headings alone. A part is a line that is not
 * indented and those below it that are.
 */
export function excerpt(lines: readonly string[], shown: readonly string[]): readonly string[] {
  let wanted = false;
  return lines.flatMap((line) => {
    if (line.startsWith(' ')) return wanted ? [line] : [];
    wanted = shown.some((start) => line.startsWith(start));
    return [wanted ? line : `${line} […]`];
  });
}
