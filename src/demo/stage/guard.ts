import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Ends these processes should we be killed before we can: a small shell waits on a pipe that only we hold.
 * @returns what lets the guard go; it must not outlive them, whose ids may then be somebody else's
 */
export function guard(pids: readonly number[]): () => void {
  if (process.platform === 'win32') return () => {};
  const shell = spawn('sh', ['-c', `read -r _; kill ${pids.join(' ')}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.once('error', () => {});
  shell.unref();
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  return () => void shell.kill('SIGKILL');
}
