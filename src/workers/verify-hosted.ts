import { createHash } from 'node:crypto';
import type { AssertionId, BadgeId, EarnerKey } from '../ids.js';
import { ObfNotSent, ObfThrottled } from '../obf/errors.js';
import type { HostedCredential } from '../obf/hosted.js';
import { secondsOf } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Assertion, Contact } from '../earners/record.js';
import { markAssertion, storeAssertions } from '../earners/assertions.js';
import { evaluateDuringRollout } from '../rules/rollout.js';
import { readPerson, type Person } from '../earners/person.js';
import type { Pipeline } from './pipeline.js';
import { someAtOnce } from './some-at-once.js';

/** Which hosted credentials were read within the last minute, by any process. */
export interface Verified {
  mark(id: AssertionId): Promise<void>;
  isFresh(id: AssertionId): Promise<boolean>;
}

const FRESH_MS = 60_000;

/** @param prefix of the keys */
export function createVerified(redis: RedisConnection, prefix: string): Verified {
  // An id leads to a page that tells of a person: it stands in no key.
  const key = (id: AssertionId): string =>
    `${prefix}:verified:${createHash('sha256').update(id).digest('base64url').slice(0, 22)}`;
  return {
    async mark(id) {
      await redis.set(key(id), '1', 'PX', FRESH_MS);
    },
    isFresh: async (id) => (await redis.exists(key(id))) === 1,
  };
}

/** How many earners are looked at a time: their reads are not to fill the line before OBF. */
const AT_ONCE = 8;

/**
 * Before a badge is issued: reads the hosted credentials again that it counts on, of partners whose account we cannot
 * read. What OBF says of them now stands in the portfolios after; whoever is sent the badge is decided on that.
 * @returns of whom one cannot be read, and why: they are not decided on
 * @throws ObfThrottled or ObfNotSent when OBF cannot be reached: nobody is decided on
 */
export async function verifyHosted(
  pipeline: Pipeline,
  badgeId: BadgeId,
  earners: readonly EarnerKey[],
  signal: AbortSignal,
): Promise<ReadonlyMap<EarnerKey, unknown>> {
  const unread = new Map<EarnerKey, unknown>();
  if (pipeline.scheme.partners.every(({ clientId }) => pipeline.accounts(clientId) !== null)) return unread;
  await someAtOnce(earners, AT_ONCE, async (earner) => {
    try {
      await verifyFor(pipeline, badgeId, earner, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ObfThrottled || error instanceof ObfNotSent) throw error;
      unread.set(earner, error);
    }
  });
  return unread;
}

/** What takes the place of one that counts no more is read as well: until all that counts was. */
async function verifyFor(
  pipeline: Pipeline,
  badgeId: BadgeId,
  earner: EarnerKey,
  signal: AbortSignal,
): Promise<void> {
  const read = new Set<AssertionId>();
  for (;;) {
    const [rules, person] = await Promise.all([pipeline.schemes.now(), readPerson(pipeline, earner)]);
    const judged = evaluateDuringRollout(rules, person.portfolio, person.touched, secondsOf(pipeline.clock));
    const counted = judged.due.find(({ award }) => award.badgeId === badgeId)?.earnedBy ?? [];
    const unread = counted.filter((one) => pipeline.accounts(one.clientId) === null && !read.has(one.id));
    if (unread.length === 0) return;
    for (const one of unread) {
      if (!(await pipeline.verified.isFresh(one.id))) await verify(pipeline, person, one, signal);
      read.add(one.id);
    }
  }
}

async function verify(
  pipeline: Pipeline,
  person: Person,
  { id, eventId }: Assertion,
  signal: AbortSignal,
): Promise<void> {
  const earner = person.whose.get(id) ?? person.earner;
  const contact = person.addresses.find(({ key }) => key === earner)?.record.contact ?? null;
  // Nobody's any more: they are not due it either.
  if (contact === null) return;
  const askedS = secondsOf(pipeline.clock);
  // Only an Open Badges 2.0 assertion names its event.
  const found = await pipeline.hosted.readAgain(id, eventId === null ? 'v3' : 'v2', signal);
  signal.throwIfAborted();
  await storeCredential(pipeline, earner, contact, found, askedS);
}

/**
 * Writes what a hosted credential says; it was read just now.
 * @param toldS when it was asked for, Unix seconds: an erasure since keeps it out
 * @returns whether it stands in the portfolio: an erasure may keep it out, and a revoked one may not have been there
 */
export async function storeCredential(
  pipeline: Pick<Pipeline, 'earners' | 'vault' | 'schemes' | 'region' | 'verified'>,
  earner: EarnerKey,
  contact: Contact,
  found: HostedCredential,
  toldS: number,
): Promise<boolean> {
  const { earners, schemes, region, verified } = pipeline;
  const write = async (): Promise<boolean> => {
    if (found.revokedOnly) return markAssertion(earners, earner, found.assertionId, 'revoked');
    const { assertionId: id, revokedOnly: _none, ...rest } = found;
    const isRegionBadge = found.clientId === region;
    const { rollout } = await schemes.now();
    const one = { earner, contact, assertion: { id, ...rest }, isRegionBadge, recordedS: toldS };
    const generation = isRegionBadge ? null : (rollout?.generation ?? null);
    return (await storeAssertions(pipeline, [one], generation)).length > 0;
  };
  const isKept = await write();
  await verified.mark(found.assertionId);
  return isKept;
}
