import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Localized, say } from '../localized.js';
import { fieldOf } from './logger.js';

/** A file of the folder, under the name that a reader would type. */
export interface ConfigFile {
  readonly name: string;
  readonly text: string;
}

/** A file that could not be read, and what to do about it. */
export interface UnreadableFile extends Localized {
  readonly file: string;
  readonly cause: unknown;
}

/** The scheme's files could not be read. Every one that is missing is named. */
export class ConfigFolderError extends Error {
  readonly code = 'config_folder';
  constructor(readonly files: readonly UnreadableFile[]) {
    super(files.map(({ file, en }) => `${file}: ${en}`).join('\n'), { cause: files[0]?.cause });
    this.name = 'ConfigFolderError';
  }
}

/**
 * Reads the scheme's two files.
 * @param dir the folder, `PALIER_CONFIG`; names in faults begin with it as it is given
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

/** One of them. @returns what stands in its way, and what to do */
export async function readConfigFile(file: string): Promise<ConfigFile | UnreadableFile> {
  try {
    const bytes = await readFile(file);
    return { name: file, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (cause) {
    return { file, cause, ...adviceFor(cause) };
  }
}

/** A wrong encoding would otherwise show as odd letters in names that people read. */
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
