import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { Redis } from 'ioredis';
import { listening } from '../support/process.js';

/**
 * The limit: what Node, one HMAC and one write cost when there is nothing else. It parses nothing, keeps no
 * rule of HTTP and could lose or repeat anything; no receiver that does its work can be faster.
 */
const secret = Buffer.from((process.env['WEBHOOK_SECRETS'] ?? '').replace('whsec_', ''), 'base64');
const redis = new Redis(process.env['REDIS_URL'] ?? '', { enableAutoPipelining: true });

function isSigned({ headers }: IncomingMessage, body: Buffer): boolean {
  const start = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.`;
  const expected = Buffer.from(
    `v1,${createHmac('sha256', secret).update(start).update(body).digest('base64')}`,
  );
  const actual = Buffer.from(String(headers['webhook-signature']));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const body = Buffer.concat(chunks);
    if (!isSigned(req, body)) return void res.writeHead(403).end();
    redis.xadd('limit', '*', 'b', body).then(
      () => res.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"accepted"}'),
      () => res.writeHead(503).end(),
    );
  });
});
server.listen(0, '127.0.0.1', () => listening(server));
