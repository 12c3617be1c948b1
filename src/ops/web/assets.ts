import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { RequestHandler } from 'express';
import type { ConfigFault } from '../../config.js';
import { styleSheet } from './parts/style.js';

/** The header's picture. */
export interface Logo {
  readonly type: 'image/svg+xml' | 'image/png';
  readonly bytes: Buffer;
}

const MAX_LOGO_BYTES = 256 * 1024;

const LOGO_FAULT: ConfigFault = {
  variable: 'OPS_LOGO',
  fr: 'ce fichier ne peut pas être lu, ou dépasse 256 ko',
  en: 'this file cannot be read, or is over 256 kB',
};

/** Reads `OPS_LOGO`, if set, from the working directory. */
export async function readLogo(
  path: string | null,
): Promise<{ readonly logo: Logo | null; readonly faults: readonly ConfigFault[] }> {
  if (path === null) return { logo: null, faults: [] };
  try {
    if ((await stat(path)).size > MAX_LOGO_BYTES) return { logo: null, faults: [LOGO_FAULT] };
    const type = path.toLowerCase().endsWith('.svg') ? 'image/svg+xml' : 'image/png';
    return { logo: { type, bytes: await readFile(path) }, faults: [] };
  } catch {
    return { logo: null, faults: [LOGO_FAULT] };
  }
}

/** A static file; its address changes with its content, so browsers may keep it for ever. */
export interface Asset {
  readonly name: string;
  readonly href: string;
  readonly type: string;
  readonly bytes: Buffer;
}

export interface Assets {
  readonly style: Asset;
  readonly logo: Asset | null;
}

export const createAssets = (colour: string, logo: Logo | null): Assets => ({
  style: asset('style.css', 'text/css; charset=utf-8', Buffer.from(styleSheet(colour))),
  logo: logo === null ? null : asset('logo', logo.type, logo.bytes),
});

function asset(name: string, type: string, bytes: Buffer): Asset {
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
  return { name, href: `/ops/${name}?v=${hash}`, type, bytes };
}

const FOREVER = 'public, max-age=31536000, immutable';
/** An svg opened by itself runs nothing, and may use its own drawing styles. */
const LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Under another version's address the current file is sent, and not kept. */
export const serveAsset =
  ({ href, type, bytes, name }: Asset): RequestHandler =>
  (req, res) => {
    res.setHeader('Content-Type', type);
    res.setHeader('Cache-Control', req.originalUrl === href ? FOREVER : 'no-cache');
    if (name === 'logo') res.setHeader('Content-Security-Policy', LOGO_POLICY);
    res.end(bytes);
  };
