import { createHash } from 'node:crypto';
import { markAssertion, storeAssertions } from '../../earners/assertions.js';
import type { Contact } from '../../earners/record.js';
import type { AssertionId, EarnerKey } from '../../ids.js';
import type { HostedCredential } from '../../obf/hosted.js';
import { secondsOf } from '../../platform/clock.js';
import { withoutUnseenEnds } from '../../platform/invisible.js';
import type { JobHandler } from '../../platform/job.js';
import { enqueueEarners } from '../../queue/enqueue.js';
import type { CredentialNotice } from '../../queue/jobs.js';
import type { Stores } from '../stores.js';

/**
 * A push says that a person has a credential at an address. The credential is fetched and must be
 * theirs; what it says of badge, issuer and dates is what is kept. A stranger's is not kept at all.
 */
export const ingestCredential: JobHandler<Stores, CredentialNotice> = async (stores, notice, signal) => {
  const { earner, recipient, url, source } = notice;
  const { vault, hosted, schemes, news, region, clock, queues } = stores;
  const address = vault.open(recipient, earner);
  const askedS = secondsOf(clock);
  const found = await hosted.read(url, address, signal);
  signal.throwIfAborted();
  const ignored = { did: 'credential of no partner ignored', facts: { earner } };
  const { scheme } = await schemes.now();
  const isOfPartner = !found.revokedOnly && found.clientId !== region;
  if (isOfPartner && !scheme.partnersById.has(found.clientId)) {
    await news.ignoreClient(found.clientId, askedS, found.eventId);
    return ignored;
  }
  const contact = { address: withoutUnseenEnds(address), name: null };
  if (!(await storeCredential(stores, earner, contact, found, askedS))) return ignored;
  if (isOfPartner && !scheme.enrolments.has(found.badgeId))
    await news.ignoreBadge(found.clientId, found.badgeId, askedS, found.eventId);
  if (!found.revokedOnly) await news.seen(found.clientId, found.issuedOnS, found.eventId);
  const cause = `${source}.credential.${earner}`;
  await enqueueEarners(queues.earners, [earner], cause);
  return { did: 'credential stored', facts: { earner, cause } };
};

/** For how long a hosted credential that was read is not read again. */
const FRESH_MS = 60_000;

/** An id leads to a page that tells of a person: it stands in no key. */
const verifiedKey = ({ prefix }: Stores, id: AssertionId): string =>
  `${prefix}:verified:${createHash('sha256').update(id).digest('base64url').slice(0, 22)}`;

/** Whether a hosted credential was read within the last minute, by any process. */
export const isVerified = async (stores: Stores, id: AssertionId): Promise<boolean> =>
  (await stores.redis.exists(verifiedKey(stores, id))) === 1;

/**
 * Stores what a hosted credential says that was read just now.
 * @param askedS when it was asked for, Unix seconds: an erasure since keeps it out
 * @returns whether it stands in the portfolio: an erasure may keep it out, and a revoked one may never have been there
 */
export async function storeCredential(
  stores: Stores,
  earner: EarnerKey,
  contact: Contact,
  found: HostedCredential,
  askedS: number,
): Promise<boolean> {
  const { assertionId: id } = found;
  let isStored: boolean;
  if (found.revokedOnly) isStored = await markAssertion(stores.earners, earner, id, 'revoked');
  else {
    const { assertionId: _id, revokedOnly: _none, ...rest } = found;
    const isRegionBadge = found.clientId === stores.region;
    const { rollout } = await stores.schemes.now();
    const one = { earner, contact, assertion: { id, ...rest }, isRegionBadge, recordedS: askedS };
    const generation = isRegionBadge ? null : (rollout?.generation ?? null);
    isStored = (await storeAssertions(stores, [one], generation)).length > 0;
  }
  await stores.redis.set(verifiedKey(stores, id), '1', 'PX', FRESH_MS);
  return isStored;
}
