import { storeAssertions } from '../../src/earners/assertions.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { earnerKeyOf } from '../../src/earners/person.js';
import { jsonOf } from '../ops/support/cli.js';
import { runningPalier, type RunningPalier } from '../ops/support/running-palier.js';
import { until } from '../support/until.js';
import { randomOf } from './random.js';
import { assertionOf } from '../support/assertion.js';

const scheme = (threshold: number): string => `
scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards:
  un: { badge: R1, rule: { at_least: ${threshold}, of: { competency: communiquer } } }
  deux: { badge: R2, rule: { all: [ { holds: un }, { at_least: ${threshold}, of: { competency: communiquer } } ] } }
`;
const PARTNERS = `
partners:
  - { client_id: P1, secret_env: KEY_P1, badges: [ { id: A, competency: communiquer, level: 1 } ] }
`;
const CLASS = Array.from({ length: 1000 }, (_, at) => `eleve${at}@example.org`);
const KILLS = 10;

let palier: RunningPalier;
beforeEach(async () => {
  palier = await runningPalier({ scheme: scheme(2), partners: PARTNERS, pace: { mirrorMaxAgeMs: 60_000 } });
  await palier.pipeline.schemes.start(palier.pipeline.scheme);
});
afterEach(() => palier.close());

/** As they stand after their notices were worked on. */
async function haveOneBadge(): Promise<void> {
  const { earners, vault } = palier.pipeline;
  await storeAssertions(
    { earners, vault },
    CLASS.map((address, at) => ({
      earner: earnerKeyOf(vault, address),
      contact: { address, name: null },
      assertion: assertionOf(`a${at}`),
    })),
  );
}

/** The built command line, as an operator's own process. */
const startApply = () =>
  spawn(process.execPath, [resolve('dist/ops/cli/main.js'), 'apply', '--no-email'], {
    cwd: palier.cwd,
    env: { PATH: process.env['PATH'], ...palier.env },
    stdio: 'ignore',
  });

const onTheWay = async (): Promise<number> => {
  const { outbox, batches, scheme: of } = palier.pipeline;
  const waiting = await Promise.all(of.awards.map(({ badgeId }) => outbox.waiting(badgeId)));
  const underWay = await Promise.all(of.awards.map(({ badgeId }) => batches.ids(badgeId)));
  return waiting.reduce((sum, count) => sum + count, 0) + underWay.flat().length;
};

/** Kills it when it has given to so many more, or is at its end; resolves with whether it was killed. */
async function killAfter(more: number): Promise<boolean> {
  const before = await onTheWay();
  const apply = startApply();
  const ended = once(apply, 'exit');
  // The processor is the command's, too.
  while (apply.exitCode === null && (await onTheWay()) - before < more) await pause(2);
  apply.kill('SIGKILL');
  await ended;
  return apply.signalCode === 'SIGKILL';
}

test(`killed ${KILLS} times on its way, and typed again: everybody who gains is given each award, once`, async () => {
  await haveOneBadge();
  await palier.configure({ scheme: scheme(1) });
  expect(palier.awards()).toEqual([]);

  const random = randomOf('apply');
  let killed = 0;
  for (let round = 0; round < KILLS; round += 1) killed += Number(await killAfter(random.int(0, 100)));
  expect(killed).toBe(KILLS);
  palier.work();
  const last = await palier.type(['apply']);
  expect([last.exit, last.err]).toEqual([0, []]);
  await until(() => palier.awards().length >= 2 * CLASS.length, 'awards');
  await palier.idle();

  const expected = CLASS.flatMap((address) => [`R1 ${address}`, `R2 ${address}`]);
  expect(palier.awards()).toEqual(expected.toSorted());
  expect(palier.sandbox.issues().every(({ body }) => !body.send_email)).toBe(true);
  const plan = jsonOf(await palier.type(['plan', '--json'])) as { issues: number };
  expect(plan.issues).toBe(0);
  expect(await palier.pipeline.schemes.unfinished()).toBeNull();
}, 240_000);
