import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { DEFAULT_PREFIX } from '../src/queue/jobs.js';
import { freePort } from '../src/sandbox/processes.js';
import { until } from '../test/support/until.js';
import { atMost, tableOf, type Part } from './report.js';
import { onOwnRedis, startProgram } from './program.js';

/** One partner: of each event so many recipients, of each earner so many badges. */
const [RECIPIENTS, BADGES_EACH] = [5, 6];
const BADGES = Array.from({ length: 12 }, (_, at) => `B${at}`);

/**
 * An account read again in full by `palier reconcile --full`, into an empty Redis, before an OBF that answers at once;
 * then a worker that evaluates everybody, and reads all of it once more, as each night. Nobody is due anything.
 */
export async function benchVerification(quick: boolean): Promise<Part> {
  const events = quick ? 4000 : 200_000;
  const { calls, command, evaluateSeconds, peakMib } = await onOwnRedis((url, admin) =>
    readAll(url, admin, events),
  );
  const rows = [
    ['calls of `reconcile --full`', calls],
    ['they take at 8 calls/s, s', (calls / 8).toFixed(0)],
    ['it takes before an OBF that answers at once, s', command.seconds.toFixed(0)],
    ['memory of the command, MiB', command.peakMib.toFixed(0)],
    ['evaluating everybody, s', evaluateSeconds.toFixed(0)],
    ['memory of the worker that evaluates, then reads all of it again, MiB', peakMib.toFixed(0)],
  ];
  const about = `${events * RECIPIENTS} assertions of ${events} events and ${earnersOf(events)} earners.`;
  return {
    text: `${about}\n\n${tableOf(['what', 'measured'], rows)}`,
    goals: [atMost('calls', 1300, calls), atMost('a worker, MiB', 256, peakMib)],
  };
}

const earnersOf = (events: number): number => Math.ceil((events * RECIPIENTS) / BADGES_EACH);

const HOUR_MS = 3_600_000;

/** By the command; then by a worker, from its start until nobody waits to be evaluated, and all accounts are read again. */
async function readAll(redisUrl: string, admin: Redis, events: number) {
  const obf = await openObf(events);
  const config = await mkdtemp(join(tmpdir(), 'palier-bench-'));
  const maintenance = new Queue('maintenance', { connection: admin, prefix: DEFAULT_PREFIX });
  try {
    await writeFile(join(config, 'scheme.yaml'), SCHEME);
    await writeFile(join(config, 'partners.yaml'), PARTNERS);
    const env = environment(redisUrl, obf.url, config);
    const program = await startProgram(['dist/ops/cli/main.js', 'reconcile', '--full', '--json'], env);
    const command = await program.ended;
    if (command.exit !== 0) throw new Error(`reconcile ended with ${command.exit}: ${program.said()}`);
    const calls = obf.calls();
    const startedMs = performance.now();
    const worker = await startProgram(['dist/workers/main.js'], env);
    const isEvaluated = async (): Promise<boolean> =>
      (await admin.llen('{palier}:earners:wait')) + (await admin.llen('{palier}:earners:active')) === 0;
    await Promise.race([until(isEvaluated, 'evaluation of everybody', HOUR_MS), worker.ended]);
    const evaluateSeconds = (performance.now() - startedMs) / 1000;
    const { id = '' } = await maintenance.add('verify', { kind: 'verify' }, { removeOnComplete: true });
    const isVerified = async (): Promise<boolean> => (await maintenance.getJob(id)) === undefined;
    await Promise.race([until(isVerified, 'verification', HOUR_MS), worker.ended]);
    const { peakMib, exit } = await worker.stop();
    if (exit !== 0) throw new Error(`the worker ended with ${exit}: ${worker.said()}`);
    return { calls, command, evaluateSeconds, peakMib };
  } finally {
    await maintenance.close();
    obf.close();
    await rm(config, { recursive: true, force: true });
  }
}

const environment = (redisUrl: string, obfUrl: string, configDir: string) => ({
  REDIS_URL: redisUrl,
  OBF_BASE_URL: obfUrl,
  OBF_CLIENT_ID: 'REGION',
  OBF_CLIENT_SECRET: 'REGION_key',
  KEY_P1: 'P1_key',
  // Beside the reading that is measured, the clock would begin another.
  VERIFY_EVERY_H: '0',
  // The most that can be set: what is measured is our own work.
  OBF_MAX_RPS: '1000',
  PALIER_KEY: randomBytes(32).toString('base64'),
  PALIER_CONFIG: configDir,
  WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
  LOG_LEVEL: 'warn',
});

/** Who has every badge is due the award: nobody. */
const SCHEME = `scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards: { tous: { badge: R1, rule: { at_least: ${BADGES.length}, of: { competency: communiquer } } } }
`;
const PARTNERS = `partners:
  - client_id: P1
    name: Organisme
    secret_env: KEY_P1
    badges:
${BADGES.map((id) => `      - { id: ${id}, name: Badge ${id}, competency: communiquer, level: 1 }`).join('\n')}
`;

const ISSUED_ON = 1_760_000_000;
/** The most rows of a page, whatever is asked for. */
const PAGE = 1000;

/** An OBF that remembers nothing and answers at once: what it has issued follows from a number. Counts calls, tokens apart. */
async function openObf(events: number) {
  const port = await freePort();
  let calls = 0;
  const token = { access_token: 'token', expires_in: 86_400, token_type: 'Bearer' };
  const server = createServer((req, res) => {
    if (req.method !== 'POST') calls += 1;
    const body = req.method === 'POST' ? token : replyTo(events, new URL(req.url ?? '/', 'http://obf'));
    req.resume().on('end', () => res.setHeader('Content-Type', 'application/json').end(JSON.stringify(body)));
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => server.close().closeAllConnections();
  return { url: `http://127.0.0.1:${port}`, calls: () => calls, close };
}

/** `/v2/<kind>/<client>[/recipient]`: events in their order, and of each its recipients. */
function replyTo(events: number, { pathname, searchParams }: URL): unknown {
  const [, , kind, client, rest] = pathname.split('/');
  if (kind === 'client') return { id: client, name: client, issuing_limit: null };
  if (kind !== 'event' || client !== 'P1') return { result: [], total: 0 };
  const asked = searchParams.get('event_id');
  const [first, count] = asked === null ? [0, events] : [Number(asked.slice(1)), 1];
  const [each, rowAt] = rest === 'recipient' ? [RECIPIENTS, recipientRow] : [1, eventRow];
  const offset = Number(searchParams.get('offset') ?? 0);
  const limit = Math.min(PAGE, Number(searchParams.get('limit') ?? PAGE));
  const rows = Math.max(0, Math.min(limit, count * each - offset));
  const result = Array.from({ length: rows }, (_, row) => rowAt(first * each + offset + row, events));
  return { result, total: count * each };
}

const eventRow = (at: number): unknown => {
  const badge_id = BADGES[at % BADGES.length];
  return { id: `E${at}`, badge_id, issued_on: ISSUED_ON, recipient_count: RECIPIENTS, mtime: ISSUED_ON };
};

const recipientRow = (at: number, events: number): unknown => {
  const [event_id, assertion_id] = [`E${Math.floor(at / RECIPIENTS)}`, `A${at}`];
  const email = `personne.${at % earnersOf(events)}@example.org`;
  return { event_id, assertion_id, email, name: 'Personne', issued_on: ISSUED_ON, revoked: false };
};
