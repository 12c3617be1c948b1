import { randomBytes } from 'node:crypto';
import type { Telemetry } from 'bullmq';
import type { RequestHandler } from 'express';
import type { DestinationStream } from 'pino';
import type { Config } from '../../src/config.js';
import { asClientId, type EarnerKey } from '../../src/ids.js';
import { createLogger } from '../../src/platform/logger.js';
import { closeRedis, openConsumer, openProducer } from '../../src/platform/redis.js';
import { createVault, type Vault } from '../../src/platform/vault.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { QUEUES, type NoticeType } from '../../src/queue/jobs.js';
import { schemeOrThrow } from '../../src/rules/parse/parse-scheme.js';
import type { Scheme } from '../../src/rules/types.js';
import { startSandbox, type Sandbox } from '../../src/sandbox/server.js';
import type { EventRecord, ManualIssue, SandboxOptions } from '../../src/sandbox/world.js';
import { passportNotice, signedNotice } from '../../src/sandbox/webhooks.js';
import { startWebhooks, wireWebhooks } from '../../src/webhooks/server.js';
import { type Pipeline, wirePipeline } from '../../src/workers/pipeline.js';
import type { Pace, PipelineOptions } from '../../src/workers/stores.js';
import { startWorkers } from '../../src/workers/runtime/workers.js';
import { postUntilTaken } from './notices.js';
import { testRedis } from './redis.js';
import { until } from './until.js';

const HOOK = `whsec_${randomBytes(32).toString('base64')}`;
const BASIC = { key: 'obf', secret: 'passport' };
export const REGION = 'REGION';

export interface HouseOptions {
  /** Texts of scheme.yaml (its `awards:` and `competencies:`) and partners.yaml. */
  readonly scheme: string;
  readonly partners: string;
  readonly workers?: number;
  readonly pace?: Partial<Pace>;
  /** Of the workers and the ops pages. */
  readonly clock?: () => number;
  readonly sandbox?: SandboxOptions;
  readonly logTo?: DestinationStream;
  readonly maxRps?: number;
  /** Of the queues, at the door and in the workers. */
  readonly telemetry?: Telemetry;
  /** Mounts the ops pages: `OPS_SETTINGS` of test/ops-web/support/people.ts, or others. */
  readonly ops?: Pick<Config, 'opsUsers' | 'ops' | 'parcours'>;
  /** The ops pages give up a Redis that does not answer, as in production. */
  readonly isRedisTakenAway?: boolean;
}

/** The whole of Palier in one process, on a real Redis, before a local OBF: door, workers, and all. */
export interface House {
  readonly sandbox: Sandbox;
  readonly scheme: Scheme;
  readonly pipelines: readonly [Pipeline, ...Pipeline[]];
  readonly url: string;
  /** Of the ops pages; without the option `ops` nothing is there. */
  readonly opsUrl: string;
  readonly redisUrl: string;
  readonly redisPrefix: string;
  /** Of the keys that are not the queues'. */
  readonly dataPrefix: string;
  /** A partner issues a badge; nobody is told. */
  issue(issue: ManualIssue): EventRecord;
  /** Tells the door of an event, signed; resolves with the status. */
  notify(event: EventRecord, type?: `badge.${NoticeType}`): Promise<number>;
  /** Tells the door of each of these events. @throws unless it takes them */
  tell(...events: EventRecord[]): Promise<void>;
  /** The same; resolves once all that follows is done. */
  given(...events: EventRecord[]): Promise<void>;
  /** Revokes an event's badge by hand in OBF, and tells the door; resolves once all that follows is done. */
  revoke(event: EventRecord, ...addresses: string[]): Promise<void>;
  /** What stands for an address. */
  readonly keyOf: (address: string) => EarnerKey;
  /** OBF's push to a Passport. */
  push(credentials: Readonly<Record<string, readonly string[]>>): Promise<number>;
  /** Resolves when no job runs, waits or is delayed; failed ones may be there. */
  idle(): Promise<void>;
  /** Counts everybody, as at night; resolves once it is stored. */
  countPeople(): Promise<void>;
  failedReasons(): Promise<string[]>;
  /** Stops all workers as a deploy does, and starts others. */
  restartWorkers(): Promise<void>;
  /** Stops all workers, for good. */
  stopWorkers(): Promise<void>;
  /** Recipients of each issue call that took effect, with its badge: `badge address`, in order. */
  awards(): string[];
  close(): Promise<void>;
}

export async function openHouse(options: HouseOptions): Promise<House> {
  const redis = await testRedis();
  const sandbox = await startSandbox({ tokenEveryMs: 0, maxRps: null, ...options.sandbox });
  const scheme = parse(options.scheme, options.partners);
  const secrets = seed(sandbox, scheme);
  const palierKey = randomBytes(32);
  const log = createLogger(
    'debug',
    'test',
    options.logTo ?? {
      write: (line) => (process.env['HOUSE_LOG'] === undefined ? undefined : process.stderr.write(line)),
    },
  );
  const prefixes = { queues: redis.prefix, data: redis.dataPrefix };
  const config = {
    obfBaseUrl: sandbox.url,
    obfClientId: REGION,
    obfClientSecret: 'region',
    obfMaxRps: options.maxRps ?? 1000,
    palierKey,
  };
  const workers = Array.from({ length: options.workers ?? 1 }, () => {
    const connection = openConsumer(redis.address);
    const pace = { quietMs: 50, gatherMs: 250, mirrorMaxAgeMs: 0, lookAgainMs: 50, ...options.pace };
    const { telemetry = null } = options;
    const wired = wirePipeline({
      config,
      scheme,
      secrets,
      redis: connection,
      log,
      pace,
      // The sandbox here makes a token whenever it is asked.
      tuning: { tokenSpacingMs: 100 },
      prefixes,
      telemetry,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
    });
    const start = () => startWorkers(wired.pipeline, connection, prefixes.queues);
    let stop = start();
    const end = async (): Promise<void> => {
      await stop();
      stop = async () => {};
    };
    const restart = async (): Promise<void> => {
      await end();
      stop = start();
    };
    const close = async (): Promise<void> => {
      await end();
      await wired.close();
      closeRedis(connection);
    };
    return { pipeline: wired.pipeline, end, restart, close };
  });
  const pages =
    options.ops === undefined
      ? null
      : await openPages(options.ops, {
          config,
          scheme,
          secrets,
          redis: (options.isRedisTakenAway === true ? openProducer : openConsumer)(redis.address),
          log,
          prefixes,
          pace: { replayWaitMs: 60_000 },
          ...(options.clock === undefined ? {} : { clock: options.clock }),
        });
  const door = await openDoor({
    redis: redis.address,
    prefix: redis.prefix,
    vault: createVault(palierKey),
    scheme,
    sandbox,
    log,
    telemetry: options.telemetry ?? null,
    ...(pages === null ? {} : { ops: pages.handler }),
  });
  const [first, ...others] = workers;
  if (first === undefined) throw new Error('a house has at least one worker');
  const { queues, schemes } = first.pipeline;
  await schemes.start(scheme);

  const notify: House['notify'] = (event, type = 'badge.issued') =>
    postUntilTaken(
      `${door.url}/webhooks/obf`,
      signedNotice(HOOK, { type, client_id: event.clientId, event_id: event.id }, Date.now),
    );
  const accepted = async (event: EventRecord, type?: 'badge.revoked'): Promise<void> => {
    const status = await notify(event, type);
    if (status !== 202) throw new Error(`the notice of ${event.id} was answered by ${status}`);
  };
  const tell = async (...events: EventRecord[]): Promise<void> => {
    for (const event of events) await accepted(event);
  };
  const idle = async (): Promise<void> => {
    const isIdle = async (): Promise<boolean> => {
      for (const name of QUEUES) {
        const counts = await queues[name].getJobCounts('waiting', 'active', 'delayed', 'prioritized');
        const busy = Object.entries(counts).filter(([, jobs]) => jobs > 0);
        // Read where it does not end: an evaluation that waits for its date is delayed.
        if (busy.length > 0) throw new Error(`${name}: ${JSON.stringify(Object.fromEntries(busy))}`);
      }
      return true;
    };
    await until(isIdle, 'idle queues', 100_000);
  };

  return {
    sandbox,
    scheme,
    pipelines: [first.pipeline, ...others.map(({ pipeline }) => pipeline)],
    url: door.url,
    opsUrl: `${door.url}/ops`,
    redisUrl: redis.url,
    redisPrefix: redis.prefix,
    dataPrefix: redis.dataPrefix,
    issue: (issue) => sandbox.issueByHand(issue),
    notify,
    tell,
    async given(...events) {
      await tell(...events);
      await idle();
    },
    async revoke(event, ...addresses) {
      sandbox.revokeByHand(event.id, addresses);
      await accepted(event, 'badge.revoked');
      await idle();
    },
    keyOf: (address) => earnerKeyOf(first.pipeline.vault, address),
    push: (credentials) =>
      postUntilTaken(`${door.url}/obpv1/factory/users_badges`, passportNotice(BASIC, credentials)),
    idle,
    async countPeople() {
      const { id } = await queues.maintenance.add(
        'population',
        { kind: 'population' },
        { removeOnComplete: true },
      );
      await until(
        async () => (await queues.maintenance.getJob(id ?? '')) === undefined,
        'count of everybody',
      );
    },
    async failedReasons() {
      const failed = await Promise.all(QUEUES.map((name) => queues[name].getFailed()));
      return failed.flat().map(({ failedReason }) => failedReason);
    },
    async restartWorkers() {
      await Promise.all(workers.map(({ restart }) => restart()));
    },
    async stopWorkers() {
      await Promise.all(workers.map(({ end }) => end()));
    },
    awards: () =>
      sandbox
        .issues()
        .filter(({ eventId }) => eventId !== null)
        .flatMap(({ badgeId, recipients }) => recipients.map((address) => `${badgeId} ${address}`)),
    async close() {
      await door.close();
      await pages?.close();
      await Promise.all(workers.map((worker) => worker.close()));
      await sandbox.close();
      await redis.close();
    },
  };
}

export function parse(scheme: string, partners: string): Scheme {
  return schemeOrThrow(
    { scheme: { name: 'scheme.yaml', text: scheme }, partners: { name: 'partners.yaml', text: partners } },
    'Europe/Paris',
  );
}

/** Every organisation and badge of the scheme, in the sandbox; a partner's key is its id in small letters. */
function seed(sandbox: Sandbox, scheme: Scheme): ReadonlyMap<ReturnType<typeof asClientId>, string> {
  sandbox.addClient({ id: REGION, secret: 'region', name: 'Région' });
  for (const { badgeId, name } of scheme.awards) sandbox.addBadge({ clientId: REGION, id: badgeId, name });
  const withKey = new Map<ReturnType<typeof asClientId>, string>();
  for (const { clientId, name, secretEnv, badges } of scheme.partners) {
    sandbox.addClient({ id: clientId, secret: clientId.toLowerCase(), name });
    if (secretEnv !== null) withKey.set(clientId, clientId.toLowerCase());
    for (const badge of badges)
      sandbox.addBadge({ clientId, id: badge.badgeId, name: badge.name ?? badge.badgeId });
  }
  return withKey;
}

/** @param options with a connection that waits for a Redis that stands still, or gives up after 1.5 s as in production */
async function openPages(config: NonNullable<HouseOptions['ops']>, options: PipelineOptions) {
  // They are read in by those tests alone that need them.
  const { createOpsApp } = await import('../../src/ops/web/app.js');
  const { pipeline, close } = wirePipeline(options);
  // From now on its clock follows Redis' time.
  await pipeline.now();
  return {
    handler: createOpsApp({ pipeline, config, logo: null }),
    async close() {
      await close();
      closeRedis(options.redis);
    },
  };
}

interface DoorParts {
  readonly redis: Parameters<typeof openConsumer>[0];
  readonly prefix: string;
  readonly vault: Vault;
  readonly scheme: Scheme;
  readonly sandbox: Sandbox;
  readonly log: ReturnType<typeof createLogger>;
  readonly telemetry: Telemetry | null;
  readonly ops?: RequestHandler;
}

async function openDoor({ redis, prefix, vault, scheme, sandbox, log, telemetry, ops }: DoorParts) {
  const active = scheme.partners.filter((partner) => partner.active).map(({ clientId }) => clientId);
  const { deps, releases } = wireWebhooks({
    config: {
      redis,
      obfBaseUrl: sandbox.url,
      webhookSecrets: [HOOK],
      webhookBasic: [`${BASIC.key}:${BASIC.secret}`],
    },
    participants: new Set([...active, asClientId(REGION)]),
    earnerKeyOf: (address) => earnerKeyOf(vault, address),
    vault,
    log,
    prefix,
    telemetry,
  });
  const server = await startWebhooks(ops === undefined ? deps : { ...deps, ops }, 0);
  const close = async (): Promise<void> => {
    await server.close();
    for (const release of releases.toReversed()) await release();
  };
  return { url: `http://127.0.0.1:${server.port}`, close };
}
