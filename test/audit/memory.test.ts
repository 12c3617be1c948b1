import { createHash, randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { createAudit } from '../../src/audit/audit.js';
import type { AuditEntry } from '../../src/audit/types.js';
import { asAssertionId, asAwardId, asBadgeId, asEarnerKey, asEventId } from '../../src/ids.js';
import { closeRedis, type RedisConnection } from '../../src/platform/redis.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { entryOf, NOON_S, ZONE } from './support.js';

let server: OwnRedis;
let redis: RedisConnection;
beforeAll(async () => {
  server = await ownRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  closeRedis(redis);
  await server.stop();
});

/** As OBF makes them: 12 letters and digits. */
const obfId = (): string => randomBytes(9).toString('base64url');
const earnerOf = (at: number) =>
  asEarnerKey(createHash('sha256').update(String(at)).digest('base64url').slice(0, 22));

/** One award to everybody, in events of 20 recipients, each for three assertions. */
function awardsTo(people: number, award: number): readonly AuditEntry[] {
  const badgeId = asBadgeId(obfId());
  return Array.from({ length: people / 20 }, (_, nth) => {
    const [event, cause] = [asEventId(obfId()), `webhook.event.${obfId()}.${obfId()}`];
    return Array.from({ length: 20 }, (__, at) =>
      entryOf({
        atS: NOON_S + nth,
        earner: earnerOf(nth * 20 + at),
        award: asAwardId(`communiquer-${award}`),
        badgeId,
        assertions: Array.from({ length: 3 }, () => asAssertionId(obfId())),
        cause,
        event,
      }),
    );
  }).flat();
}

const usedBytes = async (): Promise<number> =>
  Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);

/**
 * Some 170 of them are the ids and words of the entry itself. With 200 000 people it is some 250, even
 * with an award each: the hashes of the people are then shared by many.
 */
test('an issued entry takes less than 300 bytes, with all that leads to it', async () => {
  const audit = createAudit(redis, 'palier', ZONE);
  const awards = [1, 2, 3].map((award) => awardsTo(3000, award));
  await audit.write(awardsTo(20, 0));
  const before = await usedBytes();
  for (const entries of awards) await audit.write(entries);
  const bytes = ((await usedBytes()) - before) / awards.flat().length;
  expect(bytes).toBeGreaterThan(170);
  expect(bytes).toBeLessThan(300);
});
