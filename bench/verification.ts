import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { DEFAULT_PREFIX } from '../src/queue/jobs.js';
import { until } from '../test/support/until.js';
import type { Scene } from './calls.js';
import { atMost, tableOf, type Part } from './report.js';
import { badgesOf, openArithmeticObf, type Issued } from './arithmetic-obf.js';
import { type Ended, onOwnRedis, startProgram } from './program.js';
/**
 * Every account read again in full, as each night and as `palier reconcile --full` do it, before an OBF that answers
 * at once. Nobody is due anything: issuing is measured elsewhere.
 */
const ASSERTIONS_EACH = 6;

interface Reading {
  /** That OBF received. */
  readonly calls: number;
  readonly command: Ended;
}

/** What the worker makes of it afterwards, all earners evaluated and every account read once more. */
interface Afterwards {
  readonly evaluateSeconds: number;
  readonly peakMib: number;
}

const issuedBy = (partners: number, eventsEach: number, recipients: number): Issued => ({
  clients: Array.from({ length: partners }, (_, at) => `P${at + 1}`),
  badgesEach: partners === 1 ? 12 : 1,
  eventsEach,
  recipients,
  earners: Math.ceil((partners * eventsEach * recipients) / ASSERTIONS_EACH),
});

/** The reading of a night: so many partners of 2 000 recipients each, in classes of ten. */
export async function nightly(partners: number, rps: number): Promise<Scene> {
  const issued = issuedBy(partners, 200, 10);
  const { calls } = await onOwnRedis((url) => readAgain(url, issued));
  return {
    what: `the nightly reading of ${partners} partners with 2000 recipients each, and of the Région`,
    per: partners + 1,
    // A page of events and, of recipients, three: they overlap by one row.
    goal: 4 * partners + 2,
    ours: { total: calls, seconds: calls / rps },
    straightforward: partners * (1 + issued.eventsEach),
  };
}

const [EVENTS, RECIPIENTS] = [200_000, 5];
const MEASURED_EVENTS = 4000;

/** 1 000 000 assertions of 200 000 events, from a measured fiftieth: what is not a page of a list stays as it was. */
export async function reconciledByArithmetic(rps: number): Promise<Scene> {
  const { calls } = await onOwnRedis((url) => readAgain(url, issuedBy(1, MEASURED_EVENTS, RECIPIENTS)));
  const total = calls - pagesOf(MEASURED_EVENTS) + pagesOf(EVENTS);
  return {
    what: '`reconcile --full` of 1000000 assertions of 200000 events (by arithmetic from 20000)',
    per: EVENTS,
    goal: 1300,
    ours: { total, seconds: total / rps },
    straightforward: EVENTS + EVENTS / 1000,
  };
}

/** Pages of 1 000 rows that overlap by one: of so many events, and of their recipients. */
const pagesOf = (events: number): number =>
  [events, events * RECIPIENTS].reduce((sum, rows) => sum + Math.ceil((rows - 1) / 999), 0);

/** All of it for real: how long it takes, and how much memory. Quick: a fiftieth. */
export async function benchVerification(quick: boolean): Promise<Part> {
  const issued = issuedBy(1, quick ? MEASURED_EVENTS : EVENTS, RECIPIENTS);
  const { calls, command, worker } = await onOwnRedis(async (url, admin) => {
    let afterwards: Afterwards = { evaluateSeconds: NaN, peakMib: NaN };
    const reading = await readAgain(url, issued, async (env) => {
      afterwards = await workThrough(admin, env);
    });
    return { ...reading, worker: afterwards };
  });
  const rows = [
    ['calls of `reconcile --full`', calls],
    ['they take at 8 calls/s, s', (calls / 8).toFixed(0)],
    ['it takes before an OBF that answers at once, s', command.seconds.toFixed(0)],
    ['memory of the command, MiB', command.peakMib.toFixed(0)],
    ['evaluating everybody, s', worker.evaluateSeconds.toFixed(0)],
    ['memory of the worker that evaluates, then reads all of it again, MiB', worker.peakMib.toFixed(0)],
  ];
  const { eventsEach, earners } = issued;
  return {
    text: `${eventsEach * RECIPIENTS} assertions of ${eventsEach} events and ${earners} earners.\n\n${tableOf(['what', 'measured'], rows)}`,
    goals: [atMost('calls', 1300, calls), atMost('a worker, MiB', 256, worker.peakMib)],
  };
}

/** `palier reconcile --full` into an empty Redis, and what follows, with the same environment. */
async function readAgain(
  redisUrl: string,
  issued: Issued,
  then: (env: Readonly<Record<string, string>>) => Promise<void> = async () => undefined,
): Promise<Reading> {
  const obf = await openArithmeticObf(issued);
  const dir = await mkdtemp(join(tmpdir(), 'palier-bench-'));
  try {
    await writeFile(join(dir, 'scheme.yaml'), schemeOf(issued));
    await writeFile(join(dir, 'partners.yaml'), partnersOf(issued));
    const env = environment(redisUrl, obf.url, dir, issued);
    const args = [resolve('dist/ops/cli/main.js'), 'reconcile', '--full', '--json'];
    const program = await startProgram(args, env);
    const command = await program.ended;
    if (command.exit !== 0) throw new Error(`reconcile ended with ${command.exit}: ${program.said()}`);
    const calls = obf.calls();
    await then(env);
    return { calls, command };
  } finally {
    await obf.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** From the worker's start until nobody waits to be evaluated, and then until it has read every account again. */
async function workThrough(admin: Redis, env: Readonly<Record<string, string>>): Promise<Afterwards> {
  const maintenance = new Queue('maintenance', { connection: admin, prefix: DEFAULT_PREFIX });
  const startedMs = performance.now();
  const worker = await startProgram([resolve('dist/workers/main.js')], env);
  const tooSoon = worker.ended.then(() => {
    throw new Error(`the worker ended before its work: ${worker.said()}`);
  });
  const isEvaluated = async (): Promise<boolean> =>
    (await admin.llen('{palier}:earners:wait')) + (await admin.llen('{palier}:earners:active')) === 0;
  await Promise.race([until(isEvaluated, 'evaluation of everybody', HOUR_MS), tooSoon]);
  const evaluateSeconds = (performance.now() - startedMs) / 1000;
  const { id = '' } = await maintenance.add('verify', { kind: 'verify' }, { removeOnComplete: true });
  const isVerified = async (): Promise<boolean> => (await maintenance.getJob(id)) === undefined;
  await Promise.race([until(isVerified, 'verification', HOUR_MS), tooSoon]);
  tooSoon.catch(() => undefined);
  const { peakMib } = await worker.stop();
  await maintenance.close();
  return { evaluateSeconds, peakMib };
}

const HOUR_MS = 3_600_000;

const environment = (redisUrl: string, obfUrl: string, configDir: string, { clients }: Issued) => ({
  ...Object.fromEntries(clients.map((client) => [`KEY_${client}`, `${client}_key`])),
  REDIS_URL: redisUrl,
  OBF_BASE_URL: obfUrl,
  OBF_CLIENT_ID: 'REGION',
  OBF_CLIENT_SECRET: 'REGION_key',
  // The most that can be set: what is measured is our own work.
  OBF_MAX_RPS: '1000',
  PALIER_KEY: randomBytes(32).toString('base64'),
  PALIER_CONFIG: configDir,
  WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
  LOG_LEVEL: 'warn',
});

/** Who has every badge is due the award: nobody. */
const schemeOf = ({ clients, badgesEach }: Issued): string => `
scheme: Essai
competencies:
  communiquer: { name: Communiquer }
awards:
  tous:
    name: "Tous les badges"
    badge: R1
    rule: { at_least: ${clients.length * badgesEach}, of: { competency: communiquer } }
`;

const partnersOf = (issued: Issued): string =>
  ['partners:', ...issued.clients.map((client) => partnerOf(client, issued))].join('\n');

const partnerOf = (client: string, issued: Issued): string => `  - client_id: ${client}
    name: Organisme ${client}
    secret_env: KEY_${client}
    badges:
${badgesOf(client, issued)
  .map((id) => `      - { id: ${id}, name: Badge ${id}, competency: communiquer, level: 1 }`)
  .join('\n')}`;
