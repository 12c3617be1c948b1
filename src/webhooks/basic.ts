import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { BasicKey } from '../config.js';
import { Problem } from './problem.js';

const digest = (text: string | Buffer): Buffer => createHash('sha256').update(text).digest();

/**
 * HTTP Basic (RFC 7617). Digests are compared, all of them and in constant time: neither the length nor
 * the place of a pair shows.
 */
export function basicDoor(pairs: readonly BasicKey[]) {
  const known = pairs.map(({ key, secret }) => digest(`${key}:${secret}`));
  return {
    /** Whether the sender gave credentials, of whatever scheme. */
    isMeant: ({ authorization }: IncomingHttpHeaders): boolean =>
      authorization !== undefined && authorization.trim() !== '',
    fault({ authorization = '' }: IncomingHttpHeaders): Problem | null {
      const [, encoded] = /^basic +([\w+/=-]+) *$/i.exec(authorization) ?? [];
      const given = digest(Buffer.from(encoded ?? '', 'base64'));
      const matches = known.filter((one) => timingSafeEqual(one, given));
      return encoded !== undefined && matches.length > 0 ? null : new Problem('basic_invalid');
    },
  };
}
