import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startRedis } from '../../sandbox/redis/start.js';
import type { Sandbox } from '../../sandbox/types.js';
import type { DemoScheme } from '../insight.js';
import type { Closing } from './closing.js';
import { environmentOf, makeKeys, writeEnvironment, type Environment, type Keys } from './environment.js';
import { makeFolders } from './folder.js';
import { openObf } from './obf.js';
import { startPalier } from './palier.js';

export interface StageOptions {
  readonly projectDir: string;
  /** Where the compiled programs are: `dist`. */
  readonly programsDir: string;
  readonly configDir: string;
  readonly scheme: DemoScheme;
  /** What any program needs of its surroundings, such as PATH. */
  readonly surroundings: Environment;
  /** Told of each thing that is ready. */
  readonly report: (what: string) => void;
  readonly stop: AbortSignal;
}

/** All that the story is played on, and that ends with it. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly keys: Keys;
  /** Of Palier's programs. */
  readonly environment: Environment;
  /** Without a slash at its end. */
  readonly webUrl: string;
  /** Holds the logs, and `palier.env`. */
  readonly runDir: string;
  /** Rejects when one of the programs ends before its time. */
  readonly watch: Promise<never>;
}

/** Opens Redis, Open Badge Factory and Palier; `closing` learns of each thing as soon as it is open. */
export async function openStage(options: StageOptions, closing: Closing): Promise<Stage> {
  const { projectDir, configDir, scheme, report } = options;
  const { cache, run } = await makeFolders(projectDir, process.pid);
  // Always a server of our own: whatever REDIS_URL says may be somebody's data.
  const redis = await startRedis({
    cacheDir: cache,
    dataDir: join(run, 'redis'),
    persist: false,
    log: report,
  });
  await closing.opened(redis.stop);
  report(`Redis : ${redis.url}, ${redis.source}`);
  const keys = await makeKeys(scheme.partners);
  const sandbox = await openObf(scheme.partners, scheme.regionBadges, keys);
  await closing.opened(() => sandbox.close());
  report(`Open Badge Factory, en local : ${sandbox.url}`);
  const addresses = { redis: redis.url, obf: sandbox.url, configDir };
  const environment = environmentOf(addresses, keys, scheme.partners);
  const environmentFile = join(run, 'palier.env');
  await writeEnvironment(environmentFile, environment);
  await closing.opened(() => rm(environmentFile));
  const { watch, webUrl } = await startPalier({ ...options, environment, runDir: run }, closing);
  return { sandbox, keys, environment, webUrl, runDir: run, watch };
}
