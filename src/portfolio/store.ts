import { asAssertionId, type AssertionId, type EarnerKey } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Vault } from '../platform/vault.js';
import type { Assertion } from './assertion.js';
import { decodeAssertion, encodeAssertion } from './codec.js';

/** Where a badge can be sent to. Both parts are personal data: sealed in Redis, shown nowhere. */
export interface Contact {
  readonly address: string;
  readonly name: string | null;
}

export interface NewAssertion {
  readonly earner: EarnerKey;
  readonly contact: Contact;
  readonly assertion: Assertion;
}

/** What is kept of each earner: one hash, so that all of a person is in one place, and in one slot. */
export interface PortfolioStore {
  /** Writes what was read in OBF. May be repeated; a revocation once seen stays. */
  upsert(found: readonly NewAssertion[]): Promise<void>;
  /** Marks an assertion revoked if this earner has it; tells whether they had. */
  markRevoked(earner: EarnerKey, assertionId: AssertionId): Promise<boolean>;
  /** Whether the earner has the assertion, and whether as revoked; null: not at all. */
  knows(earner: EarnerKey, assertionId: AssertionId): Promise<'valid' | 'revoked' | null>;
  /** Every assertion of the earner, in no order; empty for somebody we do not know. */
  assertionsOf(earner: EarnerKey): Promise<readonly Assertion[]>;
  contactOf(earner: EarnerKey): Promise<Contact | null>;
}

/** Fields of the hash: the sealed contact, `a:<id>` an assertion, `x:<id>` its revocation. */
const ADDRESS = 'address';
const NAME = 'name';
const ASSERTION = 'a:';
const REVOKED = 'x:';
/** How many earners are written at a time: enough to fill the wire, few enough to keep memory flat. */
const CHUNK = 500;

/** @param prefix of the keys, without a hash tag: each earner's key makes its own slot */
export function createPortfolioStore(redis: RedisConnection, prefix: string, vault: Vault): PortfolioStore {
  const key = (earner: EarnerKey): string => `${prefix}:earner:{${earner}}`;
  const open = (earner: EarnerKey, sealed: string | null | undefined): string | null =>
    sealed === null || sealed === undefined ? null : vault.open(sealed, earner);

  return {
    async upsert(found) {
      for (let at = 0; at < found.length; at += CHUNK) {
        const chunk = found.slice(at, at + CHUNK);
        await Promise.all(chunk.map((one) => write(redis, key(one.earner), one, vault)));
      }
    },
    async markRevoked(earner, assertionId) {
      const known = await redis.hexists(key(earner), ASSERTION + assertionId);
      if (known === 1) await redis.hset(key(earner), REVOKED + assertionId, '1');
      return known === 1;
    },
    async knows(earner, assertionId) {
      const [known, revoked] = await redis.hmget(key(earner), ASSERTION + assertionId, REVOKED + assertionId);
      if (typeof known !== 'string') return null;
      return typeof revoked === 'string' ? 'revoked' : 'valid';
    },
    assertionsOf: async (earner) => assertionsIn(await redis.hgetall(key(earner))),
    async contactOf(earner) {
      const [sealedAddress, sealedName] = await redis.hmget(key(earner), ADDRESS, NAME);
      const address = open(earner, sealedAddress);
      return address === null ? null : { address, name: open(earner, sealedName) };
    },
  };
}

/** A credential may not name its event; what OBF's API said of the assertion before says more, and stays. */
async function write(redis: RedisConnection, key: string, one: NewAssertion, vault: Vault): Promise<void> {
  const field = ASSERTION + one.assertion.id;
  const text = encodeAssertion(one.assertion);
  const stored =
    one.assertion.eventId === null ? redis.hsetnx(key, field, text) : redis.hset(key, field, text);
  await Promise.all([stored, redis.hset(key, fieldsOf(one, vault))]);
}

function fieldsOf({ earner, contact, assertion }: NewAssertion, vault: Vault): Record<string, string> {
  return {
    [ADDRESS]: vault.seal(contact.address, earner),
    ...(contact.name === null ? {} : { [NAME]: vault.seal(contact.name, earner) }),
    ...(assertion.revoked ? { [REVOKED + assertion.id]: '1' } : {}),
  };
}

function assertionsIn(fields: Readonly<Record<string, string>>): readonly Assertion[] {
  return Object.entries(fields)
    .filter(([field]) => field.startsWith(ASSERTION))
    .map(([field, text]) => {
      const id = asAssertionId(field.slice(ASSERTION.length));
      return decodeAssertion(id, text, fields[REVOKED + id] !== undefined);
    });
}
