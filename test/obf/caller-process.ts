import { ObfThrottled } from '../../src/obf/errors.js';
import { createObf } from '../../src/obf/obf.js';
import { closeRedis, openOperator } from '../../src/platform/redis.js';
import { accountOf, P1, SECRET, vault } from './bench.js';

/** A process that calls OBF: what it is to do stands in its argument, and what came of it on its standard output. */
const { address, prefix, baseUrl, calls } = JSON.parse(process.argv[2] ?? '{}');
const redis = openOperator(address);
const secrets = new Map([[P1, SECRET]]);
const obf = createObf({ baseUrl, maxRps: 20, redis, prefix, vault, secrets });
const account = accountOf(obf);
const waits: number[] = [];
for (let made = 0; made < calls; made += 1)
  try {
    await account.badges();
  } catch (error) {
    if (!(error instanceof ObfThrottled)) throw error;
    waits.push(error.retryAfterMs);
  }
process.stdout.write(JSON.stringify({ clockMs: Date.now(), waits }));
obf.close();
closeRedis(redis);
