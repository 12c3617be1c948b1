import type { AxiosResponse } from 'axios';
import type { Fault } from '../../src/sandbox/types.js';
import { until } from '../support/until.js';
import { issueBody, openBench, type Bench } from './bench.js';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench({ maxRps: null });
});
afterEach(() => bench.sandbox.close());

const issue = (clientId = 'R', badge = 'R1'): Promise<AxiosResponse> =>
  bench.post(`/v2/event/${clientId}/${badge}/issue`, issueBody('a@example.org'), clientId);

/** What a client sees: a status, or the code of the error it gets. */
const seen = (call: Promise<AxiosResponse>): Promise<unknown> =>
  call.then(
    ({ status }) => status,
    (error: unknown) => Reflect.get(Object(error), 'code'),
  );

test.each<[Fault, { sees: unknown; written: unknown; committed: boolean }]>([
  [
    { route: 'POST issue', kind: 'status', status: 503 },
    { sees: 503, written: 503, committed: false },
  ],
  [
    { route: 'POST issue', kind: 'reset' },
    { sees: 'ECONNRESET', written: 'reset', committed: false },
  ],
  [
    { route: 'POST issue', kind: 'slow', ms: 40 },
    { sees: 200, written: 200, committed: true },
  ],
  [
    { route: 'POST issue', kind: 'not-json' },
    { sees: 200, written: 200, committed: true },
  ],
  [
    { route: 'POST issue', kind: 'reply-lost' },
    { sees: 'ECONNRESET', written: 'lost', committed: true },
  ],
  [
    { route: /issue$/, kind: 'status-after-commit', status: 500 },
    { sees: 500, written: 500, committed: true },
  ],
])('%o', async (fault, { sees, written, committed }) => {
  bench.sandbox.fault(fault);
  expect(await seen(issue())).toBe(sees);
  expect(bench.sandbox.awarded('a@example.org')).toEqual(committed ? ['R/R1'] : []);
  const [received] = bench.sandbox.issues();
  const [event] = bench.sandbox.eventsOf('R');
  expect([received?.status, received?.eventId]).toEqual([written, committed ? event?.id : null]);
  // Once, and no more: the next call goes well, and OBF issues again.
  expect(await seen(issue())).toBe(200);
  expect(bench.sandbox.awarded('a@example.org')).toHaveLength(committed ? 2 : 1);
});

test('a status may come with Retry-After and a body of its own', async () => {
  bench.sandbox.fault({
    route: 'GET ping',
    kind: 'status',
    status: 429,
    retryAfterS: 7,
    body: { error: 'slow down' },
  });
  const { status, headers, data } = await bench.get('/v2/client/P1/ping', 'P1');
  expect([status, headers['retry-after'], data]).toEqual([429, '7', { error: 'slow down' }]);
});

test('what is not JSON says so', async () => {
  bench.sandbox.fault({ route: 'GET ping', kind: 'not-json' });
  const { headers, data } = await bench.get('/v2/client/P1/ping', 'P1');
  expect([headers['content-type'], data]).toEqual([
    expect.stringContaining('text/html'),
    expect.stringContaining('<p>'),
  ]);
});

test('as often as asked, for the client that is meant, until they are cleared', async () => {
  bench.sandbox.fault({ route: 'POST issue', clientId: 'P1', times: 2, kind: 'status', status: 500 });
  bench.sandbox.fault({ route: /GET/, times: 9, kind: 'status', status: 502 });
  const statuses = [];
  for (const [client, badge] of [
    ['R', 'R1'],
    ['P1', 'B1'],
    ['P1', 'B1'],
    ['P1', 'B1'],
  ])
    statuses.push(await seen(issue(client, badge)));
  expect(statuses).toEqual([200, 500, 500, 200]);
  expect(await seen(bench.get('/v2/client/R/ping', 'R'))).toBe(502);
  bench.sandbox.clearFaults();
  expect(await seen(bench.get('/v2/client/R/ping', 'R'))).toBe(200);
});

test('a fault after the deed waits for a call that OBF does not refuse', async () => {
  bench.sandbox.fault({ route: 'POST issue', kind: 'status-after-commit', status: 500 });
  expect(await seen(issue('P1', 'NONE'))).toBe(400);
  expect(await seen(issue('P1', 'B1'))).toBe(500);
});

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

test('the black hole answers nobody, does nothing, and lets go at the end', async () => {
  const before = timers();
  bench.sandbox.fault({ route: 'POST issue', kind: 'black-hole' });
  bench.sandbox.fault({ route: 'GET ping', kind: 'slow', ms: 20_000 });
  const calls = [seen(issue()), seen(bench.get('/v2/client/P1/ping', 'P1'))];
  const waiting = () => bench.sandbox.calls.filter(({ status }) => status === 'lost');
  await until(() => waiting().length === 2, 'calls that wait');
  expect(bench.sandbox.awarded('a@example.org')).toEqual([]);
  await bench.sandbox.close();
  expect(await Promise.all(calls)).toEqual(['ECONNRESET', 'ECONNRESET']);
  await until(() => timers() <= before, 'end of the timers');
});

test('a fault for a route that does not exist would never happen', () => {
  // @ts-expect-error: the compiler says it too
  expect(() => bench.sandbox.fault({ route: 'POST isue', kind: 'reset' })).toThrow('no route');
});
