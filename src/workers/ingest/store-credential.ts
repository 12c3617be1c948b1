import { createHash } from 'node:crypto';
import { markAssertion, storeAssertions } from '../../earners/assertions.js';
import type { Contact } from '../../earners/record.js';
import type { AssertionId, EarnerKey } from '../../ids.js';
import type { HostedCredential } from '../../obf/hosted.js';
import type { Stores } from '../stores.js';

const FRESH_MS = 60_000;

/** An id leads to a page that tells of a person: it stands in no key. */
const verifiedKey = ({ prefix }: Pick<Stores, 'prefix'>, id: AssertionId): string =>
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
  const isStored = await write(stores, earner, contact, found, askedS);
  await stores.redis.set(verifiedKey(stores, found.assertionId), '1', 'PX', FRESH_MS);
  return isStored;
}

async function write(
  stores: Stores,
  earner: EarnerKey,
  contact: Contact,
  found: HostedCredential,
  askedS: number,
): Promise<boolean> {
  if (found.revokedOnly) return markAssertion(stores.earners, earner, found.assertionId, 'revoked');
  const { assertionId: id, revokedOnly: _none, ...rest } = found;
  const isRegionBadge = found.clientId === stores.region;
  const { rollout } = await stores.schemes.now();
  const one = { earner, contact, assertion: { id, ...rest }, isRegionBadge, recordedS: askedS };
  const generation = isRegionBadge ? null : (rollout?.generation ?? null);
  return (await storeAssertions(stores, [one], generation)).length > 0;
}
