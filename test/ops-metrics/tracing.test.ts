import { createTracing } from '../../src/queue/enqueue.js';
import { openHouse, type House } from '../support/house.js';
import { everythingIn } from '../support/everything.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { recordSpans, type Recorded, type Recorder } from './spans.js';

const SMALL = { scheme: SMALL_SCHEME, partners: SMALL_PARTNERS };
let recorder: Recorder;
let house: House;
beforeEach(() => {
  recorder = recordSpans();
});
afterEach(async () => {
  await house.close();
  recorder.stop();
});

async function giveOneAward(): Promise<void> {
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const) {
    const event = house.issue({ clientId, badgeId, recipients: ['lou@example.org'] });
    expect(await house.notify(event)).toBe(202);
    await house.idle();
  }
  expect(house.awards()).toEqual(['R1 lou@example.org']);
}

/** A span and those that it came of, up to the first of its trace. */
function ancestry(span: Recorded): readonly string[] {
  const parent = recorder.spans.find(({ spanId }) => spanId === span.parentId);
  return [span.name, ...(parent === undefined ? [] : ancestry(parent))];
}

test('one trace leads from the notice at the door to the issue call', async () => {
  const telemetry = createTracing(true) ?? undefined;
  house = await openHouse({ ...SMALL, ...(telemetry === undefined ? {} : { telemetry }) });
  await giveOneAward();
  const issuing = recorder.spans.filter(({ name }) => name === 'process awards').at(-1);
  if (issuing === undefined) throw new Error('no job of the awards left a span');
  expect(ancestry(issuing).filter((name) => name.startsWith('process'))).toEqual([
    'process awards',
    'process awards',
    'process earners',
    'process notices',
    'process arrivals',
  ]);
  expect(ancestry(issuing).at(-1)).toMatch(/^add\w* arrivals/);
  await until(
    () => recorder.spans.filter(({ traceId }) => traceId === issuing.traceId).every(({ ended }) => ended),
    'end of every span of the trace',
  );
});

test('no person is in a span, nor in what joins one to another', async () => {
  const telemetry = createTracing(true) ?? undefined;
  house = await openHouse({ ...SMALL, ...(telemetry === undefined ? {} : { telemetry }) });
  await giveOneAward();
  expect(recorder.spans.length).toBeGreaterThan(10);
  expect(JSON.stringify(recorder.spans)).not.toMatch(/lou|@example/);
  expect(await everythingIn(house.redisUrl, house.redisPrefix)).not.toMatch(/@example/);
});

test('off, which is the default, no span is begun, and no job carries one', async () => {
  expect(createTracing(false)).toBeNull();
  house = await openHouse(SMALL);
  await house.pipelines[0].queues.notices.pause();
  const event = house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['lou@example.org'] });
  await house.notify(event);
  expect(recorder.spans).toEqual([]);
  expect(await everythingIn(house.redisUrl, house.redisPrefix)).not.toContain('traceparent');
});
