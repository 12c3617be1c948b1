import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

/** Lays a disk of 4 MiB over a folder. @returns false where this machine does not let us */
export const mountSmallDisk = (folder: string): boolean =>
  run('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder);

/** Takes it away, also from under a process that still uses it. */
export const unmount = (folder: string): boolean => run('umount', '--lazy', folder);

/** Whether this machine lets us mount a disk: as root, in a container that allows it. */
export function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'palier-mount-'));
  const may = mountSmallDisk(folder) && unmount(folder);
  rmdirSync(folder);
  return may;
}

/** Writes until no byte is free. @returns what frees them again */
export function fillDisk(folder: string): () => Promise<void> {
  const file = join(folder, 'filling');
  run('dd', 'if=/dev/zero', `of=${file}`, 'bs=4096');
  return () => rm(file);
}
