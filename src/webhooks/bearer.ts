import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether the request holds this token (RFC 6750, 2.1). In constant time, whatever the token's length. */
export function isBearer({ authorization = '' }: IncomingHttpHeaders, token: string): boolean {
  const [, given] = /^bearer +([\w.~+/=-]+) *$/i.exec(authorization) ?? [];
  return timingSafeEqual(digest(given ?? ''), digest(token)) && given !== undefined;
}
