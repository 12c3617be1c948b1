import { asBadgeId } from '../../src/ids.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { signedIn } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS } from './support/people.js';
import { textOf } from './support/text.js';

let house: House;
afterEach(() => house.close());

async function open(harm: (house: House) => void | Promise<void>): Promise<string> {
  const pace = { holdFirstMs: 3_600_000, holdMaxMs: 3_600_000 };
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, ops: OPS_SETTINGS, pace });
  await harm(house);
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const)
    await house.notify(house.issue({ clientId, badgeId, recipients: ['lou@example.org'] }));
  await until(() => house.pipelines[0].holds.of(asBadgeId('R1')), 'hold', 20_000);
  const browser = await signedIn(house.opsUrl, OPERATOR);
  return textOf((await browser.get('/ops')).html).replaceAll(/\s+/g, ' ');
}

test('a badge that is a draft in OBF: its award is named, with what to do', async () => {
  const text = await open(({ sandbox }) => sandbox.setDraft(REGION, 'R1', true));
  expect(text).toContain(
    'À régler « Communiquer : je pratique » n’est plus délivré : le badge n’est plus dans le compte OBF de la Région, ou y est un brouillon',
  );
  expect(text).toContain('reprend seul');
});

test('the quota is told once, though a batch waits for it', async () => {
  const text = await open(({ sandbox }) => sandbox.setIssuingLimit(REGION, 20));
  expect(text).toContain(
    'Le quota OBF de la Région est épuisé : il reste 20 badges, et Palier s’arrête à 50',
  );
  expect(text.match(/quota OBF de la Région est/g)).toHaveLength(1);
});

test('OBF’s words stand in it, and no address', async () => {
  const body = { error: 'not today for lou@example.org' };
  const text = await open(({ sandbox }) =>
    sandbox.fault({ route: 'POST issue', kind: 'status', status: 404, body, times: 9 }),
  );
  expect(text).toMatch(
    /OBF refuse l’envoi sans que le compte en dise la cause \(OBF POST issue: 404 [^)]*not today/,
  );
  expect(text).not.toContain('example.org');
});
