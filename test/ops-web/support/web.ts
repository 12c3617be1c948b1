import { asClientId } from '../../../src/ids.js';
import { createLogger, type Logger } from '../../../src/platform/logger.js';
import {
  closeRedis,
  isCluster,
  openConsumer,
  type RedisAddress,
  type RedisConnection,
} from '../../../src/platform/redis.js';
import { startWebhooks } from '../../../src/webhooks/server.js';
import { createOpsApp } from '../../../src/ops/web/app.js';
import type { Logo } from '../../../src/ops/web/http/request.js';
import type { PageRoute } from '../../../src/ops/web/route.js';
import { PAGE_ROUTES } from '../../../src/ops/web/routes.js';
import type { Scheme } from '../../../src/rules/types.js';
import { startWorkers } from '../../../src/workers/runtime/workers.js';
import { wirePipeline } from '../../../src/workers/pipeline.js';
import { parse } from '../../support/house.js';
import { dataPrefixOf } from '../../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../../support/small-scheme.js';
import { OPS_SETTINGS, type OpsSettings } from './people.js';

export const KEY = Buffer.alloc(32, 9);

export interface WebOptions {
  readonly redis: RedisAddress;
  /** Of the queues; our own keys begin as `dataPrefixOf` tells. */
  readonly prefix: string;
  /** By default over a connection that waits for a Redis that stands still; production's gives up after 1.5 s. */
  readonly open?: (redis: RedisAddress) => RedisConnection;
  /** By default as long as a replay takes. */
  readonly replayWaitMs?: number;
  readonly settings?: OpsSettings;
  readonly palierKey?: Buffer;
  readonly clock?: () => number;
  readonly logo?: Logo;
  /** Pages of the test's own, besides ours. */
  readonly routes?: readonly PageRoute[];
}

export interface Web {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** What it logged, as text. */
  readonly lines: string[];
  /** Starts a worker for what is about everybody, replays among it: no other job runs. */
  work(): void;
  close(): Promise<void>;
}

/** A web process' HTTP side with the ops pages, as main.ts mounts them; there is no OBF behind it. */
export async function openWeb(options: WebOptions): Promise<Web> {
  const lines: string[] = [];
  const log = createLogger('debug', 'web', { write: (text) => void lines.push(text) });
  const scheme = parse(SMALL_SCHEME, SMALL_PARTNERS);
  const { handler, work, close } = openPages(options, scheme, log);
  const server = await startWebhooks(
    {
      participants: new Set(),
      authenticate: () => {
        throw new Error('no notices here');
      },
      obfBaseUrl: 'http://127.0.0.1:9',
      enqueueNotices: () => Promise.resolve(),
      ready: () => Promise.resolve(null),
      earnerKeyOf: () => {
        throw new Error('no notices here');
      },
      seal: (text) => text,
      log,
      ops: handler,
    },
    0,
  );
  return {
    origin: `http://127.0.0.1:${server.port}`,
    lines,
    work,
    async close() {
      await server.close();
      await close();
    },
  };
}

function openPages(options: WebOptions, scheme: Scheme, log: Logger) {
  const { prefix, settings = OPS_SETTINGS, clock = Date.now, palierKey = KEY, open = openConsumer } = options;
  const redis = open(options.redis);
  const data = dataPrefixOf(prefix, isCluster(redis));
  redis.on('error', () => undefined);
  const { pipeline, close } = wirePipeline({
    config: {
      obfBaseUrl: 'http://127.0.0.1:9',
      obfClientId: asClientId('REGION'),
      obfClientSecret: 'region',
      obfMaxRps: 100,
      palierKey,
    },
    scheme,
    secrets: new Map(),
    redis,
    log,
    clock,
    pace: { replayWaitMs: options.replayWaitMs ?? 60_000 },
    prefixes: { queues: prefix, data },
  });
  const deps = { pipeline, config: settings, logo: options.logo ?? null };
  const routes = [...PAGE_ROUTES, ...(options.routes ?? [])];
  const handler = createOpsApp(deps, routes);
  const stops: (() => Promise<void>)[] = [];
  const work = (): void => {
    const connection = openConsumer(options.redis);
    const stop = startWorkers(pipeline, connection, prefix, ['maintenance']);
    stops.push(async () => {
      await stop();
      closeRedis(connection);
    });
  };
  return {
    handler,
    work,
    close: async () => {
      await Promise.all(stops.map((stop) => stop()));
      await close();
      closeRedis(redis);
    },
  };
}
