import { asBadgeId, asEventId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { until } from '../support/until.js';
import { jsonOf } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';
import { PARTNERS, peopleWith, scheme } from './support/thresholds.js';

let palier: RunningPalier;
beforeEach(async () => {
  const pace = { mirrorMaxAgeMs: 60_000 };
  palier = await runningPalier({ scheme: scheme(3), partners: PARTNERS, pace });
  await palier.pipeline.schemes.start(palier.pipeline.scheme);
});
afterEach(() => palier.close());

const given = (badge: string, addresses: readonly string[]): string[] =>
  addresses.map((address) => `${badge} ${address}`);
const plannedIssues = async (): Promise<unknown> =>
  (jsonOf(await palier.type(['plan', '--json'])) as { issues: number }).issues;

test('a threshold falls from 3 to 2, with 2 000 people: the plan says exactly who, and each is given one', async () => {
  await peopleWith(palier.pipeline, 'une', 1500, 1);
  const gaining = await peopleWith(palier.pipeline, 'deux', 300, 2);
  // They have it already: Palier gave it under the rules of before.
  const holders = await peopleWith(palier.pipeline, 'trois', 200, 3);
  const { ledger, vault } = palier.pipeline;
  for (const address of holders)
    await ledger.apply(earnerKeyOf(vault, address), asBadgeId('R1'), {
      type: 'record',
      event: asEventId('OLD'),
    });
  await palier.configure({ scheme: scheme(2) });

  const plan = await palier.type(['plan', '--csv']);
  const keys = plan.out
    .filter((line) => /^"?un"?,/.test(line))
    .map((line) => line.split(',')[1]?.replaceAll('"', ''));
  expect(keys.toSorted()).toEqual(gaining.map((address) => earnerKeyOf(vault, address)).toSorted());

  const refused = await palier.type(['apply', '--auto-upto', '100']);
  expect(refused).toMatchObject({ exit: 1, out: [] });
  expect(refused.err.join(' ')).toContain('300 badges seraient délivrés');
  expect(await plannedIssues()).toBe(300);

  const applied = await palier.type(['apply', '--json']);
  expect(jsonOf(applied)).toMatchObject({ issues: 300, awards: [{ award: 'un', issues: 300 }] });
  expect(await plannedIssues()).toBe(0);
  palier.work();
  await until(() => palier.awards().length >= 300, 'awards');
  await palier.idle();
  expect(palier.awards()).toEqual(given('R1', gaining).toSorted());
  expect(await plannedIssues()).toBe(0);
});
