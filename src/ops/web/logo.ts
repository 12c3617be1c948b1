import { readFile, stat } from 'node:fs/promises';
import type { ConfigFault } from '../../config.js';

/** The picture of the header, as it is served. */
export interface Logo {
  readonly type: 'image/svg+xml' | 'image/png';
  readonly bytes: Buffer;
}

/** A logo, not a poster. */
const MAX_BYTES = 256 * 1024;

const FAULT: ConfigFault = {
  variable: 'OPS_LOGO',
  fr: 'ce fichier ne peut pas être lu, ou dépasse 256 ko',
  en: 'this file cannot be read, or is over 256 kB',
};

/** Reads `OPS_LOGO`, if there is one, from where the process was started. */
export async function readLogo(
  path: string | null,
): Promise<{ readonly logo: Logo | null; readonly faults: readonly ConfigFault[] }> {
  if (path === null) return { logo: null, faults: [] };
  try {
    if ((await stat(path)).size > MAX_BYTES) return { logo: null, faults: [FAULT] };
    const type = path.toLowerCase().endsWith('.svg') ? 'image/svg+xml' : 'image/png';
    return { logo: { type, bytes: await readFile(path) }, faults: [] };
  } catch {
    return { logo: null, faults: [FAULT] };
  }
}
