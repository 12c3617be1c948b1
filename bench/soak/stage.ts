import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startSandbox } from '../../src/sandbox/server.js';
import type { EventRecord, Sandbox } from '../../src/sandbox/types.js';
import { postNotice, signedNotice } from '../../src/sandbox/webhooks.js';
import { ownRedis, type OwnRedis } from '../../test/support/own-redis.js';
import { startLine, type RunningProcess } from '../../test/support/processes.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../../test/support/small-scheme.js';
import { until } from '../../test/support/until.js';

/** Whose heaps are measured, V8's compilers off, and a worker that runs as it is deployed. */
export type Measured = 'web' | 'worker' | 'deployedWorker';

/** `web` and two workers by the Procfile's lines, before the sandbox, with a probe in each. */
export interface Stage {
  readonly redis: OwnRedis;
  readonly sandbox: Sandbox;
  readonly processes: Readonly<Record<Measured, RunningProcess>>;
  tell(event: EventRecord): Promise<void>;
  close(): Promise<void>;
}

/** Seconds between two polls of a partner. */
export const POLL_EVERY_S = 10;

const HOOK = `whsec_${randomBytes(32).toString('base64')}`;

/** @param probeEveryMs how often each process tells of its heap */
export async function openStage(probeEveryMs: number): Promise<Stage> {
  const [redis, sandbox, configDir] = await Promise.all([
    ownRedis(),
    startSandbox({ maxRps: null, tokenEveryMs: 0, tokenTtlS: 86_400 }),
    mkdtemp(join(tmpdir(), 'palier-soak-')),
  ]);
  await writeFile(join(configDir, 'scheme.yaml'), SMALL_SCHEME);
  await writeFile(join(configDir, 'partners.yaml'), SMALL_PARTNERS);
  for (const id of ['REGION', 'P1', 'P2']) sandbox.addClient({ id, secret: `${id}_key`, name: id });
  for (const [clientId, id] of BADGES) sandbox.addBadge({ clientId, id, name: id });
  const env = environment(redis.url, sandbox.url, configDir, probeEveryMs);
  const plain = { ...env, PROBE_COMPILERS: 'off' };
  const processes = {
    web: startLine('web', plain),
    worker: startLine('worker', plain),
    deployedWorker: startLine('worker', env),
  };
  const close = async (): Promise<void> => {
    await Promise.all(Object.values(processes).map((one) => one.stop()));
    await sandbox.close();
    await redis.stop();
    await rm(configDir, { recursive: true, force: true });
  };
  try {
    const url = `http://127.0.0.1:${await portOf(processes.web)}/webhooks/obf`;
    for (const worker of [processes.worker, processes.deployedWorker])
      await until(() => worker.output().includes('"worker started"'), 'worker', 30_000);
    return { redis, sandbox, processes, tell: (event) => tell(url, event), close };
  } catch (error) {
    await close();
    throw error;
  }
}

const BADGES = [
  ['REGION', 'R1'],
  ['REGION', 'R2'],
  ['P1', 'A'],
  ['P2', 'B'],
] as const;

const environment = (redisUrl: string, obfUrl: string, configDir: string, probeEveryMs: number) => ({
  REDIS_URL: redisUrl,
  PORT: '0',
  OBF_BASE_URL: obfUrl,
  OBF_CLIENT_ID: 'REGION',
  OBF_CLIENT_SECRET: 'REGION_key',
  OBF_MAX_RPS: '1000',
  KEY_P1: 'P1_key',
  KEY_P2: 'P2_key',
  WEBHOOK_SECRETS: HOOK,
  PALIER_KEY: randomBytes(32).toString('base64'),
  PALIER_CONFIG: configDir,
  POLL_EVERY_S: String(POLL_EVERY_S),
  LOG_LEVEL: 'info',
  NODE_OPTIONS: `--import ${pathToFileURL(resolve('bench/soak/probe.mjs')).href}`,
  PROBE_EVERY_MS: String(probeEveryMs),
});

async function portOf(web: RunningProcess): Promise<number> {
  const line = await until(() => /"port":(\d+)[^\n]*"msg":"web started"/.exec(web.output()), 'web', 30_000);
  return Number(line[1]);
}

/** As whoever sends a notice does, until it is taken: on a busy machine the door may have to ask for that. */
async function tell(url: string, { clientId, id }: EventRecord): Promise<void> {
  await until(
    async () => {
      const notice = signedNotice(
        HOOK,
        { type: 'badge.issued', client_id: clientId, event_id: id },
        Date.now,
      );
      return (await postNotice(url, notice)) === 202;
    },
    'notice that the door takes',
    30_000,
  );
}
