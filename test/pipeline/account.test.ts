import type { JournalEntry } from '../../src/earners/journal-entry.js';
import { asBadgeId, asEventId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import type { Pace } from '../../src/workers/stores.js';
import { verifyAccounts } from '../../src/workers/ingest/verify-accounts.js';
import { unblockAward } from '../../src/workers/unblock.js';
import type { EventRecord } from '../../src/sandbox/types.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { removeKeys, withRedisAt } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';

const LOU = 'lou@example.org';

let house: House;
const open = async (onLoss = 'flag', pace: Partial<Pace> = {}): Promise<void> => {
  const scheme = SMALL_SCHEME.replace('badge: R1', `badge: R1\n    on_loss: ${onLoss}`);
  house = await openHouse({ scheme, partners: SMALL_PARTNERS, pace });
};
afterEach(() => house.close());

async function give(clientId: string, badgeId: string): Promise<EventRecord> {
  const event = house.issue({ clientId, badgeId, recipients: [LOU] });
  expect(await house.notify(event)).toBe(202);
  await house.idle();
  return event;
}
const entries = async (): Promise<readonly JournalEntry[]> => {
  const { journal, vault } = house.pipelines[0];
  const told = await journal.ofEarner(earnerKeyOf(vault, LOU));
  return told.map((entry) => ({ ...entry, assertions: entry.assertions.toSorted() }));
};
const kinds = async (): Promise<string[]> => (await entries()).map(({ kind }) => kind);
const copies = (...events: EventRecord[]): string[] =>
  events.flatMap(({ assertions }) => assertions.map(({ id }) => id)).toSorted();

test('an award: what counted, what set it off, under which version, and its event in OBF', async () => {
  await open();
  const [a, b] = [await give('P1', 'A'), await give('P2', 'B')];
  const event = house.sandbox.issues()[0]?.eventId;
  expect(await entries()).toEqual([
    {
      kind: 'issued',
      atS: expect.any(Number),
      earner: earnerKeyOf(house.pipelines[0].vault, LOU),
      award: 'communiquer-1',
      badgeId: 'R1',
      assertions: copies(a, b),
      cause: `webhook.event.P2.${b.id}`,
      version: house.scheme.version,
      event,
      detail: null,
    },
  ]);
});

test('a reply that was lost: the account is what our note in OBF says', async () => {
  await open('flag', { sendWithinMs: 300, settleMs: 500 });
  const a = await give('P1', 'A');
  house.sandbox.fault({ route: 'POST issue', kind: 'reply-lost', times: 1 });
  const b = await give('P2', 'B');
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
  const cause = `webhook.event.P2.${b.id}`;
  const { version } = house.scheme;
  expect(await entries()).toMatchObject([{ kind: 'issued', cause, assertions: copies(a, b), version }]);
});

test('all of Redis lost: OBF alone tells the story, and nothing is entered twice', async () => {
  await open();
  await give('P1', 'A');
  await give('P2', 'B');
  const before = await entries();
  await withRedisAt(house.redisUrl, (redis) => removeKeys(redis, house.dataPrefix));
  expect(await entries()).toEqual([]);
  await verifyAccounts(house.pipelines[0], () => {}, AbortSignal.timeout(30_000));
  await house.idle();
  const after = await entries();
  expect(after.map((entry) => ({ ...entry, atS: 0 }))).toEqual(before.map((entry) => ({ ...entry, atS: 0 })));
  await verifyAccounts(house.pipelines[0], () => {}, AbortSignal.timeout(30_000));
  expect(await entries()).toEqual(after);
  expect(house.awards()).toHaveLength(1);
});

test('flagged, given by hand, blocked and lifted: each is entered once', async () => {
  await open();
  await give('P1', 'A');
  const b = await give('P2', 'B');
  house.sandbox.revokeByHand(b.id, [LOU]);
  for (let twice = 0; twice < 2; twice += 1) {
    await house.notify(b, 'badge.revoked');
    await house.idle();
  }
  expect(await kinds()).toEqual(['issued', 'flagged']);

  const byHand = house.issue({ clientId: REGION, badgeId: 'R2', recipients: [LOU] });
  await house.notify(byHand);
  await house.idle();
  expect((await entries()).find(({ kind }) => kind === 'found')).toMatchObject({
    award: 'communiquer-2',
    badgeId: 'R2',
    event: byHand.id,
  });

  house.sandbox.revokeByHand(byHand.id, [LOU]);
  for (let twice = 0; twice < 2; twice += 1) {
    await house.notify(byHand, 'badge.revoked');
    await house.idle();
  }
  const [{ vault }] = house.pipelines;
  expect(await unblockAward(house.pipelines[0], earnerKeyOf(vault, LOU), asBadgeId('R2'))).toBe(true);
  await house.idle();
  expect((await kinds()).toSorted()).toEqual(['blocked', 'flagged', 'found', 'issued', 'unblocked']);
});

test('taken back by Palier, and given again', async () => {
  await open('revoke');
  await give('P1', 'A');
  const b = await give('P2', 'B');
  house.sandbox.revokeByHand(b.id, [LOU]);
  await house.notify(b, 'badge.revoked');
  await house.idle();
  await give('P2', 'B');
  expect(await kinds()).toEqual(['issued', 'revoked', 'issued']);
});

test('refused by OBF: with its reason, without an address', async () => {
  await open();
  house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 400, times: 1 });
  await give('P1', 'A');
  await give('P2', 'B');
  const [refused] = await entries();
  expect(refused).toMatchObject({
    kind: 'refused',
    award: 'communiquer-1',
    detail: expect.stringContaining('400'),
  });
  expect(JSON.stringify(refused)).not.toContain('example.org');
});

test('an event of a whole class tells of everyone', async () => {
  await open();
  const classOf = Array.from({ length: 40 }, (_, at) => `p${at}@example.org`);
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const) {
    await house.notify(house.issue({ clientId, badgeId, recipients: classOf }));
    await house.idle();
  }
  const { journal, vault } = house.pipelines[0];
  const issued = house.sandbox.issues().map(({ eventId }) => asEventId(eventId ?? ''));
  const told = (await Promise.all(issued.map((event) => journal.ofEvent(event)))).flat();
  expect(told.map(({ earner }) => earner).toSorted()).toEqual(
    classOf.map((address) => earnerKeyOf(vault, address)).toSorted(),
  );
});
