import { linkIn, openMailbox } from '../../src/sandbox/mailbox.js';
import { linkAddresses } from '../../src/workers/link-addresses.js';
import { openBrowser } from '../ops-web/support/browser.js';
import { steadyPort } from '../support/ports.js';
import { until } from '../support/until.js';
import { openParcours, type OpenedParcours } from './support/open-parcours.js';

const PEOPLE = ['farid@example.org', 'lou@example.org', 'sacha@example.org'];
const HOUR_MS = 3_600_000;

let world: OpenedParcours;
let smtpPort: number;
beforeAll(async () => {
  // A mail server that is away.
  smtpPort = await steadyPort();
  world = await openParcours(`smtp://127.0.0.1:${smtpPort}`);
});
afterAll(() => world.close());

test('the mail server is away for an hour: then each person gets one mail, with a link that works', async () => {
  const { pipeline, url, lines } = world;
  const { mails: queue } = pipeline.queues;
  for (const address of PEOPLE) await world.know(address);
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

  const mailbox = await openMailbox(smtpPort);
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
});

test('through one of two addresses that ops joined the whole person is seen; before that, that one alone', async () => {
  const { pipeline, url, keyOf, access } = world;
  const [one = '', other = ''] = PEOPLE;
  const seenBy = async (address: string): Promise<string> => {
    const cookie = `palier_parcours=${await access.startSession(keyOf(address))}`;
    return (await openBrowser(url).get('/parcours/moi', { cookie })).html;
  };
  expect(await seenBy(one)).not.toContain(other);
  await linkAddresses(pipeline, keyOf(one), keyOf(other));
  for (const address of [one, other]) expect(await seenBy(address)).toContain(`Adresses : ${one}, ${other}`);
});
