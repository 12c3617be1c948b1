import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Queue } from 'bullmq';
import express from 'express';
import { z } from 'zod';

/**
 * What we compare ourselves with: the receiver that a good engineer writes in an hour. It is right as far as
 * it goes: raw bytes are verified, the body is parsed, a notice is acknowledged once Redis has it.
 */
const secret = Buffer.from((process.env['WEBHOOK_SECRETS'] ?? '').replace('whsec_', ''), 'base64');
const notices = new Queue('notices', { connection: { url: process.env['REDIS_URL'] ?? '' } });

const notice = z.object({
  type: z.enum(['badge.issued', 'badge.revoked']),
  data: z.object({ client_id: z.string().min(1), event_id: z.string().min(1) }),
});

interface Raw extends IncomingMessage {
  rawBody?: Buffer;
}

function isSigned({ headers, rawBody }: Raw): boolean {
  const [id, stamp, given] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name] ?? ''),
  );
  if (Math.abs(Date.now() / 1000 - Number(stamp)) > 300) return false;
  const mac = createHmac('sha256', secret)
    .update(`${id}.${stamp}.`)
    .update(rawBody ?? '')
    .digest('base64');
  const expected = Buffer.from(`v1,${mac}`);
  const actual = Buffer.from(given ?? '');
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

const app = express();
app.use(
  express.json({
    limit: '1mb',
    verify: (req: Raw, _res, buf) => {
      req.rawBody = buf;
    },
  }),
);
app.post('/webhooks/obf', async (req, res) => {
  if (!isSigned(req)) return void res.status(403).json({ error: 'bad signature' });
  const read = notice.safeParse(req.body);
  if (!read.success) return void res.status(422).json({ error: 'bad notice' });
  const { type, data } = read.data;
  await notices.add(type, data, {
    jobId: `${type}.${data.client_id}.${data.event_id}`,
    attempts: 8,
    backoff: { type: 'exponential', delay: 1000 },
    removeOnComplete: true,
    removeOnFail: { age: 30 * 24 * 3600 },
  });
  return void res.status(202).json({ status: 'accepted' });
});
app.listen(Number(process.env['PORT']), '127.0.0.1', () => void process.stdout.write('listening\n'));
process.once('SIGTERM', () => process.exit(0));
