import { setFlagsFromString } from 'node:v8';
import dotenv from 'dotenv';
import { ConfigFaults, describeConfig, loadConfig } from '../config.js';
import { readConfigFolder } from '../platform/config-folder.js';
import { crashAt, stopOnSignals, type Disposer, readTestTimes } from '../platform/lifecycle.js';
import { createLogger } from '../platform/logger.js';
import { closeRedis, openConsumer } from '../platform/redis.js';
import { logConnectionErrors, requireSafeRedis } from '../platform/redis-health.js';
import { markKey } from '../platform/key-guard.js';
import { createTracing } from '../queue/enqueue.js';
import { DATA_PREFIX } from '../queue/jobs.js';
import { openLinkSender } from '../parcours/access.js';
import { createVault } from '../platform/vault.js';
import { schemeOrThrow } from '../rules/parse/parse-scheme.js';
import { partnerKeys } from './stores.js';
import { startWorkers } from './runtime/workers.js';
import { keepSchedules } from './runtime/schedules.js';
import { wirePipeline } from './pipeline.js';

/** The times and sizes that a test run may change. */
const TEST_PACE = [
  'quietMs',
  'gatherMs',
  'batchMax',
  'sendWithinMs',
  'settleMs',
  'mirrorMaxAgeMs',
  'lockMs',
  'lookAgainMs',
  'holdFirstMs',
  'holdMaxMs',
] as const;

/** V8 collects garbage once its heap has grown by 30 %; by default the heap may grow fourfold before that. */
const COLLECT_EARLY = '--heap-growing-percent=30';

/** Runs the worker process until a signal stops it. */
async function main(): Promise<void> {
  setFlagsFromString(COLLECT_EARLY);
  const { config, scheme, secrets } = await readSettings();
  const log = createLogger(config.logLevel, 'worker');
  const redis = openConsumer(config.redis);
  redis.on('error', logConnectionErrors(config.redis, log));
  const vault = createVault(config.palierKey, config.palierKeyOld);
  const links =
    config.parcours === null
      ? null
      : openLinkSender({ redis, prefix: DATA_PREFIX, vault, scheme: scheme.name, parcours: config.parcours });
  const { pipeline, close } = wirePipeline({
    config,
    vault,
    sendLink: links?.send ?? null,
    scheme,
    secrets,
    redis,
    log,
    telemetry: createTracing(config.watch.tracing),
    onCrashPoint: crashAt(process.env),
    pace: readTestTimes(process.env, TEST_PACE),
  });
  const releases: Disposer[] = [() => closeRedis(redis), close, ...(links === null ? [] : [links.close])];
  const stop = stopOnSignals(releases, log);
  try {
    // Waits until Redis answers.
    await requireSafeRedis(config.redis, process.env['NODE_ENV'] === 'production', log);
    await markKey(redis, DATA_PREFIX, pipeline.vault);
    await pipeline.now();
    const { rollout } = await pipeline.schemes.start(scheme);
    releases.push(startWorkers(pipeline, redis));
    log.info({ ...describeConfig(config), scheme: scheme.version }, 'worker started');
    if (rollout !== null)
      log.warn({ scheme: scheme.version, inForce: rollout.inForce?.version }, 'changed rules wait for apply');
    releases.push(await keepSchedules(pipeline, config));
  } catch (error) {
    // Open connections would else keep a process alive that does nothing.
    await stop();
    throw error;
  }
}

/** @throws ConfigFaults with every fault of the environment; the faults of the scheme */
async function readSettings() {
  dotenv.config({ quiet: true });
  const config = loadConfig(process.env);
  const scheme = schemeOrThrow(await readConfigFolder(config.configDir), config.timeZone);
  const { secrets, faults } = partnerKeys(scheme, process.env);
  if (faults.length > 0) throw new ConfigFaults(faults);
  return { config, scheme, secrets };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
