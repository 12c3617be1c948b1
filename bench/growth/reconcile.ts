import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ownRedis } from '../../test/support/own-redis.js';
import { openArithmeticObf } from './arithmetic-obf.js';
import { startChild, type Ran } from './child.js';
import type { ReconcileGrowth } from './types.js';

const RECIPIENTS_EACH = 25;
const ASSERTIONS_EACH = 6;
const OBF_RPS = 8;
const BADGES = Array.from({ length: 12 }, (_, at) => `B${at}`);

/**
 * `palier reconcile --full` of so many assertions into an empty Redis, before an OBF that answers at once; then the
 * worker process evaluates everybody. Nobody is due anything: issuing is measured elsewhere.
 */
export async function growthOfReconcile(assertions: number): Promise<ReconcileGrowth> {
  const events = Math.ceil(assertions / RECIPIENTS_EACH);
  const earners = Math.ceil(assertions / ASSERTIONS_EACH);
  const issued = { clientId: 'P1', badges: BADGES, events, recipientsEach: RECIPIENTS_EACH, earners };
  const [redis, obf, dir] = await Promise.all([
    ownRedis(),
    openArithmeticObf(issued),
    mkdtemp(join(tmpdir(), 'palier-growth-')),
  ]);
  const admin = new Redis(redis.url);
  try {
    await writeFile(join(dir, 'scheme.yaml'), SCHEME);
    await writeFile(join(dir, 'partners.yaml'), PARTNERS);
    const env = environment(redis.url, obf.url, dir);
    const reading = await startChild([resolve('dist/ops/cli/main.js'), 'reconcile', '--full', '--json'], env);
    const command = await reading.ended;
    if (command.exit !== 0) throw new Error(`reconcile ended with ${command.exit}: ${command.output}`);
    const calls = obf.calls();
    const worker = await evaluateAll(admin, env);
    return {
      assertions: events * RECIPIENTS_EACH,
      ourSeconds: command.seconds,
      obfSeconds: calls / OBF_RPS,
      calls,
      commandPeakMib: command.peakMib,
      commandLiveMib: command.liveMib,
      workerPeakMib: worker.peakMib,
      workerLiveMib: worker.liveMib,
      workerSeconds: worker.seconds,
    };
  } finally {
    admin.disconnect();
    await obf.close();
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** From the worker's start until nobody waits to be evaluated. */
async function evaluateAll(admin: Redis, env: Readonly<Record<string, string>>): Promise<Ran> {
  const startedMs = performance.now();
  const worker = await startChild([resolve('dist/workers/main.js')], env);
  await Promise.race([drained(admin), worker.ended.then(tooSoon)]);
  const seconds = (performance.now() - startedMs) / 1000;
  worker.stop();
  return { ...(await worker.ended), seconds };
}

async function drained(redis: Redis): Promise<void> {
  while ((await redis.llen(WAITING)) + (await redis.llen(ACTIVE)) > 0) await pause(200);
}

function tooSoon(): never {
  throw new Error('the worker ended before its work');
}

const WAITING = '{palier}:earners:wait';
const ACTIVE = '{palier}:earners:active';

const environment = (redisUrl: string, obfUrl: string, configDir: string) => ({
  REDIS_URL: redisUrl,
  OBF_BASE_URL: obfUrl,
  OBF_CLIENT_ID: 'REGION',
  OBF_CLIENT_SECRET: 'REGION_key',
  // The most that can be set: what is measured is our own work.
  OBF_MAX_RPS: '1000',
  KEY_P1: 'P1_key',
  PALIER_KEY: randomBytes(32).toString('base64'),
  PALIER_CONFIG: configDir,
  WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
  POLL_EVERY_S: '300',
  LOG_LEVEL: 'warn',
});

const SCHEME = `
scheme: Essai
competencies:
  communiquer: { name: Communiquer }
awards:
  tous:
    name: "Tous les badges"
    badge: R1
    rule: { at_least: ${BADGES.length}, of: { competency: communiquer } }
`;

const PARTNERS = `
partners:
  - client_id: P1
    name: Organisme un
    secret_env: KEY_P1
    badges:
${BADGES.map((id) => `      - { id: ${id}, name: Badge ${id}, competency: communiquer, level: 1 }`).join('\n')}
`;
