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
 * Fetches the hosted credential that a Passport push names, and stores what the credential itself says.
 * It must belong to the recipient. A credential of an unknown issuer is not stored. Idempotent.
 */
export const ingestCredential: JobHandler<Stores, CredentialNotice> = async (stores, notice, signal) => {
  const { earner, recipient, url, source } = notice;
  const { vault, obf, schemes, partnerActivity, region, clock, queues } = stores;
  const address = vault.open(recipient, earner);
  const requestedS = secondsOf(clock);
  const credential = await obf.hosted.read(url, address, signal);
  signal.throwIfAborted();
  const ignored = { did: 'credential of no partner ignored', facts: { earner } };
  const { scheme } = await schemes.now();
  const isOfPartner = !credential.revokedOnly && credential.clientId !== region;
  if (isOfPartner && !scheme.partnersById.has(credential.clientId)) {
    await partnerActivity.ignoreClient(credential.clientId, requestedS, credential.eventId);
    return ignored;
  }
  const contact = { address: withoutUnseenEnds(address), name: null };
  if (!(await storeCredential(stores, earner, contact, credential, requestedS))) return ignored;
  if (isOfPartner && !scheme.enrolments.has(credential.badgeId))
    await partnerActivity.ignoreBadge(
      credential.clientId,
      credential.badgeId,
      requestedS,
      credential.eventId,
    );
  if (!credential.revokedOnly)
    await partnerActivity.seen(credential.clientId, credential.issuedOnS, credential.eventId);
  const cause = `${source}.credential.${earner}`;
  await enqueueEarners(queues.earners, [earner], cause);
  return { did: 'credential stored', facts: { earner, cause } };
};

/** How long a hosted credential is not read again. */
const FRESH_MS = 60_000;

/** Holds a hash: the id itself leads to a page with personal data, so no Redis key may hold it. */
const verifiedKey = ({ prefix }: Stores, id: AssertionId): string =>
  `${prefix}:verified:${createHash('sha256').update(id).digest('base64url').slice(0, 22)}`;

/** Whether any process has read this hosted credential within the last minute. */
export const isVerified = async (stores: Stores, id: AssertionId): Promise<boolean> =>
  (await stores.redis.exists(verifiedKey(stores, id))) === 1;

/**
 * Stores the assertion of a hosted credential that was just read. Idempotent.
 * @param requestedS when it was requested, Unix seconds: an erasure after that keeps it out
 * @returns whether the portfolio has the assertion: not after an erasure, nor when a revoked one was never stored
 */
export async function storeCredential(
  stores: Stores,
  earner: EarnerKey,
  contact: Contact,
  credential: HostedCredential,
  requestedS: number,
): Promise<boolean> {
  const { assertionId: id } = credential;
  let isStored: boolean;
  if (credential.revokedOnly) isStored = await markAssertion(stores.earners, earner, id, 'revoked');
  else {
    const { assertionId: _id, revokedOnly: _none, ...rest } = credential;
    const isRegionBadge = credential.clientId === stores.region;
    const { rollout } = await stores.schemes.now();
    const received = { earner, contact, assertion: { id, ...rest }, isRegionBadge, recordedS: requestedS };
    const generation = isRegionBadge ? null : (rollout?.generation ?? null);
    isStored = (await storeAssertions(stores, [received], generation)).length > 0;
  }
  await stores.redis.set(verifiedKey(stores, id), '1', 'PX', FRESH_MS);
  return isStored;
}
