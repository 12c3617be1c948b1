import { execFile, spawn, type ExecFileOptions, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createServer, Socket, type Server } from 'node:net';
import { promisify } from 'node:util';

/** How long a program may take to write its data and end, before it is killed. */
const STOP_LIMIT_MS = 5000;

/**
 * Starts a program in its own process group: Ctrl-C in the terminal reaches us alone, and we end the program.
 * `ended` resolves with how it ended; `end` sends a signal, then SIGKILL after 5 s.
 */
export function startChild(
  file: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'env' | 'stdio'>,
) {
  const child = spawn(file, args, { ...options, detached: true });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(limit);
  };
  return { child, pid: child.pid ?? 0, ended, end };
}

/**
 * Makes a shell run a script if this process is killed. The shell waits on a pipe that only we hold open.
 * @returns a function that cancels this
 */
export function runIfKilled(script: string, ...args: readonly string[]): () => void {
  if (process.platform === 'win32') return () => {};
  const guard = spawn('sh', ['-c', `read -r _; ${script}`, 'sh', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.once('error', () => {});
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return () => void guard.kill('SIGKILL');
}

const execute = promisify(execFile);

type CommandOptions = Pick<ExecFileOptions, 'cwd' | 'env' | 'timeout'>;

/** Runs a command, for 10 s by default. @returns its stdout @throws with its stderr when it fails */
export const command = async (file: string, args: readonly string[], options: CommandOptions = {}) =>
  (await execute(file, args, { timeout: 10_000, ...options })).stdout;

/** Whether a command exists and succeeds. */
export const commandSucceeds = (
  file: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<boolean> =>
  command(file, args, options).then(
    () => true,
    () => false,
  );

/** Makes a server listen on 127.0.0.1. @param port 0: any free port @returns its port */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port');
  return address.port;
}

/** Returns a port that is free now. Another process may take it first. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}
