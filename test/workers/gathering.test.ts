import { asBadgeId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { gatherAwards } from '../../src/workers/issue/gather-awards.js';
import { runningPalier, type RunningPalier } from '../ops/support/running-palier.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

const R1 = asBadgeId('R1');

let palier: RunningPalier;

beforeEach(async () => {
  const pace = { quietMs: 50, gatherMs: 600_000 };
  palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, pace });
});
afterEach(() => palier.close());

test.each(['arrivals', 'notices', 'earners'] as const)(
  'half of a class is evaluated, the other half waits in "%s": what is due gathers on until it is through',
  async (name) => {
    const { queues, outbox, vault } = palier.pipeline;
    const [first, other] = ['lou', 'sam'].map((one) => earnerKeyOf(vault, `${one}@example.org`));
    if (first === undefined || other === undefined) throw new Error('two earners');
    const gather = async (): Promise<unknown> =>
      (await gatherAwards(palier.pipeline, R1, new AbortController().signal)).facts;
    const isQuiet = async (): Promise<boolean> => ((await outbox.waitedMs(R1))?.newest ?? 0) > 50;
    await queues[name].add('other half', {});
    await outbox.put(R1, first);
    await until(isQuiet, 'quiet');
    expect(await gather()).toMatchObject({ earners: 0 });
    // All are evaluated now, as far as the queues know.
    await queues[name].drain();
    await outbox.put(R1, other);
    await until(isQuiet, 'quiet');
    expect(await gather()).toMatchObject({ earners: 2, batches: [expect.any(String)] });
  },
);
