import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config.js';
import type { EarnerKey } from '../../../src/ids.js';
import type { CommandContext } from '../../../src/ops/cli/command.js';
import { createLogger } from '../../../src/platform/logger.js';
import { closeRedis, isCluster, openConsumer } from '../../../src/platform/redis.js';
import { DATA_PREFIX, DEFAULT_PREFIX, QUEUES, type QueueName } from '../../../src/queue/jobs.js';
import type { Scheme } from '../../../src/rules/types.js';
import type { Queue } from 'bullmq';
import { startSandbox, type Sandbox } from '../../../src/sandbox/server.js';
import type { SandboxOptions } from '../../../src/sandbox/world.js';
import { partnerKeys } from '../../../src/workers/stores.js';
import { type Pipeline, wirePipeline } from '../../../src/workers/pipeline.js';
import type { Pace } from '../../../src/workers/stores.js';
import { startWorkers } from '../../../src/workers/runtime/workers.js';
import { parse } from '../../support/house.js';
import { ownRedis, type OwnRedis } from '../../support/own-redis.js';
import { withRedisAt } from '../../support/redis.js';
import { redisKindOf } from '../../support/redis-of-the-run.js';
import { until } from '../../support/until.js';
import { palier, type Ran } from './cli.js';

export interface PalierOptions {
  readonly scheme: string;
  readonly partners: string;
  readonly pace?: Partial<Pace>;
  readonly sandbox?: SandboxOptions;
  /** In place of a mail server. */
  readonly sendLink?: (earner: EarnerKey) => Promise<boolean>;
}

/**
 * A Redis of its own with the usual keys, a local OBF, a worker when it is asked for, and the command
 * line as an operator types it on the same machine.
 */
export interface RunningPalier {
  readonly redis: OwnRedis;
  /** Wires nothing away: the same that a worker has. */
  readonly pipeline: Pipeline;
  readonly sandbox: Sandbox;
  readonly env: Record<string, string>;
  /** Where the command line is typed: the folder that holds `config/`. */
  readonly cwd: string;
  /** Writes other files; running processes keep those that they started with. */
  configure(files: { readonly scheme?: string; readonly partners?: string }): Promise<void>;
  type(argv: readonly string[], over?: Partial<Omit<CommandContext, 'streams'>>): Promise<Ran>;
  /** Starts a worker in this process, of all queues unless some are named; returns what stops it. */
  work(queues?: readonly QueueName[]): () => Promise<void>;
  /** Resolves when nothing waits or runs; the clock's jobs aside. */
  idle(): Promise<void>;
  /** Of each issue call that took effect, its recipients: `badge address`, sorted. */
  awards(): readonly string[];
  flushAll(): Promise<void>;
  close(): Promise<void>;
}

const REGION = 'REGION';

export async function runningPalier(options: PalierOptions): Promise<RunningPalier> {
  const [redis, sandbox, cwd] = await Promise.all([
    ownRedis(redisKindOf(process.env['TEST_REDIS_KIND']) === 'cluster'),
    startSandbox({ tokenEveryMs: 0, maxRps: null, ...options.sandbox }),
    configFolder(options),
  ]);
  const scheme = parse(options.scheme, options.partners);
  const env = { ...environment(redis, sandbox), ...seed(sandbox, scheme) };
  const connection = openConsumer(redis.address);
  connection.on('error', () => {});
  const pace = {
    quietMs: 20,
    gatherMs: 100,
    mirrorMaxAgeMs: 0,
    sendWithinMs: 1000,
    settleMs: 1500,
    ...options.pace,
  };
  const { pipeline, close } = wirePipeline({
    config: loadConfig(env),
    scheme,
    secrets: partnerKeys(scheme, env).secrets,
    redis: connection,
    log: createLogger('silent', 'test'),
    pace,
    ...(options.sendLink === undefined ? {} : { sendLink: options.sendLink }),
  });
  // A queue writes its version once it is opened: not later, among what a command may have written.
  const isMarked = (queue: Queue): Promise<boolean> => connection.exists(queue.toKey('meta')).then(Boolean);
  const areMarked = async (): Promise<boolean> =>
    (await Promise.all(Object.values(pipeline.queues).map(isMarked))).every(Boolean);
  await until(areMarked, 'queues that are opened');
  const stops: (() => Promise<void>)[] = [];
  const work = (names: readonly QueueName[] = QUEUES): (() => Promise<void>) => {
    const release = startWorkers(pipeline, connection, DEFAULT_PREFIX, names);
    let stopped: Promise<void> | null = null;
    const stop = (): Promise<void> => (stopped ??= Promise.resolve(release()));
    stops.push(stop);
    return stop;
  };
  const prefixes = { dataPrefix: DATA_PREFIX, queuePrefix: DEFAULT_PREFIX };
  const standard = { env, cwd, clock: Date.now, pace, ...prefixes };
  return {
    redis,
    pipeline,
    sandbox,
    env,
    cwd,
    async configure({ scheme: rules, partners }) {
      if (rules !== undefined) await writeFile(join(cwd, 'config/scheme.yaml'), rules);
      if (partners !== undefined) await writeFile(join(cwd, 'config/partners.yaml'), partners);
    },
    type: (argv, over = {}) => palier(argv, { ...standard, ...over }),
    work,
    idle: () => idle(pipeline),
    awards: () => awardsIn(sandbox),
    flushAll: () => flushAll(redis),
    async close() {
      await Promise.all(stops.map((stop) => stop()));
      await close();
      closeRedis(connection);
      await sandbox.close();
      await redis.stop();
      await rm(cwd, { recursive: true });
    },
  };
}

async function configFolder({ scheme, partners }: PalierOptions): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'palier-ops-'));
  await mkdir(join(cwd, 'config'));
  await writeFile(join(cwd, 'config/scheme.yaml'), scheme);
  await writeFile(join(cwd, 'config/partners.yaml'), partners);
  return cwd;
}

const environment = (redis: OwnRedis, sandbox: Sandbox): Record<string, string> => ({
  REDIS_URL: redis.url,
  OBF_BASE_URL: sandbox.url,
  OBF_CLIENT_ID: REGION,
  OBF_CLIENT_SECRET: 'region',
  OBF_MAX_RPS: '1000',
  WEBHOOK_BASIC: 'key:secret',
  PALIER_KEY: randomBytes(32).toString('base64'),
});

/** Every organisation and badge of the scheme; resolves with the variables of the partners' keys. */
function seed(sandbox: Sandbox, { awards, partners }: Scheme): Record<string, string> {
  sandbox.addClient({ id: REGION, secret: 'region', name: 'Région' });
  for (const { badgeId, name } of awards) sandbox.addBadge({ clientId: REGION, id: badgeId, name });
  for (const { clientId, name, badges } of partners) {
    sandbox.addClient({ id: clientId, secret: clientId.toLowerCase(), name });
    for (const { badgeId } of badges) sandbox.addBadge({ clientId, id: badgeId, name: badgeId });
  }
  return Object.fromEntries(
    partners.flatMap(({ clientId, secretEnv }) =>
      secretEnv === null ? [] : [[secretEnv, clientId.toLowerCase()]],
    ),
  );
}

const awardsIn = (sandbox: Sandbox): readonly string[] =>
  sandbox
    .issues()
    .filter(({ eventId }) => eventId !== null)
    .flatMap(({ badgeId, recipients }) => recipients.map((address) => `${badgeId} ${address}`))
    .toSorted();

const flushAll = ({ url }: OwnRedis): Promise<void> =>
  withRedisAt(url, async (redis) => {
    for (const node of isCluster(redis) ? redis.nodes('master') : [redis]) await node.flushall();
  });

/** A scheduler's next job always waits for its time. */
const BY_THE_CLOCK = new Set(['poll', 'sweep', 'clean', 'purge', 'population', 'verify']);

async function idle({ queues }: Pipeline): Promise<void> {
  const left = async (): Promise<number> => {
    const jobs = await Promise.all(
      QUEUES.map((name) => queues[name].getJobs(['waiting', 'active', 'delayed', 'prioritized'])),
    );
    return jobs.flat().filter(({ name }) => !BY_THE_CLOCK.has(name)).length;
  };
  await until(async () => (await left()) === 0, 'idle queues');
}
