import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** The machine that figures come from, in words. */
export const machine = (): string =>
  `${cpus().length} x ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;

const git = (...args: string[]): string => String(spawnSync('git', args).stdout ?? '').trim();

/** The commit that is measured, and whether anything of it was changed since; '' where there is no git. */
export function commit(): string {
  const changed = git('status', '--porcelain', '--', 'src', 'bench', 'package-lock.json');
  return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : ' and changes');
}

const canPin = (): boolean => cpus().length > 1 && spawnSync('taskset', ['--version']).error === undefined;

/** What keeps a command to one processor, as far as this machine can. */
export const pinned = (processor: number): readonly string[] =>
  canPin() ? ['taskset', '-c', String(processor)] : [];

/** Keeps a running process to one processor, as far as this machine can. */
export function pin(pid: number, processor: number): void {
  if (canPin()) spawnSync('taskset', ['-a', '-c', '-p', String(processor), String(pid)]);
}
