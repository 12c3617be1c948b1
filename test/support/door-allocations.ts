import { createServer, type Server } from 'node:http';
import { asClientId, asEarnerKey } from '../../src/ids.js';
import { systemClock } from '../../src/platform/clock.js';
import { createLogger } from '../../src/platform/logger.js';
import { createApp } from '../../src/webhooks/app.js';
import { createAuthenticate } from '../../src/webhooks/authenticate.js';
import { batchPerWrite, presetExpressPrototypes } from '../../src/webhooks/server.js';
import { bytesPerRequest, requestsOf } from './hand-fed.js';

/**
 * Prints what the door allocates for a notice, and what node:http does for a request that is read and answered, bytes
 * of V8's heap: in a process of its own, where nobody else allocates. Everything but Redis is as it is deployed.
 */
const NOTICES = 4000;
const KEY = Buffer.alloc(32, 5);

function door(): Server {
  const app = createApp({
    participants: new Set([asClientId('P1')]),
    authenticate: createAuthenticate(
      { webhookSecrets: [`whsec_${KEY.toString('base64')}`], webhookBasic: [] },
      systemClock,
    ),
    obfBaseUrl: 'https://obf.example.org',
    enqueueNotices: batchPerWrite(async () => {}, 1000),
    ready: async () => null,
    earnerKeyOf: asEarnerKey,
    seal: (text) => text,
    log: createLogger('info', 'web', { write: () => {} }),
  });
  return createServer(presetExpressPrototypes(app), app);
}

/** Reads and answers, and nothing else. */
const bare = (): Server =>
  createServer((req, res) => {
    req.on('data', () => {});
    req.on('end', () => res.writeHead(202, { 'Content-Length': 2 }).end('{}'));
  });

/** Once V8 has seen enough of it; the middle one of three. */
async function measured(server: Server, requests: readonly Buffer[]): Promise<number> {
  for (let warm = 0; warm < 3; warm += 1) await bytesPerRequest(server, requests);
  const found: number[] = [];
  for (let at = 0; at < 3; at += 1) found.push(await bytesPerRequest(server, requests));
  return found.toSorted((a, b) => a - b)[1] ?? NaN;
}

async function main(): Promise<void> {
  const requests = requestsOf(NOTICES, KEY);
  const found = { door: await measured(door(), requests), nodes: await measured(bare(), requests) };
  process.stdout.write(JSON.stringify(found));
}

void main();
