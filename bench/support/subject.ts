import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../../test/support/until.js';

/** A process under measurement. */
export interface Subject {
  readonly child: ChildProcess;
  /** What it said so far. */
  said(): string;
  stop(): Promise<void>;
}

/** Starts it, and waits until it says that it is ready. Ends when we do. @param on see `pinned` */
export async function startSubject(
  on: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: RegExp,
): Promise<Subject> {
  const [command = '', ...rest] = [...on, process.execPath, ...args];
  const child = spawn(command, rest, { env: { PATH: process.env['PATH'], ...env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => {
      // What a log says is read and thrown away, as a host's collector would take it.
      if (text.length < 20_000) text += String(part);
    });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  await until(() => ready.test(text) || child.exitCode !== null, `start of ${args.join(' ')}`, 30_000);
  if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended:\n${text}`);
  return {
    child,
    said: () => text,
    async stop() {
      process.off('exit', end);
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}
