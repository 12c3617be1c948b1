import { endTakeOver } from '../../src/platform/key-guard.js';
import { openHouse, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { signedIn } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS } from './support/people.js';

let house: House;
afterEach(() => house.close());

test('while people are kept as an older Palier did, no page tells that there is nobody', async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, ops: OPS_SETTINGS });
  const [{ vault, people }] = house.pipelines;
  const { redis, prefix } = people;
  await redis.set(`${prefix}:key-mark`, vault.fingerprint('palier', 'which key'));
  const browser = await signedIn(house.opsUrl, OPERATOR);
  for (const path of ['/ops', '/ops/personne']) {
    const { status, html } = await browser.get(path);
    expect(status).toBe(503);
    expect(html).toContain('Une nouvelle version reprend les données');
  }
  await endTakeOver(redis, prefix, vault);
  expect((await browser.get('/ops')).status).toBe(200);
});
