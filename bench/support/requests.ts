import { createHmac, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

const BODY_BYTES = 600;

/** Writes so many signed notices as whole requests, all of different events, with bodies of 600 bytes. */
export async function writeRequests(file: string, count: number, secret: string): Promise<void> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const out = createWriteStream(file);
  const run = randomBytes(4).toString('hex');
  for (let at = 0; at < count; at += 1)
    if (!out.write(requestOf(key, `${run}${at.toString(36).padStart(5, '0')}`))) await once(out, 'drain');
  out.end();
  await once(out, 'close');
}

function requestOf(key: Buffer, event: string): string {
  const notice = { type: 'badge.issued', data: { client_id: 'P1', event_id: event }, note: '' };
  notice.note = 'x'.repeat(BODY_BYTES - JSON.stringify(notice).length);
  const body = JSON.stringify(notice);
  const [id, stamp] = [`msg_${event}`, Math.floor(Date.now() / 1000)];
  const mac = createHmac('sha256', key).update(`${id}.${stamp}.${body}`).digest('base64');
  const head = [
    'POST /webhooks/obf HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    `webhook-id: ${id}`,
    `webhook-timestamp: ${stamp}`,
    `webhook-signature: v1,${mac}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}\0`;
}
