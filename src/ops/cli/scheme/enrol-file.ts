import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../../config.js';
import type { BadgeId } from '../../../ids.js';
import { fieldOf } from '../../../obf/errors.js';
import { enrol, type Enrolling } from '../../../rules/enrol.js';
import type { SchemeFault } from '../../../rules/parse/fault.js';
import { parseScheme } from '../../../rules/parse/parse-scheme.js';
import type { Scheme } from '../../../rules/types.js';
import { say } from '../../shared/words.js';
import { faultWords } from '../settings.js';
import { type Context, Problem, problem } from '../command.js';

/**
 * Writes the lines of a badge into partners.yaml, once it is sure that the file is as good as before.
 * @param before the scheme as the files have it now
 * @returns the lines, the file as it was given, and what the scheme's reader finds odd in them
 * @throws Problem; nothing is written then
 */
export async function writeEnrolment(
  { cwd }: Pick<Context, 'cwd'>,
  { configDir, timeZone }: Pick<Config, 'configDir' | 'timeZone'>,
  enrolling: Enrolling,
  before: Scheme,
) {
  const file = join(configDir, 'partners.yaml');
  const path = resolve(cwd, file);
  const text = await readFile(path, 'utf8');
  const added = enrol(text, enrolling);
  if (added === null) throw onlyByHand(file);
  const files = {
    scheme: { name: join(configDir, 'scheme.yaml'), text: before.source.scheme },
    partners: { name: file, text: added.text },
  };
  const result = parseScheme(files, timeZone);
  if (!result.ok) throw new Problem('scheme_faults', [NOTHING_WRITTEN, ...result.faults.map(faultWords)]);
  if (!isOneMore(before, result.scheme, enrolling.badge.badgeId)) throw onlyByHand(file);
  await replaceFile(path, file, text, added.text);
  const { line, lines } = added;
  const isNew = (warning: SchemeFault): boolean =>
    warning.file === file && warning.line >= line && warning.line < line + lines.length;
  return { file, line, lines, warnings: result.warnings.filter(isNew).map(faultWords) };
}

/** Whatever the edit did to the text: all that was enrolled still is, and this badge besides. */
const isOneMore = ({ enrolments }: Scheme, { enrolments: now }: Scheme, badgeId: BadgeId): boolean =>
  now.has(badgeId) && now.size === enrolments.size + 1 && [...enrolments.keys()].every((id) => now.has(id));

const NOTHING_WRITTEN = say`Rien n'est écrit : avec ces lignes, les fichiers auraient des fautes.
  Nothing is written: with these lines, the files would have faults.`;

const onlyByHand = (file: string): Problem =>
  problem`by_hand
    Rien n'est écrit : ${file} est écrit d'une manière que Palier ne sait pas compléter (un alias, peut-être). Ajoutez la ligne à la main ; « npx palier check » la relit.
    Nothing is written: ${file} is written in a way that Palier cannot add to (an alias, perhaps). Add the line by hand; "npx palier check" reads it again.`;

/**
 * Puts a new text into a file's place in one step: a reader sees the old or the new text. Mode and
 * owner stay. A file behind a link is refused: the link would be lost, or an unnamed file be written.
 * @param file as it was given
 * @param before what the file holds, as far as the caller knows
 * @throws Problem; nothing has changed then
 */
export async function replaceFile(path: string, file: string, before: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.palier-${randomBytes(6).toString('hex')}.tmp`);
  try {
    const stats = await lstat(path);
    if (!stats.isFile())
      throw problem`not_written
        Rien n'est écrit : ${file} est un lien. Donnez dans PALIER_CONFIG le dossier où le fichier se trouve vraiment.
        Nothing is written: ${file} is a link. Set PALIER_CONFIG to the folder where the file really is.`;
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600, flush: true });
    await chown(temporary, stats.uid, stats.gid);
    await chmod(temporary, stats.mode & 0o7777);
    if ((await readFile(path, 'utf8')) !== before)
      throw problem`not_written
        Rien n'est écrit : ${file} vient d'être modifié par ailleurs. Retapez la commande.
        Nothing is written: ${file} was just changed by somebody else. Type the command again.`;
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const code = fieldOf(error, 'code');
    if (error instanceof Problem || typeof code !== 'string') throw error;
    throw problem`not_written
      Rien n'est écrit : ${file} ne peut pas l'être (${code}). Vérifiez les droits du fichier et de son dossier.
      Nothing is written: ${file} cannot be (${code}). Check the permissions of the file and its folder.`;
  }
}
