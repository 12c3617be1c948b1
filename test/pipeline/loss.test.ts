import { asBadgeId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import type { EventRecord } from '../../src/sandbox/types.js';
import { openHouse, REGION, type House } from '../support/house.js';

const SCHEME = `
scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards:
  flagged: { badge: R_FLAG, on_loss: flag, rule: { at_least: 2, of: { competency: communiquer } } }
  kept: { badge: R_KEEP, on_loss: keep, rule: { at_least: 2, of: { competency: communiquer } } }
  revoked: { badge: R_REVOKE, on_loss: revoke, rule: { at_least: 2, of: { competency: communiquer } } }
`;
const PARTNERS = `
partners:
  - client_id: P1
    secret_env: KEY_P1
    badges:
      - { id: A, competency: communiquer, level: 1 }
      - { id: B, competency: communiquer, level: 1 }
      - { id: C, competency: communiquer, level: 1 }
`;
const LOU = 'lou@example.org';

let house: House;
beforeEach(async () => {
  house = await openHouse({ scheme: SCHEME, partners: PARTNERS });
});
afterEach(() => house.close());

async function give(badgeId: string, expiresOnS?: number): Promise<EventRecord> {
  const expiry = expiresOnS === undefined ? {} : { expiresOnS };
  const event = house.issue({ clientId: 'P1', badgeId, recipients: [LOU], ...expiry });
  expect(await house.notify(event)).toBe(202);
  await house.idle();
  return event;
}
async function revoke(event: EventRecord): Promise<void> {
  house.sandbox.revokeByHand(event.id, [LOU]);
  expect(await house.notify(event, 'badge.revoked')).toBe(202);
  await house.idle();
}
const held = () => [...house.sandbox.awarded(LOU)].filter((badge) => badge.startsWith(REGION)).toSorted();
const flags = async () => (await house.pipelines[0].flags.list()).map(({ badgeId }) => badgeId);
const revocations = () => house.sandbox.calls.filter(({ route }) => route === 'PUT revoke');

test('a badge that earned awards is revoked: kept, flagged, or taken back once, as each award says', async () => {
  await give('A');
  const b = await give('B');
  expect(held()).toEqual(['REGION/R_FLAG', 'REGION/R_KEEP', 'REGION/R_REVOKE']);
  await revoke(b);
  await revoke(b);
  expect(held()).toEqual(['REGION/R_FLAG', 'REGION/R_KEEP']);
  expect(await flags()).toEqual(['R_FLAG']);
  expect(revocations()).toHaveLength(1);

  await give('C');
  expect(held()).toEqual(['REGION/R_FLAG', 'REGION/R_KEEP', 'REGION/R_REVOKE']);
  expect(await flags()).toEqual([]);
  expect(house.awards()).toHaveLength(4);
});

test('expiry alone takes nothing back, and flags nothing', async () => {
  await give('A');
  const b = await give('B');
  const [copy] = b.assertions;
  house.sandbox.expire(copy?.id ?? '', Math.floor(Date.now() / 1000) - 10);
  expect(await house.notify(b)).toBe(202);
  await house.idle();
  expect(held()).toHaveLength(3);
  expect(await flags()).toEqual([]);
});

test('what the Région gave by hand is not taken back; it is flagged', async () => {
  house.issue({ clientId: REGION, badgeId: 'R_REVOKE', recipients: [LOU] });
  await give('A');
  const b = await give('B');
  await revoke(b);
  expect(held()).toContain('REGION/R_REVOKE');
  expect(revocations()).toEqual([]);
  expect((await flags()).toSorted()).toEqual(['R_FLAG', 'R_REVOKE']);
});

test('a lost reply of the revocation: taken back all the same, not blocked, and given again when earned again', async () => {
  await give('A');
  const b = await give('B');
  house.sandbox.fault({ route: 'PUT revoke', kind: 'reply-lost' });
  await revoke(b);
  expect(held()).toEqual(['REGION/R_FLAG', 'REGION/R_KEEP']);
  const [{ ledger, vault }] = house.pipelines;
  expect((await ledger.read(earnerKeyOf(vault, LOU), asBadgeId('R_REVOKE')))?.state).toBe('revoked');
  await give('C');
  expect(held()).toContain('REGION/R_REVOKE');
});
