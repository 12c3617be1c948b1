import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatFault, parseScheme, type SchemeFile } from '../../../rules/parse/parse-scheme.js';
import type { Scheme } from '../../../rules/types.js';
import type { Call, Context } from '../context.js';
import { Problem } from '../problem.js';
import type { Localized } from '../../shared/words.js';

/** The files that were typed; what was not typed is that of the folder. */
interface Files {
  readonly scheme: string;
  readonly partners: string;
}

/** @param dir the folder of the files in use, as it was given */
export const filesOf = ({ flags: { rules, partners } }: Pick<Call, 'flags'>, dir: string): Files => ({
  scheme: typeof rules === 'string' ? rules : join(dir, 'scheme.yaml'),
  partners: typeof partners === 'string' ? partners : join(dir, 'partners.yaml'),
});

/**
 * Reads a proposal.
 * @throws Problem with every fault, each named by the file as it was typed
 */
export async function requireProposal(
  { cwd }: Pick<Context, 'cwd'>,
  { scheme, partners }: Files,
  timeZone: string,
): Promise<Scheme> {
  const read = await Promise.all([readOne(cwd, scheme), readOne(cwd, partners)]);
  const unreadable = read.flatMap((one) => ('fr' in one ? [one] : []));
  const [schemeFile, partnersFile] = read.flatMap((one) => ('fr' in one ? [] : [one]));
  if (schemeFile === undefined || partnersFile === undefined) throw new Problem('scheme_faults', unreadable);
  const parsed = parseScheme({ scheme: schemeFile, partners: partnersFile }, timeZone);
  if (parsed.ok) return parsed.scheme;
  throw new Problem(
    'scheme_faults',
    parsed.faults.map((fault) => ({ fr: formatFault(fault, 'fr'), en: formatFault(fault, 'en') })),
  );
}

async function readOne(cwd: string, name: string): Promise<SchemeFile | Localized> {
  try {
    const bytes = await readFile(resolve(cwd, name));
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    return {
      fr: `${name} : le fichier ne peut pas être lu (${code}) : vérifier son nom, ses droits, et qu'il est en UTF-8`,
      en: `${name}: the file cannot be read (${code}): check its name, its permissions, and that it is UTF-8`,
    };
  }
}
