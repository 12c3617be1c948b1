import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { requestOf } from '../../test/support/hand-fed.js';

/** The reader of the file parts them at it. */
const END = Buffer.of(0);

/** Writes so many signed notices as whole requests, all of different events, with bodies of 600 bytes. */
export async function writeRequests(file: string, count: number, secret: string): Promise<void> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const out = createWriteStream(file);
  const run = randomBytes(4).toString('hex');
  for (let at = 0; at < count; at += 1)
    if (!out.write(Buffer.concat([requestOf(key, `${run}${at.toString(36).padStart(5, '0')}`), END])))
      await once(out, 'drain');
  out.end();
  await once(out, 'close');
}
