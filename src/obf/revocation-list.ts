import { z } from 'zod';
import { ObfUnreadable } from './errors.js';
import { readReply } from './read-reply.js';

/** @see https://www.imsglobal.org/spec/vcrl/v1p0/ */
export const REVOCATION_LIST_TYPE = '1EdTechRevocationList';

/** An entry is the credential's id, or an object that holds it; `revoked: false` lifts it. */
const entry = z.union([
  z.string().transform((id) => ({ id, revoked: true })),
  z
    .object({ id: z.string(), revoked: z.boolean().nullish() })
    .transform(({ id, revoked }) => ({ id, revoked: revoked ?? true })),
]);
const entries = z.array(entry);

/**
 * The specification's name, its plural as it is also met, and that of Open Badges 2.0. What OBF's own list
 * looks like was never seen.
 */
const list = z.union([
  entries,
  z
    .object({
      revokedCredential: entries.nullish(),
      revokedCredentials: entries.nullish(),
      revokedAssertions: entries.nullish(),
    })
    .transform((all) => all.revokedCredential ?? all.revokedCredentials ?? all.revokedAssertions ?? null),
]);

/**
 * The ids of the revoked credentials, as the list writes them.
 * @throws ObfUnreadable for a list of another form: it may not pass for an empty one
 */
export function revokedIds(call: string, body: string): readonly string[] {
  const found = readReply(call, body, list);
  if (found === null) throw new ObfUnreadable(call, 'no list of revoked credentials in it');
  return found.filter((one) => one.revoked).map((one) => one.id);
}
