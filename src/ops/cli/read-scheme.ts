import { basename, join, resolve } from 'node:path';
import { ConfigFolderError, readConfigFolder, type ConfigFile } from '../../platform/config-folder.js';
import { formatFault, parseScheme, type SchemeFault } from '../../rules/parse/parse-scheme.js';
import type { Scheme } from '../../rules/types.js';
import type { Context } from './context.js';
import { Problem } from './problem.js';
import type { Localized } from '../shared/words.js';

export interface SchemeReading {
  /** Null where it has faults. */
  readonly scheme: Scheme | null;
  readonly faults: readonly Localized[];
  readonly warnings: readonly Localized[];
}

/**
 * Reads the scheme's two files, and tells every fault at once.
 * @param dir the folder as it was given: faults name the files by it
 */
export async function readScheme(
  { cwd }: Pick<Context, 'cwd'>,
  dir: string,
  timeZone: string,
): Promise<SchemeReading> {
  const asGiven = (file: string): string => join(dir, basename(file));
  try {
    const { scheme, partners } = await readConfigFolder(resolve(cwd, dir));
    const rename = ({ name, text }: ConfigFile): ConfigFile => ({ name: asGiven(name), text });
    const result = parseScheme({ scheme: rename(scheme), partners: rename(partners) }, timeZone);
    const warnings = result.warnings.map(wordsOf);
    return result.ok
      ? { scheme: result.scheme, faults: [], warnings }
      : { scheme: null, faults: result.faults.map(wordsOf), warnings };
  } catch (error) {
    if (!(error instanceof ConfigFolderError)) throw error;
    const faults = error.files.map(({ file, fr, en }) => ({
      fr: `${asGiven(file)} : ${fr}`,
      en: `${asGiven(file)}: ${en}`,
    }));
    return { scheme: null, faults, warnings: [] };
  }
}

const wordsOf = (fault: SchemeFault): Localized => ({
  fr: formatFault(fault, 'fr'),
  en: formatFault(fault, 'en'),
});

/** @throws Problem with every fault */
export async function requireScheme(
  context: Pick<Context, 'cwd'>,
  dir: string,
  timeZone: string,
): Promise<Scheme> {
  const { scheme, faults } = await readScheme(context, dir, timeZone);
  if (scheme === null) throw new Problem('scheme_faults', faults);
  return scheme;
}
