import { endTakeOver } from '../../src/platform/key-guard.js';
import { closeRedis, openProducer } from '../../src/platform/redis.js';
import { DATA_PREFIX } from '../../src/queue/names.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { jsonOf } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';

let palier: RunningPalier;
beforeAll(async () => {
  palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
});
afterAll(() => palier.close());

const LOU = 'lou@example.org';

test('while people are kept as an older Palier did, no command takes them for nobody; check goes on', async () => {
  const { vault } = palier.pipeline;
  const redis = openProducer(palier.redis.address);
  await redis.set(`${DATA_PREFIX}:key-mark`, vault.fingerprint('palier', 'which key'));
  for (const argv of [
    ['explain', LOU],
    ['plan'],
    ['earner', 'show', LOU],
    ['earner', 'erase', LOU, '--yes'],
    ['unblock', LOU, 'communiquer-1'],
    ['reconcile', '--full'],
  ]) {
    const ran = await palier.type([...argv, '--json']);
    expect([argv, ran.exit === 0, jsonOf(ran)]).toMatchObject([
      argv,
      false,
      { error: { code: 'not_taken_over' } },
    ]);
  }
  // The release command of a deploy: the workers that take over start after it.
  const { out } = await palier.type(['check']);
  expect(out.join('\n')).not.toMatch(/Clé des données de Redis : erreur/);
  await endTakeOver(redis, DATA_PREFIX, vault);
  closeRedis(redis);
  expect(jsonOf(await palier.type(['explain', LOU, '--json']))).toMatchObject({
    error: { code: 'unknown_earner' },
  });
}, 60_000);
