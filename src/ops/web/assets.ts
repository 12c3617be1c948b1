import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logo } from './logo.js';
import { styleSheet } from './style/sheet.js';

/** A file of ours whose address changes with it, so that browsers may keep it for ever. */
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

const FOREVER = 'public, max-age=31536000, immutable';
/** Somebody may open the picture by itself; its own drawing styles are all that it may use then. */
const ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

export const createAssets = (colour: string, logo: Logo | null): Assets => ({
  style: asset('style.css', 'text/css; charset=utf-8', Buffer.from(styleSheet(colour))),
  logo: logo === null ? null : asset('logo', logo.type, logo.bytes),
});

function asset(name: string, type: string, bytes: Buffer): Asset {
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
  return { name, href: `/ops/${name}?v=${hash}`, type, bytes };
}

/** Under an address of another version it is what it is now, and not kept. */
export const serveAsset =
  ({ href, type, bytes, name }: Asset): RequestHandler =>
  (req, res) => {
    res.setHeader('Content-Type', type);
    res.setHeader('Cache-Control', req.originalUrl === href ? FOREVER : 'no-cache');
    if (name === 'logo') res.setHeader('Content-Security-Policy', ALONE);
    res.end(bytes);
  };
