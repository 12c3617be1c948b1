import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSandbox, type Sandbox } from '../../src/sandbox/server.js';
import { steadyPort } from '../support/ports.js';
import type { RedisKind } from '../support/redis-of-the-run.js';
import { Member, type Toll } from './fleet.js';
import { PACE, PACE_OF_CHANGES } from './mayhem.js';
import { chaosRedis, type ChaosRedis } from './redis.js';
import { openFaultProxy, type FaultProxy } from './proxy.js';
import type { Random } from './random.js';
import {
  BADGES,
  KEYED,
  keyVariable,
  OLD_BADGE,
  PARTNERS,
  PARTNERS_YAML,
  REGION,
  REGION_BADGES,
  SCHEME,
} from './world.js';

export const HOOK = `whsec_${randomBytes(32).toString('base64')}`;
export const BASIC = { key: 'obf', secret: 'passport' };

/** Everything that runs: a Redis of its own, OBF behind a bad wire, web and workers as processes. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly proxy: FaultProxy;
  readonly redis: ChaosRedis;
  readonly web: Member;
  readonly workers: readonly Member[];
  readonly webUrl: string;
  readonly palierKey: Buffer;
  readonly toll: Toll;
  /** `palier reconcile --full`, as an operator types it; resolves with what it tells. @throws when it fails */
  reconcile(): Promise<unknown>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly random: Random;
  readonly workers: number;
  /** `point:n` of each crash that a worker is to bring on itself, in the order of their starts. */
  readonly crashes: string[];
  readonly redis: RedisKind;
  readonly withChanges: boolean;
  /** The most rows that OBF gives at once. */
  readonly pageRows: number;
}

/** Calls per second and client: above OBF's own, so that a run is short; the sandbox holds us to it. */
const MAX_RPS = 25;

export async function openStage({
  random,
  workers: count,
  crashes,
  redis: kind,
  withChanges,
  pageRows,
}: StageOptions): Promise<Stage> {
  const sandbox = await startSandbox({ maxRps: MAX_RPS, tokenEveryMs: 10_000, pageRows });
  seed(sandbox);
  const [redis, proxy, configDir, port] = await Promise.all([
    chaosRedis(kind),
    openFaultProxy(new URL(sandbox.url)),
    mkdtemp(join(tmpdir(), 'palier-chaos-')),
    steadyPort(),
  ]);
  await writeFile(join(configDir, 'scheme.yaml'), SCHEME);
  await writeFile(join(configDir, 'partners.yaml'), PARTNERS_YAML);
  const palierKey = randomBytes(32);
  const env = environment({
    redisUrl: redis.url,
    obfUrl: proxy.url,
    port,
    palierKey,
    configDir,
    withChanges,
  });
  const toll: Toll = { crashed: {}, killed: 0, stopped: 0, frozen: 0, unasked: [] };
  const web = new Member('web', 'web', env, [], toll, random.fork('web'));
  const workers = Array.from(
    { length: count },
    (_, at) => new Member(`worker ${at}`, 'worker', env, crashes, toll, random.fork(`worker ${at}`)),
  );
  const members = [web, ...workers];
  const last = (): void => members.forEach((one) => one.destroy());
  process.once('exit', last);
  return {
    sandbox,
    proxy,
    redis,
    web,
    workers,
    webUrl: `http://127.0.0.1:${port}`,
    palierKey,
    toll,
    reconcile: () => reconcile(env),
    async close() {
      await Promise.all(members.map((one) => one.close()));
      process.off('exit', last);
      await proxy.close();
      await sandbox.close();
      await redis.stop();
      await rm(configDir, { recursive: true, force: true });
    },
  };
}

async function reconcile(env: Readonly<Record<string, string>>): Promise<unknown> {
  const args = ['dist/ops/cli/main.js', 'reconcile', '--full', '--json'];
  const { stdout } = await promisify(execFile)('node', args, { env: { PATH: process.env['PATH'], ...env } });
  return JSON.parse(stdout) as unknown;
}

interface Given {
  readonly redisUrl: string;
  readonly obfUrl: string;
  readonly port: number;
  readonly palierKey: Buffer;
  readonly configDir: string;
  readonly withChanges: boolean;
}

const environment = ({
  redisUrl,
  obfUrl,
  port,
  palierKey,
  configDir,
  withChanges,
}: Given): Record<string, string> => ({
  NODE_ENV: 'test',
  REDIS_URL: redisUrl,
  PORT: String(port),
  OBF_BASE_URL: obfUrl,
  OBF_CLIENT_ID: REGION,
  OBF_CLIENT_SECRET: 'REGION_key',
  OBF_MAX_RPS: String(MAX_RPS),
  ...Object.fromEntries(KEYED.map((partner) => [keyVariable(partner), `${partner}_key`])),
  WEBHOOK_SECRETS: HOOK,
  WEBHOOK_BASIC: `${BASIC.key}:${BASIC.secret}`,
  PALIER_KEY: palierKey.toString('base64'),
  PALIER_CONFIG: configDir,
  PALIER_PACE: JSON.stringify(withChanges ? { ...PACE, ...PACE_OF_CHANGES } : PACE),
  // Every eleven seconds, and so while everything else goes wrong.
  ...(withChanges ? { VERIFY_EVERY_H: '0.0015' } : {}),
  POLL_EVERY_S: '2',
  LOG_LEVEL: 'info',
});

function seed(sandbox: Sandbox): void {
  for (const id of [REGION, ...PARTNERS]) sandbox.addClient({ id, secret: `${id}_key`, name: id });
  for (const id of REGION_BADGES) sandbox.addBadge({ clientId: REGION, id, name: id });
  for (const { partner, id } of BADGES) sandbox.addBadge({ clientId: partner, id, name: id });
  sandbox.addBadge({ clientId: KEYED[0], id: OLD_BADGE, name: OLD_BADGE });
}
