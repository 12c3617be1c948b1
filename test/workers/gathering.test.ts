import { asBadgeId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/portfolio/earner-key.js';
import { enqueueEarners } from '../../src/workers/enqueue-earners.js';
import { gatherAwards } from '../../src/workers/gather-awards.js';
import { runningPalier, type RunningPalier } from '../ops/support/running-palier.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

const R1 = asBadgeId('R1');

let palier: RunningPalier;

beforeEach(async () => {
  palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, pace: { gatherMs: 1000 } });
});
afterEach(() => palier.close());

test('half of a class is evaluated: what is due gathers on until the other half is', async () => {
  const { queues, outbox, vault } = palier.pipeline;
  const [first, other] = ['lou', 'sam'].map((name) => earnerKeyOf(vault, `${name}@example.org`));
  if (first === undefined || other === undefined) throw new Error('two earners');
  const gather = async (): Promise<unknown> =>
    (await gatherAwards(palier.pipeline, R1, new AbortController().signal)).facts;
  await enqueueEarners(queues.earners, [other], 'test');
  await outbox.put(R1, first);
  const sinceMs = (await outbox.waitingSinceMs(R1)) ?? 0;
  await until(() => Date.now() - sinceMs > 1000, 'time to leave');
  expect(await gather()).toMatchObject({ earners: 0 });
  // Both are evaluated now, as far as the queue knows.
  await queues.earners.drain();
  await outbox.put(R1, other);
  expect(await gather()).toMatchObject({ earners: 2, batches: [expect.any(String)] });
});
