import { runScenario, type Hands } from '../../src/sandbox/run-scenario.js';
import { parseScenario, parseScenarioYaml } from '../../src/sandbox/scenario.js';
import type { NoticeContent } from '../../src/sandbox/webhooks.js';
import { until } from '../support/until.js';
import { issueBody, openBench, type Bench } from './bench.js';

let bench: Bench;
let notices: NoticeContent[];
let told: (string | number)[];

beforeEach(async () => {
  bench = await openBench({ clock: () => 1_740_960_000_000 });
  notices = [];
  told = [];
});
afterEach(() => bench.sandbox.close());

/** Whoever is told of an event gives the Région's badge: the program's part, played by the test. */
const hands: Hands = {
  notify: async (notice) => {
    notices.push(notice);
    if (notice.type === 'badge.issued')
      await bench.post('/v2/event/R/R1/issue', issueBody('claire@example.org'), 'R');
  },
  narrate: (line) => void told.push(line),
  pause: async (ms) => void told.push(ms),
  until: (condition, what) => until(condition, what, 300),
};

test('a story from beginning to end', async () => {
  const scenario = parseScenarioYaml(`
title: Claire
steps:
  - say: La mission locale délivre un badge à Claire.
  - issue: { partner: P1, badge: B1, to: [Claire@example.org, { email: ali@example.org, name: Ali }], issued_on: 2025-03-01 }
  - wait: { address: claire@example.org, holds: R1, by: R }
  - wait: { received: POST issue }
  - pause: 2
  - issue: { partner: P1, badge: B2, to: [ali@example.org], webhook: false }
  - expire: { partner: P1, badge: B2, of: [ali@example.org], on: 2025-03-02 }
  - revoke: { partner: P1, badge: B1, from: [claire@example.org] }
  - wait: { address: claire@example.org, lacks: B1 }
`);
  await runScenario(bench.sandbox, scenario, hands);
  const [first, second] = bench.sandbox.eventsOf('P1');
  expect(notices).toEqual([
    { type: 'badge.issued', client_id: 'P1', event_id: first?.id },
    { type: 'badge.revoked', client_id: 'P1', event_id: first?.id },
  ]);
  expect(told).toEqual(['La mission locale délivre un badge à Claire.', expect.any(Number), 2000]);
  expect(bench.sandbox.awarded('claire@example.org')).toEqual(['R/R1']);
  expect(bench.sandbox.awarded('ali@example.org')).toEqual(['P1/B1', 'P1/B2']);
  const { data } = await bench.get(`/v2/event/P1/recipient?event_id=${second?.id}`, 'P1');
  expect(data.result).toMatchObject([{ expires_on: 1_740_873_600 }]);
  expect((await bench.get(`/v2/event/P1/${first?.id}`, 'P1')).data.issued_on).toBe(1_740_787_200);
});

test('a wait for what never comes says what it waited for', async () => {
  const scenario = parseScenario({
    title: 'x',
    steps: [{ wait: { address: 'a@example.org', holds: 'R1', by: 'P1' } }],
  });
  bench.sandbox.issueByHand({ clientId: 'R', badgeId: 'R1', recipients: ['a@example.org'] });
  await expect(runScenario(bench.sandbox, scenario, hands)).rejects.toThrow('somebody holds R1');
});

test('a fault of the story happens', async () => {
  const fault = { route: 'POST issue', kind: 'status', status: 503, retry_after_s: 3, client: 'R' };
  await runScenario(bench.sandbox, parseScenario({ title: 'x', steps: [{ fault }] }), hands);
  const { status, headers } = await bench.post('/v2/event/R/R1/issue', issueBody('a@example.org'), 'R');
  expect([status, headers['retry-after']]).toEqual([503, '3']);
});

test('taking back what nobody was given is a mistake of the story', async () => {
  const revoke = { partner: 'P1', badge: 'B1', from: ['a@example.org'] };
  const run = runScenario(bench.sandbox, parseScenario({ title: 'x', steps: [{ revoke }] }), hands);
  await expect(run).rejects.toThrow('to none of these people');
});

test.each([
  ['an unknown word', { tell: 'x' }, 'tell'],
  ['two words in one step', { say: 'x', pause: 1 }, 'exactly one of'],
  ['an empty step', {}, 'exactly one of'],
  ['a route that does not exist', { fault: { route: 'POST isue', kind: 'reset' } }, 'POST issue'],
  ['no recipient', { issue: { partner: 'P1', badge: 'B1', to: [] } }, 'steps[1].issue.to'],
  [
    'a day that does not exist',
    { expire: { partner: 'P1', badge: 'B1', of: ['a@b'], on: '2025-02-30' } },
    'on',
  ],
])('%s is refused before anything happens', (_name, step, named) => {
  expect(() => parseScenario({ title: 'x', steps: [{ say: 'x' }, step] })).toThrow(named);
});
