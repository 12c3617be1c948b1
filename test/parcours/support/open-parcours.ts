import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import express from 'express';
import { earnerKeyOf } from '../../../src/earners/person.js';
import type { EarnerRecord } from '../../../src/earners/record.js';
import type { EarnerKey } from '../../../src/ids.js';
import { createAccess, openLinkSender } from '../../../src/parcours/access.js';
import { createParcours } from '../../../src/parcours/app.js';
import type { Disposer } from '../../../src/platform/lifecycle.js';
import { createLogger } from '../../../src/platform/logger.js';
import { wirePipeline } from '../../../src/workers/pipeline.js';
import { startWorkers } from '../../../src/workers/runtime/workers.js';
import { assertionOf } from '../../support/assertion.js';
import { everythingIn } from '../../support/everything.js';
import { parse } from '../../support/house.js';
import { testRedis } from '../../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../../support/small-scheme.js';

export type OpenedParcours = Awaited<ReturnType<typeof openParcours>>;

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** « Mon parcours » as `web` has it, behind one proxy, and the queue `mails` as a worker has it. */
export async function openParcours(smtpUrl: string) {
  const redis = await testRedis();
  const { connection, dataPrefix, prefix: queues } = redis;
  const app = express();
  const server = createServer(app);
  const publicUrl = await listen(server);
  const scheme = parse(SMALL_SCHEME, SMALL_PARTNERS);
  const contact = 'badges@normandie.example';
  const parcours = { smtpUrl, from: 'badges@example.org', contact, publicUrl, trustProxy: 1 };
  const lines: string[] = [];
  const log = createLogger('debug', 'test', { write: (line) => void lines.push(line) });
  const config = {
    obfBaseUrl: 'http://127.0.0.1:1',
    obfClientId: 'REGION',
    obfClientSecret: 'region',
    obfMaxRps: 8,
    palierKey: randomBytes(32),
  };
  const prefixes = { queues, data: dataPrefix };
  let links: ReturnType<typeof openLinkSender> | null = null;
  const { pipeline, close } = wirePipeline({
    config,
    scheme,
    secrets: new Map(),
    redis: connection,
    log,
    prefixes,
    sendLink: async (earner) => (await links?.send(earner)) ?? false,
  });
  const { vault } = pipeline;
  const sender = openLinkSender({
    redis: connection,
    prefix: dataPrefix,
    vault,
    scheme: scheme.name,
    parcours,
  });
  links = sender;
  app.use('/parcours', createParcours(pipeline, parcours));
  let stopWorkers: Disposer = () => undefined;
  const keyOf = (address: string): EarnerKey => earnerKeyOf(vault, address);
  return {
    pipeline,
    connection,
    url: publicUrl,
    lines,
    keyOf,
    access: createAccess(connection, dataPrefix, vault, pipeline.now),
    /** What the worker does with a request. */
    sendLink: (address: string): Promise<boolean> => sender.send(keyOf(address)),
    startWorkers: (): void => void (stopWorkers = startWorkers(pipeline, connection, queues, ['mails'])),
    everything: () => everythingIn(redis.url, ''),
    /** Somebody with a badge at that address. */
    know: (address: string, rest: Partial<EarnerRecord> = {}) =>
      pipeline.earners.update(keyOf(address), (record) => ({
        ...record,
        contact: { address, name: 'Personne' },
        assertions: [assertionOf(`a-${address.length}`, { issuedOnS: 1_790_000_000 })],
        ...rest,
      })),
    close: async () => {
      await new Promise((resolve) => void server.close(resolve));
      await stopWorkers();
      sender.close();
      await close();
      await redis.close();
    },
  };
}
