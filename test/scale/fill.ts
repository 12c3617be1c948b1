import { randomBytes } from 'node:crypto';
import { type Assertion, type AwardRecord, EMPTY_RECORD } from '../../src/earners/record.js';
import { recordKey, sealRecord } from '../../src/earners/store.js';
import {
  asAssertionId,
  asClientId,
  asEventId,
  type AssertionId,
  type BadgeId,
  type ClientId,
} from '../../src/ids.js';
import { transition } from '../../src/issuing/ledger.js';
import { closeRedis, openConsumer } from '../../src/platform/redis.js';
import type { Vault } from '../../src/platform/vault.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { evaluate } from '../../src/rules/evaluate.js';
import type { Enrolment, Scheme } from '../../src/rules/types.js';
import { addressOf } from '../support/redis.js';

export interface Filling {
  readonly redisUrl: string;
  /** Of the keys. */
  readonly prefix: string;
  readonly vault: Vault;
  readonly region: ClientId;
  readonly scheme: Scheme;
  readonly earners: number;
  readonly nowS: number;
}

const ASSERTIONS_EACH = 6;
const MOST_AWARDS = 2;
const CHUNK = 1000;
const DAY_S = 86_400;

/**
 * Makes up people as the store and the ledger write them, much faster than through the pipeline: six
 * badges of partners each, and of the awards that these make due, the first two, issued and read back.
 * The same numbers, the same people.
 */
export async function fill(filling: Filling): Promise<void> {
  const redis = openConsumer(addressOf(filling.redisUrl));
  const random = randomFrom(20_261_123);
  const badges = [...filling.scheme.enrolments.values()];
  const shapes = Array.from({ length: SHAPES }, () => someone(filling, badges, random));
  for (let from = 0; from < filling.earners; from += CHUNK) {
    const writing: Promise<unknown>[] = [];
    for (let at = from; at < Math.min(from + CHUNK, filling.earners); at += 1) {
      const address = `personne.${at}@example.org`;
      const earner = earnerKeyOf(filling.vault, address);
      const { assertions, given } = asTheirs(shapes[at % SHAPES] ?? NOBODY);
      const contact = { address, name: `Personne ${at}` };
      const record = sealRecord(filling.vault, earner, {
        ...EMPTY_RECORD,
        contact,
        assertions,
        awards: given,
      });
      writing.push(redis.set(recordKey(filling.prefix, earner), record ?? ''));
    }
    await Promise.all(writing);
  }
  closeRedis(redis);
}

/** What somebody has been given. */
interface Shape {
  readonly assertions: readonly Assertion[];
  readonly given: ReadonlyMap<BadgeId, AwardRecord>;
}

/** How many different people are made up; the others have the same badges, under ids of their own. */
const SHAPES = 4999;
const NOBODY: Shape = { assertions: [], given: new Map() };

const ID_BYTES = 20;
/** Asking for each id by itself takes longer than all the rest. */
let pool = { bytes: Buffer.alloc(0), used: 0 };
function ownId(): AssertionId {
  if (pool.used === pool.bytes.length) pool = { bytes: randomBytes(10_000 * ID_BYTES), used: 0 };
  pool.used += ID_BYTES;
  return asAssertionId(pool.bytes.toString('hex', pool.used - ID_BYTES, pool.used));
}
const asTheirs = ({ assertions, given }: Shape): Shape => ({
  assertions: assertions.map((one) => ({ ...one, id: ownId() })),
  given,
});

function someone(
  { scheme, region, nowS }: Filling,
  badges: readonly Enrolment[],
  random: () => number,
): Shape {
  const assertions = Array.from({ length: ASSERTIONS_EACH }, (): Assertion => {
    const badge = badges[Math.floor(random() * badges.length)];
    if (badge === undefined) throw new Error('a scheme without badges');
    const issuedOnS = nowS - Math.floor(random() * 900) * DAY_S;
    return {
      id: ownId(),
      clientId: badge.clientId,
      badgeId: badge.badgeId,
      eventId: asEventId(`E${Math.floor(random() * 20_000).toString(36)}XYZABC`),
      issuedOnS,
      expiresOnS: random() < 0.2 ? issuedOnS + 1000 * DAY_S : null,
      revoked: random() < 0.03,
    };
  });
  const evaluation = evaluate(scheme, { assertions, held: [], blocked: [] }, nowS);
  const due = evaluation.awards.filter(({ status }) => status === 'due').slice(0, MOST_AWARDS);
  const event = asEventId(`G${Math.floor(random() * 500).toString(36)}XYZABC`);
  const comesDue = transition(null, { type: 'comes-due', endedEvents: [] }, nowS - DAY_S);
  const record = transition(comesDue, { type: 'record', event }, nowS - DAY_S);
  const readBack = due.map(({ award }): Assertion => ({
    id: ownId(),
    clientId: region,
    badgeId: award.badgeId,
    eventId: event,
    issuedOnS: nowS - DAY_S,
    expiresOnS: null,
    revoked: false,
  }));
  const given = new Map(due.map(({ award }) => [award.badgeId, record] as const));
  return { assertions: [...assertions, ...readBack], given };
}

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const SCALE_REGION = asClientId('REGION');
