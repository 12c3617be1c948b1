import dotenv from 'dotenv';
import { describe, loadConfig } from '../config.js';
import { asClientId } from '../ids.js';
import { readConfigFolder } from '../platform/config-folder.js';
import { createLogger } from '../platform/logger.js';
import { requireSafeRedisAt } from '../platform/redis-guard.js';
import { stopOnSignals } from '../platform/shutdown.js';
import { createVault } from '../platform/vault.js';
import { earnerKeyOf } from '../portfolio/earner-key.js';
import { schemeOrThrow } from '../rules/parse.js';
import { startWebhooks } from './server.js';
import { wireWebhooks } from './wire.js';

/** The web process: it takes notices, whether or not Redis is there yet, until it is asked to stop. */
async function main(): Promise<void> {
  dotenv.config({ quiet: true });
  const config = loadConfig(process.env);
  const scheme = schemeOrThrow(await readConfigFolder(config.configDir), config.timeZone);
  const partners = scheme.partners.filter(({ active }) => active).map(({ clientId }) => clientId);
  const log = createLogger(config.logLevel, 'web');
  const vault = createVault(config.palierKey);
  const { deps, releases } = wireWebhooks({
    config,
    participants: new Set([...partners, asClientId(config.obfClientId)]),
    earnerKeyOf: (address) => earnerKeyOf(vault, address),
    vault,
    log,
  });
  const server = await startWebhooks(deps, config.port, '0.0.0.0');
  const stop = stopOnSignals([...releases, () => server.close()], log);
  log.info({ ...describe(config), scheme: scheme.version, port: server.port }, 'web started');
  try {
    // Redis may come much later; until then every notice is answered 503.
    await requireSafeRedisAt(config.redis, process.env['NODE_ENV'] === 'production', log);
  } catch (error) {
    await stop();
    throw error;
  }
}

main().catch((error: unknown) => {
  // Every fault of the environment, of the scheme or of Redis, each with its place; nothing runs any more.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
