// What stands behind "works on Redis Cluster and Sentinel": `npm run test:cluster [cluster|sentinel]`, some
// minutes each. The pipeline's tests on a real one, then a run of the chaos harness that kills its masters.
import { spawnSync } from 'node:child_process';

const PIPELINE = ['once', 'loss', 'poll', 'people', 'erase', 'plan', 'account', 'hardening'];
const SEED = ['--seed', '7', '--earners', '300'];

const asked = process.argv.slice(2);
const kinds = asked.length === 0 ? ['cluster', 'sentinel'] : asked;

function run(title, args, env = {}) {
  console.log(`\n=== ${title}`);
  const { status } = spawnSync(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exitCode = 1;
}

const tests = PIPELINE.map((name) => `test/pipeline/${name}.test.ts`);
run('several servers', ['node_modules/jest/bin/jest.js', 'test/cluster']);
for (const kind of kinds) {
  run(`pipeline on ${kind}`, ['node_modules/jest/bin/jest.js', ...tests], { TEST_REDIS_KIND: kind });
  run(`chaos on ${kind}`, ['--import', 'tsx', 'test/chaos/main.ts', ...SEED, '--redis', kind]);
}
