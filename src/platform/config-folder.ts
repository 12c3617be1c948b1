import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Localized, say } from '../localized.js';
import { fieldOf } from './logger.js';

/** A file of the folder; `name` is the path that people would type. */
interface ConfigFile {
  readonly name: string;
  readonly text: string;
}

/** A file that could not be read, and what to do about it. */
interface UnreadableFile extends Localized {
  readonly file: string;
  readonly cause: unknown;
}

/** Files of the scheme could not be read. The message names all of them. */
export class ConfigFolderError extends Error {
  readonly code = 'config_folder';
  constructor(readonly files: readonly UnreadableFile[]) {
    super(files.map(({ file, en }) => `${file}: ${en}`).join('\n'), { cause: files[0]?.cause });
    this.name = 'ConfigFolderError';
  }
}

/**
 * Reads the scheme's two files.
 * @param dir the folder, `PALIER_CONFIG`; the paths in faults begin with it, unresolved
 * @throws ConfigFolderError when one is missing, not readable or not UTF-8
 */
export async function readConfigFolder(dir: string): Promise<{ scheme: ConfigFile; partners: ConfigFile }> {
  const [scheme, partners] = await Promise.all([
    readConfigFile(join(dir, 'scheme.yaml')),
    readConfigFile(join(dir, 'partners.yaml')),
  ]);
  if ('cause' in scheme || 'cause' in partners)
    throw new ConfigFolderError([scheme, partners].filter((file) => 'cause' in file));
  return { scheme, partners };
}

/** Reads one file in strict UTF-8: another encoding would show as odd letters in names. */
export async function readConfigFile(file: string): Promise<ConfigFile | UnreadableFile> {
  try {
    const bytes = await readFile(file);
    return { name: file, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (cause) {
    return { file, cause, ...adviceFor(cause) };
  }
}

function adviceFor(cause: unknown): Localized {
  const code = JSON.stringify(fieldOf(cause, 'code') ?? '');
  if (/ENOENT|ENOTDIR/.test(code))
    return say`le fichier n'existe pas : le créer, ou donner dans PALIER_CONFIG le dossier où il se trouve
      there is no such file: create it, or set PALIER_CONFIG to the folder that holds it`;
  if (code.includes('ERR_ENCODING_INVALID_ENCODED_DATA'))
    return say`le fichier n'est pas en UTF-8 : l'enregistrer à nouveau avec cet encodage
      the file is not UTF-8: save it again in that encoding`;
  return say`le fichier ne peut pas être lu (${code}) : vérifier ses droits d'accès
    the file cannot be read (${code}): check its permissions`;
}
