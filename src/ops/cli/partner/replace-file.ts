import { randomBytes } from 'node:crypto';
import { lstat, open, readFile, rename, rm } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';

/** Why a file was left as it is. */
export class NotReplaced extends Error {
  constructor(
    /** `link`: it stands elsewhere; `changed`: somebody else wrote it meanwhile; otherwise the system's own code. */
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`The file was not replaced: ${why}`, options);
    this.name = 'NotReplaced';
  }
}

/**
 * Puts a new text into a file's place in one step: whoever reads it meets the old or the new, whatever
 * happens. Mode and owner stay. What is reached through a link is not touched: the link would be lost, or
 * a file be written that nobody named.
 * @param before what the file holds, as far as the caller knows
 * @throws NotReplaced; nothing has changed then
 */
export async function replaceFile(path: string, before: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.palier-${randomBytes(6).toString('hex')}.tmp`);
  try {
    const stats = await lstat(path);
    if (!stats.isFile()) throw new NotReplaced('link');
    await writeLike(temporary, text, stats);
    if ((await readFile(path, 'utf8')) !== before) throw new NotReplaced('changed');
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error instanceof NotReplaced ? error : new NotReplaced(codeOf(error), { cause: error });
  }
}

/** A file that is there already is never written through. */
async function writeLike(path: string, text: string, { mode, uid, gid }: Stats): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    const made = await file.stat();
    if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid);
    await file.chmod(mode & 0o7777);
    await file.sync();
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  if (typeof code !== 'string') throw error;
  return code;
}
