import pMap from 'p-map';
import type { Assertion } from '../../earners/record.js';
import { readPerson, type Person } from '../../earners/person.js';
import type { AssertionId, BadgeId, EarnerKey } from '../../ids.js';
import { ObfNotSent, ObfThrottled } from '../../obf/errors.js';
import { secondsOf } from '../../platform/clock.js';
import { evaluateDuringRollout } from '../../rules/rollout.js';
import type { Pipeline } from '../pipeline.js';
import { storeCredential } from '../ingest/store-credential.js';

/** How many earners are looked at a time: their reads are not to fill the line before OBF. */
const AT_ONCE = 8;

/**
 * Before a badge is issued: reads the hosted credentials again that it counts on, of partners whose account we cannot
 * read, and stores what OBF says of them now. The badge is decided on that.
 * @returns the earners of whom one cannot be read, and why: they are not decided on
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
  await pMap(
    earners,
    async (earner) => {
      try {
        await verifyFor(pipeline, badgeId, earner, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ObfThrottled || error instanceof ObfNotSent) throw error;
        unread.set(earner, error);
      }
    },
    { concurrency: AT_ONCE },
  );
  return unread;
}

/** What takes the place of one that counts no more is read as well, until all that counts was. */
async function verifyFor(
  pipeline: Pipeline,
  badgeId: BadgeId,
  earner: EarnerKey,
  signal: AbortSignal,
): Promise<void> {
  const read = new Set<AssertionId>();
  for (;;) {
    const [rules, person] = await Promise.all([pipeline.schemes.now(), readPerson(pipeline, earner)]);
    const judged = evaluateDuringRollout(
      rules,
      person.portfolio,
      person.lastSchemeGeneration,
      secondsOf(pipeline.clock),
    );
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
  const earner = person.addressByAssertion.get(id) ?? person.earner;
  const contact = person.addresses.find(({ key }) => key === earner)?.record.contact ?? null;
  // Erased meanwhile: not due either.
  if (contact === null) return;
  const askedS = secondsOf(pipeline.clock);
  // Only an Open Badges 2.0 assertion names its event.
  const found = await pipeline.hosted.readAgain(id, eventId === null ? 'v3' : 'v2', signal);
  signal.throwIfAborted();
  await storeCredential(pipeline, earner, contact, found, askedS);
}
