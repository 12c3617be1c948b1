import { request, type OutgoingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { asClientId } from '../../src/ids.js';
import { createLogger } from '../../src/platform/logger.js';
import type { RedisAddress } from '../../src/platform/redis.js';
import { disposeAll } from '../../src/platform/lifecycle.js';
import { createVault } from '../../src/platform/vault.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { startWebhooks, wireWebhooks } from '../../src/webhooks/server.js';
import { testRedis } from '../support/redis.js';
import { sortedNotices } from './sorted-notices.js';

export const SECRETS = [
  `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
  `whsec_${Buffer.alloc(32, 2).toString('base64')}`,
];
export const PAIRS = [
  { key: 'obf', secret: 'first:secret' },
  { key: 'passport', secret: 'zweites-Geheimniß' },
];
export const BASIC = PAIRS.map(({ key, secret }) => `${key}:${secret}`);
export const OBF = 'https://obf.example.org';
export const vault = createVault(Buffer.alloc(32, 7));
export const keyOf = (address: string) => earnerKeyOf(vault, address);

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** Without a length, in pieces of 64 kB. */
  readonly chunked?: boolean;
}

export type Harness = Awaited<ReturnType<typeof harness>>;

/** The receiver over real HTTP and the given Redis, as `main.ts` wires it, its log kept. */
export async function harness(redis: RedisAddress, prefix?: string, checked?: Promise<void>) {
  const lines: string[] = [];
  const log = createLogger('debug', 'web', { write: (text) => void lines.push(text) });
  const { deps, releases } = wireWebhooks({
    config: { redis, obfBaseUrl: OBF, webhookSecrets: SECRETS, webhookBasic: BASIC },
    participants: new Set(['P1', 'P2', 'region'].map(asClientId)),
    earnerKeyOf: keyOf,
    vault,
    log,
    ...(prefix === undefined ? {} : { prefix }),
    ...(checked === undefined ? {} : { checked }),
  });
  const server = await startWebhooks(deps, 0);
  return {
    port: server.port,
    lines,
    deps,
    send: (sent: Sent) => send(server.port, sent),
    stop: () => server.close(),
    close: async () => {
      await server.close();
      await disposeAll(releases, log);
    },
  };
}

export type HarnessOnRedis = Awaited<ReturnType<typeof harnessOnRedis>>;

/** On the Redis of the run, with the notices that it stores; `close` closes all. */
export async function harnessOnRedis() {
  const redis = await testRedis();
  const queue = sortedNotices(redis.connection, redis.prefix);
  const web = await harness(redis.address, redis.prefix);
  const close = async (): Promise<void> => {
    await web.close();
    await queue.close();
    await redis.close();
  };
  return { redis, queue, web, close };
}

/** Somewhat less than the door waits for Redis at least. */
const TIME_IS_UP_MS = 900;

/**
 * As a sender does: asks again where time was up, since this process or Redis may stand still for seconds. A refusal
 * that comes sooner is the door's own, and is answered at once.
 */
export async function patiently(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const startedMs = performance.now();
    const answer = await ask();
    const isLate = performance.now() - startedMs > TIME_IS_UP_MS;
    if (answer.status !== 503 || !isLate || tries === 5) return answer;
  }
}

/** One request on a connection of its own. The answer counts even when the rest of the body cannot be sent. */
export function send(
  port: number,
  { method = 'POST', path = '/webhooks/obf', headers = {}, body = '', chunked = false }: Sent,
): Promise<Answer> {
  const length = chunked || method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    let answered = false;
    const req = request({
      port,
      host: '127.0.0.1',
      method,
      path,
      agent: false,
      headers: { 'content-type': 'application/json', ...length, ...headers },
    });
    req.on('response', (res) => {
      answered = true;
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part));
      res.on('end', () => {
        const text = Buffer.concat(parts).toString();
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          text,
          json: text === '' ? {} : JSON.parse(text),
        });
        req.destroy();
      });
    });
    req.on('error', (error) => (answered ? undefined : reject(error)));
    if (chunked) sendChunks(req, Buffer.from(body));
    else req.end(body);
  });
}

function sendChunks(req: ReturnType<typeof request>, body: Buffer, at = 0): void {
  if (at >= body.length) return void req.end();
  req.write(body.subarray(at, at + 65_536), () => sendChunks(req, body, at + 65_536));
}

/** Standard Webhooks headers for a body. */
export function signed(
  body: string | Buffer,
  { secret = SECRETS[0] ?? '', atMs = Date.now(), id = 'msg_1' } = {},
): OutgoingHttpHeaders {
  const at = new Date(atMs);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
}

export const basic = (text = `${PAIRS[0]?.key}:${PAIRS[0]?.secret}`): OutgoingHttpHeaders => ({
  authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});

export const eventBody = (clientId = 'P1', eventId = 'E1', type = 'badge.issued'): string =>
  JSON.stringify({ type, data: { client_id: clientId, event_id: eventId } });

export const credentialUrl = (id: string | number, base = OBF): string =>
  `${base}/obv3/credentials/${id}.json`;
