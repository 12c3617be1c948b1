import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';

export interface RunningProcess {
  readonly child: ChildProcess;
  /** All that it wrote so far, both streams. */
  readonly output: () => string;
  /** SIGTERM, then waits; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** The command of a line of the Procfile, as a platform would run it. */
export function procfileLine(name: string): readonly [string, ...string[]] {
  const line = readFileSync('Procfile', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  const [command, ...args] = (line ?? '')
    .slice(name.length + 1)
    .trim()
    .split(/\s+/);
  if (command === undefined || command === '') throw new Error(`The Procfile has no line "${name}"`);
  return [command, ...args];
}

/** Starts a line of the Procfile, or `npm start`, with exactly this environment (and PATH). */
export function startLine(name: string, env: Readonly<Record<string, string>>): RunningProcess {
  // The build that comes before is that of the test run.
  const npmStart = ['npm', 'start', '--ignore-scripts'] as const;
  const [command, ...args] = name === 'npm start' ? npmStart : procfileLine(name);
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const parts: string[] = [];
  child.stdout.on('data', (data) => parts.push(String(data)));
  child.stderr.on('data', (data) => parts.push(String(data)));
  // Once all that it wrote has been read, too.
  const closed = once(child, 'close');
  return {
    child,
    output: () => parts.join(''),
    async stop() {
      if (child.exitCode === null) child.kill('SIGTERM');
      await closed;
      return child.exitCode;
    },
  };
}
