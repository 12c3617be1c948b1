import { markAssertion, storeAssertions } from '../../earners/assertions.js';
import type { Contact } from '../../earners/record.js';
import type { EarnerStore } from '../../earners/store.js';
import { createHash } from 'node:crypto';
import type { AssertionId, ClientId, EarnerKey } from '../../ids.js';
import type { HostedCredential } from '../../obf/hosted.js';
import type { RedisConnection } from '../../platform/redis.js';
import type { Vault } from '../../platform/vault.js';
import type { Schemes } from '../../scheme/schemes.js';

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

export interface CredentialStoring {
  readonly earners: Pick<EarnerStore, 'update'>;
  readonly vault: Vault;
  readonly schemes: Pick<Schemes, 'now'>;
  readonly region: ClientId;
  readonly verified: Verified;
}

/**
 * Stores what a hosted credential says that was read just now.
 * @param askedS when it was asked for, Unix seconds: an erasure since keeps it out
 * @returns whether it stands in the portfolio: an erasure may keep it out, and a revoked one may never have been there
 */
export async function storeCredential(
  storing: CredentialStoring,
  earner: EarnerKey,
  contact: Contact,
  found: HostedCredential,
  askedS: number,
): Promise<boolean> {
  const { earners, schemes, region, verified } = storing;
  const write = async (): Promise<boolean> => {
    if (found.revokedOnly) return markAssertion(earners, earner, found.assertionId, 'revoked');
    const { assertionId: id, revokedOnly: _none, ...rest } = found;
    const isRegionBadge = found.clientId === region;
    const { rollout } = await schemes.now();
    const one = { earner, contact, assertion: { id, ...rest }, isRegionBadge, recordedS: askedS };
    const generation = isRegionBadge ? null : (rollout?.generation ?? null);
    return (await storeAssertions(storing, [one], generation)).length > 0;
  };
  const isStored = await write();
  await verified.mark(found.assertionId);
  return isStored;
}
