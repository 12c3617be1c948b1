import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import express from 'express';
import type { Assertion } from '../../src/earners/record.js';
import { type EarnerKey } from '../../src/ids.js';
import { createAccess } from '../../src/parcours/access.js';
import { openLinkSender } from '../../src/parcours/send-link.js';
import { wireParcours } from '../../src/parcours/app.js';
import type { Disposer } from '../../src/platform/lifecycle.js';
import { createLogger } from '../../src/platform/logger.js';
import { linkIn, openMailbox } from '../../src/sandbox/mailbox.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { linkAddresses } from '../../src/workers/link-addresses.js';
import { wirePipeline } from '../../src/workers/pipeline.js';
import { startWorkers } from '../../src/workers/runtime/workers.js';
import { openBrowser } from '../ops-web/support/browser.js';
import { everythingIn } from '../support/everything.js';
import { parse } from '../support/house.js';
import { testRedis } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { assertionOf } from '../support/assertion.js';

const PEOPLE = ['farid@example.org', 'lou@example.org', 'sacha@example.org'];
const HOUR_MS = 3_600_000;

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** « Mon parcours » as `web` has it and the queue `mails` as a worker has it, before a mail server that is away. */
async function openParcours() {
  const redis = await testRedis();
  const { connection, dataPrefix, prefix: queues } = redis;
  // Its port is free again once it is closed.
  const former = await openMailbox();
  await former.close();
  const app = express();
  const server = createServer(app);
  const publicUrl = await listen(server);
  const scheme = parse(SMALL_SCHEME, SMALL_PARTNERS);
  const parcours = { smtpUrl: former.url, from: 'b@example.org', contact: null, publicUrl, trustProxy: 0 };
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
  links = openLinkSender({ redis: connection, prefix: dataPrefix, vault, scheme: scheme.name, parcours });
  app.use('/parcours', wireParcours(pipeline, parcours));
  let stopWorkers: Disposer = () => undefined;
  return {
    pipeline,
    connection,
    dataPrefix,
    startWorkers: (): void => void (stopWorkers = startWorkers(pipeline, connection, queues, ['mails'])),
    url: publicUrl,
    lines,
    smtpPort: Number(new URL(former.url).port),
    everything: () => everythingIn(redis.url, ''),
    keyOf: (address: string): EarnerKey => earnerKeyOf(vault, address),
    close: async () => {
      await new Promise((resolve) => void server.close(resolve));
      await stopWorkers();
      links?.close();
      await close();
      await redis.close();
    },
  };
}

const badgeOf = (address: string): Assertion =>
  assertionOf(`a-${address.length}`, { issuedOnS: 1_790_000_000 });

let world: Awaited<ReturnType<typeof openParcours>>;
beforeAll(async () => {
  world = await openParcours();
});
afterAll(() => world.close());

test('the mail server is away for an hour: then each person gets one mail, with a link that works', async () => {
  const { pipeline, url, keyOf, lines } = world;
  const { mails: queue } = pipeline.queues;
  for (const address of PEOPLE)
    await pipeline.earners.update(keyOf(address), (record) => ({
      ...record,
      contact: { address, name: 'Personne' },
      assertions: [badgeOf(address)],
    }));
  const ask = (adresse: string) => openBrowser(url).post('/parcours/lien', { adresse });
  const cost = async (address: string): Promise<readonly string[]> => {
    const sending = jest.spyOn(world.connection, 'sendCommand');
    expect((await ask(address)).status).toBe(200);
    const commands = sending.mock.calls.map(([{ name }]) => name);
    sending.mockRestore();
    return commands;
  };
  // Before a worker finds out who is known, each costs the same.
  await ask('premiere@example.org');
  const unknown = await cost('inconnue@example.org');
  for (const address of PEOPLE) expect(await cost(address)).toEqual(unknown);
  for (const address of PEOPLE) await ask(address);
  world.startWorkers();

  // The waits of an hour, without waiting.
  let waitedMs = 0;
  for (let attempt = 1; waitedMs < HOUR_MS; attempt += 1) {
    const waiting = await until(async () => {
      const jobs = await queue.getDelayed();
      return (
        jobs.length === PEOPLE.length && jobs.every(({ attemptsMade }) => attemptsMade >= attempt) && jobs
      );
    }, `attempt ${attempt} of each mail`);
    waitedMs += Math.min(...waiting.map(({ delay }) => delay));
    if (waitedMs < HOUR_MS) await queue.promoteJobs();
  }
  expect(await queue.getJobCounts('failed', 'delayed')).toEqual({ failed: 0, delayed: PEOPLE.length });
  expect(await world.everything()).not.toMatch(/farid|lou@|sacha|example\.org/i);
  expect(lines.join('')).not.toMatch(/farid|lou@|sacha|jeton/i);

  const mailbox = await openMailbox(world.smtpPort);
  await queue.promoteJobs();
  await until(
    async () => (await queue.getJobCountByTypes('wait', 'active', 'delayed')) === 0,
    'an empty queue',
  );
  expect(mailbox.mails.map(({ to }) => to[0]).toSorted()).toEqual(PEOPLE);
  for (const mail of mailbox.mails) {
    expect(mail.source).toMatch(/^Auto-Submitted: auto-generated\r$.*^Content-Type: text\/html/ms);
    const browser = openBrowser(url);
    const jeton = new URL(linkIn(mail)).searchParams.get('jeton') ?? '';
    expect((await browser.post('/parcours/ouvrir', { jeton })).status).toBe(303);
    expect((await browser.get('/parcours/moi')).html).toContain(mail.to[0]);
  }
  const views = async (): Promise<number> => {
    let sum = 0;
    for await (const entry of pipeline.journal.read({ kinds: ['viewed'] })) sum += Number(entry.detail);
    return sum;
  };
  await until(async () => (await views()) === PEOPLE.length, 'the views in the journal, as a number');
  await mailbox.close();
}, 60_000);

test('through one of two addresses that ops joined the whole person is seen; before that, that one alone', async () => {
  const { pipeline, url, keyOf, dataPrefix, connection } = world;
  const [one = '', other = ''] = PEOPLE;
  const access = createAccess(connection, dataPrefix, pipeline.vault, pipeline.now);
  const seenBy = async (address: string): Promise<string> => {
    const cookie = `palier_parcours=${await access.startSession(keyOf(address))}`;
    return (await openBrowser(url).get('/parcours/moi', { cookie })).html;
  };
  expect(await seenBy(one)).not.toContain(other);
  await linkAddresses(pipeline, keyOf(one), keyOf(other));
  for (const address of [one, other]) expect(await seenBy(address)).toContain(`Adresses : ${one}, ${other}`);
});
