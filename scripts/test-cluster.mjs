// What stands behind "works on Redis Cluster and Sentinel": `npm run test:cluster [cluster|sentinel]`, many
// minutes each. On a real one: the pipeline, what ops sees and does, the door and the stores; then a run of the
// chaos harness that kills its masters.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Folders whose tests bring all that they need, or measure. */
const OTHERS = /^test\/(bench|browser|chaos|cluster|demo|guards|scale)\//;
/** What a test asks for that is not on a server of its own, whatever the kind. */
const ON_THE_RUN = /\b(?:testRedis|openHouse|openWatched)\(/;
/** On one of its own, which is a cluster's node or a single server. */
const ON_ITS_OWN = { cluster: /\brunningPalier\(/ };
/** They count against the clock, which holds on a quiet machine alone, and say nothing that others do not. */
const QUIET = /\.full\.test\./;
const SEED = ['--seed', '7', '--earners', '300'];

const asked = process.argv.slice(2);
const kinds = asked.length === 0 ? ['cluster', 'sentinel'] : asked;
const took = [];

function run(title, args, env = {}) {
  console.log(`\n=== ${title}`);
  const startedMs = Date.now();
  const { status } = spawnSync(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exitCode = 1;
  took.push(
    `${title}: ${status === 0 ? 'good' : 'FAILED'}, ${Math.round((Date.now() - startedMs) / 1000)} s`,
  );
}

const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).map((name) => `test/${name}`);
function testsOn(kind) {
  const depends = (text) => ON_THE_RUN.test(text) || ON_ITS_OWN[kind]?.test(text) === true;
  return files.filter(
    (file) =>
      /\.test\.tsx?$/.test(file) &&
      !OTHERS.test(file) &&
      !QUIET.test(file) &&
      depends(readFileSync(file, 'utf8')),
  );
}

const jest = 'node_modules/jest/bin/jest.js';
run('several servers', [jest, 'test/cluster', 'test/platform/redis-tls']);
for (const kind of kinds) {
  run(`tests on ${kind}`, [jest, '--runTestsByPath', ...testsOn(kind)], { TEST_REDIS_KIND: kind });
  run(`chaos on ${kind}`, ['--import', 'tsx', 'test/chaos/main.ts', ...SEED, '--redis', kind]);
}
console.log(`\n${took.join('\n')}`);
