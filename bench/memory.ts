import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pMap from 'p-map';
import { type Assertion, type AwardRecord, EMPTY_RECORD, type EarnerRecord } from '../src/earners/record.js';
import { journalEntry } from '../src/earners/journal-entry.js';
import { createEarnerStore } from '../src/earners/store.js';
import * as as from '../src/ids.js';
import { createJournal } from '../src/journal/journal.js';
import { createEventIndex } from '../src/obf/read-state.js';
import { createVault } from '../src/platform/vault.js';
import { DATA_PREFIX } from '../src/queue/jobs.js';
import { onOwnRedis } from './program.js';
import { atMost, tableOf, type Part } from './report.js';

/** People of one class were given the same badges in the same events. */
const [CLASS, BADGES, PARTNERS] = [20, 6, 300];
export const REGION = as.asClientId('Tregiona0a00');
const AWARDS = ['communiquer-1', 'organiser-1'];
const NOW_S = Date.UTC(2026, 10, 23, 11) / 1000;
const [DAY_S, DAYS] = [86_400, 900];
/** Classes that are written together, and are in memory at a time. */
const TOGETHER = 50;
const AT_ONCE = { concurrency: 200 };

type Stored = readonly [as.EarnerKey, EarnerRecord];
type Event = Omit<Assertion, 'id' | 'revoked'> & { readonly eventId: as.EventId };

/** Bytes of Redis an earner, every key counted: six badges of partners, two awards issued and read back. */
export async function benchMemory(quick: boolean): Promise<Part> {
  const rows: [earners: number, bytes: number][] = [];
  for (const earners of quick ? [20_000] : [100_000, 1_000_000])
    rows.push([earners, Math.round(await onOwnRedis((url) => bytesPerEarner(url, earners)))]);
  return {
    text: tableOf(['earners', 'bytes of Redis each'], rows),
    goals: rows.map(([earners, bytes]) => atMost(`${earners} earners, bytes each`, 1200, bytes)),
  };
}

/** Fills an empty Redis through the stores. @param earners a multiple of a class */
export async function bytesPerEarner(redisUrl: string, earners: number): Promise<number> {
  const redis = new Redis(redisUrl);
  try {
    // Its file would take as long again, and is not what is measured.
    await redis.config('SET', 'appendonly', 'no', 'save', '');
    // The scripts, and what a connection takes, are there before anything is counted.
    await fill(redis, CLASS);
    await redis.flushall();
    const before = await usedBytes(redis);
    await fill(redis, earners);
    return ((await usedBytes(redis)) - before) / earners;
  } finally {
    redis.disconnect();
  }
}

async function fill(redis: Redis, earners: number): Promise<void> {
  const vault = createVault(randomBytes(32));
  const store = createEarnerStore(redis, DATA_PREFIX, vault);
  const shared = { redis, prefix: DATA_PREFIX, vault };
  const journal = createJournal({ ...shared, earners: store, timeZone: 'Europe/Paris' });
  const events = createEventIndex(redis, DATA_PREFIX);
  await journal.rebuild(
    (async function* () {
      for (let left = earners / CLASS; left > 0; left -= TOGETHER) {
        const classes = Array.from({ length: Math.min(TOGETHER, left) }, madeUpClass);
        const people = classes.flatMap((one) => one.people);
        await pMap(people, ([key, record]) => store.update(key, () => record), AT_ONCE);
        const read = classes.flatMap((one) => one.events);
        const rowOf = (id: as.EventId) => ({ id, recipientCount: CLASS, modifiedS: NOW_S });
        await pMap(read, ({ clientId, eventId }) => events.put(clientId, [rowOf(eventId)]), AT_ONCE);
        yield people;
      }
    })(),
  );
}

/** Each person as the stores leave them: test/guards/bytes-per-earner.full.test.ts compares. */
export function madeUpClass(): { readonly events: readonly Event[]; readonly people: readonly Stored[] } {
  const own = AWARDS.map((award) => madeUpEvent(REGION, `R${award}`, NOW_S - below(DAYS * DAY_S)));
  const events = [...Array.from({ length: BADGES }, partnerEvent), ...own];
  return { events, people: Array.from({ length: CLASS }, () => madeUpPerson(events)) };
}

const partnerEvent = (): Event => {
  const partner = `Tpartn${String(below(PARTNERS)).padStart(5, '0')}0`;
  return madeUpEvent(as.asClientId(partner), `${partner}${below(5)}`, NOW_S - below(DAYS) * DAY_S);
};

const madeUpEvent = (clientId: as.ClientId, badge: string, issuedOnS: number): Event => ({
  clientId,
  badgeId: as.asBadgeId(badge),
  eventId: as.asEventId(randomBytes(6).toString('hex')),
  issuedOnS,
  expiresOnS: below(8) === 0 && clientId !== REGION ? issuedOnS + 1000 * DAY_S : null,
});

function madeUpPerson(events: readonly Event[]): Stored {
  const key = as.asEarnerKey(randomBytes(16).toString('base64url'));
  const assertions = events.map((event) => ({
    ...event,
    id: as.asAssertionId(randomBytes(20).toString('hex')),
    revoked: below(40) === 0,
  }));
  const given = events.filter(({ clientId }) => clientId === REGION);
  const awards = given.map(({ badgeId, eventId: event, issuedOnS: atS }) => {
    const record: AwardRecord = { state: 'issued', atS, ignoredRevocations: [], event };
    return [badgeId, record] as const;
  });
  const journal = given.map(({ badgeId, eventId: event, issuedOnS: atS }, at) =>
    journalEntry('issued', atS, {
      earner: key,
      award: as.asAwardId(AWARDS[at] ?? ''),
      badgeId,
      assertions: assertions.slice(at * 3, at * 3 + 3).map(({ id }) => id),
      cause: `webhook.event.${events[0]?.clientId}.${events[0]?.eventId}`,
      version: as.asSchemeVersion('0123456789abcdef'),
      event,
    }),
  );
  // As long as an address and a name are in France, in the mean.
  const contact = { address: `${letters(8)}.${letters(7)}@laposte.net`, name: `${letters(8)} ${letters(7)}` };
  return [key, { ...EMPTY_RECORD, contact, assertions, awards: new Map(awards), journal }];
}

const below = (limit: number): number => Math.floor(Math.random() * limit);
const letters = (count: number): string => randomBytes(count).toString('base64url').slice(0, count);

/** Waits while Redis moves its keys into a larger table, or buffers what was sent. */
async function usedBytes(redis: Redis): Promise<number> {
  for (let last = NaN; ; await pause(300)) {
    const now = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
    if (Math.abs(now - last) < 2048) return now;
    last = now;
  }
}
