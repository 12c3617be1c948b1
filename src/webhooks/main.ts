import { createRequire } from 'node:module';
import dotenv from 'dotenv';
import { ConfigFaults, describeConfig, loadConfig, type ParcoursConfig } from '../config.js';
import { earnerKeyOf } from '../earners/person.js';
import { asClientId } from '../ids.js';
import { openMetrics } from '../ops/metrics/scrape.js';
import { createParcours } from '../parcours/app.js';
import { hasOps, readLogo, wireOps } from '../ops/web/app.js';
import { readConfigFolder } from '../platform/config-folder.js';
import { watchKey } from '../platform/key-guard.js';
import { stopOnSignals } from '../platform/lifecycle.js';
import { bufferedDestination, createLogger } from '../platform/logger.js';
import { requireSafeRedis } from '../platform/redis-health.js';
import { createVault } from '../platform/vault.js';
import { createTracing } from '../queue/enqueue.js';
import { DATA_PREFIX } from '../queue/jobs.js';
import { openPipeline } from '../workers/pipeline.js';
import { schemeOrThrow } from '../rules/parse/parse-scheme.js';
import { partnerKeys } from '../workers/stores.js';
import { startWebhooks, wireWebhooks } from './server.js';

/** Runs the web process until a signal stops it; starts even while Redis is away. */
async function main(): Promise<void> {
  dotenv.config({ quiet: true });
  const config = loadConfig(process.env);
  const scheme = schemeOrThrow(await readConfigFolder(config.configDir), config.timeZone);
  const partners = scheme.partners.filter(({ active }) => active).map(({ clientId }) => clientId);
  const log = createLogger(config.logLevel, 'web', bufferedDestination());
  const vault = createVault(config.palierKey, config.palierKeyOld, false);
  const { secrets } = partnerKeys(scheme, process.env);
  const { logo, faults } = await readLogo(config.ops.logo);
  if (faults.length > 0) throw new ConfigFaults(faults);
  const metrics = openMetrics(config, scheme, version(), log);
  // Redis may come much later; every notice is answered 503 until then.
  const checked = requireSafeRedis(config.redis, process.env['NODE_ENV'] === 'production', log);
  checked.catch(() => undefined);
  const { deps, isOurs, releases } = wireWebhooks({
    checked,
    // A notice sealed under another key could never be opened.
    watchKey: (redis) => watchKey(redis, DATA_PREFIX, vault, log),
    config,
    participants: new Set([...partners, asClientId(config.obfClientId)]),
    earnerKeyOf: (address) => earnerKeyOf(vault, address),
    vault,
    log,
    telemetry: createTracing(config.watch.tracing),
    ...(metrics === null ? {} : { metrics }),
  });
  const ops = hasOps(config) ? wireOps({ config, scheme, secrets, logo, log, vault, isOurs }) : null;
  const parcours =
    config.parcours === null ? null : openParcours({ config, scheme, secrets, log, vault }, config.parcours);
  const pages = { ops: ops?.handler, parcours: parcours?.handler };
  const server = await startWebhooks({ ...deps, ...pages }, config.port, '0.0.0.0');
  const opened = [metrics, { releases }, ops, parcours].flatMap((part) => part?.releases ?? []);
  const stop = stopOnSignals([...opened, () => server.close()], log);
  log.info({ ...describeConfig(config), scheme: scheme.version, port: server.port }, 'web started');
  try {
    await checked;
  } catch (error) {
    await stop();
    throw error;
  }
}

function openParcours(options: Parameters<typeof openPipeline>[0], parcours: ParcoursConfig) {
  const { pipeline, releases } = openPipeline(options);
  return { handler: createParcours(pipeline, parcours), releases };
}

/** Palier's version, from package.json. */
function version(): string {
  const manifest: unknown = createRequire(import.meta.url)('../../package.json');
  return manifest instanceof Object && 'version' in manifest ? String(manifest.version) : '';
}

main().catch((error: unknown) => {
  // The message lists every fault of the environment, the scheme or Redis. Nothing runs any more.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
