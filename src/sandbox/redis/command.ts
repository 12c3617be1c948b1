import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/**
 * Runs a command to its end and resolves with what it printed.
 * @throws what `execFile` throws; its message holds what the command said on stderr
 */
export async function command(
  file: string,
  args: readonly string[],
  { timeoutMs = 10_000, ...options }: CommandOptions = {},
): Promise<string> {
  const { stdout } = await execute(file, args, { ...options, timeout: timeoutMs, encoding: 'utf8' });
  return stdout;
}

/** Whether the command is there and ends well. */
export const works = (
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<boolean> =>
  command(file, args, options).then(
    () => true,
    () => false,
  );
