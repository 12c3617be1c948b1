import { asEarnerKey, type AssertionId, type EarnerKey } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { scanKeys } from '../platform/scan.js';
import type { Vault } from '../platform/vault.js';
import type { Assertion } from './assertion.js';
import { encodeAssertion } from './codec.js';
import { ASSERTION, FIELD, readEarnerFile, REVOKED, type EarnerFile } from './earner-file.js';
import { createLinks, type Links } from './links.js';
import { ERASE, STORE_ASSERTION } from './store-script.js';

/** Where a badge can be sent to. Both parts are personal data: sealed in Redis, shown nowhere. */
export interface Contact {
  readonly address: string;
  readonly name: string | null;
}

export interface NewAssertion {
  readonly earner: EarnerKey;
  readonly contact: Contact;
  readonly assertion: Assertion;
  /** When OBF recorded it, Unix seconds; null where it does not say. */
  readonly recordedS?: number | null;
  /** Whether it is one of the Région's own badges. */
  readonly own?: boolean;
}

/** What is kept of each earner: one hash for each address, so that all of it is in one place, and in one slot. */
export interface PortfolioStore extends Links {
  /**
   * Writes what was read in OBF. May be repeated; a revocation once seen stays. What is of before an
   * erasure is not written.
   * @param generation of the change of the rules under way, for those to whom this is news; null: none
   * @returns what stands in the portfolios now: all but what an erasure keeps out
   */
  upsert(found: readonly NewAssertion[], generation?: number | null): Promise<readonly NewAssertion[]>;
  /** Marks an assertion revoked if this earner has it; tells whether they had. */
  markRevoked(earner: EarnerKey, assertionId: AssertionId): Promise<boolean>;
  /** Whether the earner has the assertion, and whether as revoked; null: not at all. `gone`: erased. */
  knows(earner: EarnerKey, assertionId: AssertionId): Promise<'valid' | 'revoked' | 'gone' | null>;
  read(earner: EarnerKey): Promise<EarnerFile>;
  contactOf(earner: EarnerKey): Promise<Contact | null>;
  /** The key of every address that we hold anything of, some at a time, each once. */
  keys(): AsyncIterable<readonly EarnerKey[]>;
  /** Leaves a tombstone alone, which keeps out what is of before `atS`. */
  erase(earner: EarnerKey, atS: number): Promise<void>;
}

/** How many earners are written at a time: enough to fill the wire, few enough to keep memory flat. */
const CHUNK = 500;
/** Enough to tell one person's assertions apart. */
const FINGERPRINT = 8;

/** @param prefix of the keys, without a hash tag: each earner's key makes its own slot */
export function createPortfolioStore(redis: RedisConnection, prefix: string, vault: Vault): PortfolioStore {
  const key = (earner: EarnerKey): string => `${prefix}:earner:{${earner}}`;
  const fingerprint = (id: AssertionId): string => vault.fingerprint(id, 'assertion').slice(0, FINGERPRINT);
  const open = (earner: EarnerKey, sealed: string | null | undefined): string | null =>
    sealed === null || sealed === undefined ? null : vault.open(sealed, earner);
  const write = async (one: NewAssertion, generation: number | null): Promise<readonly NewAssertion[]> => {
    const args = argumentsOf(one, generation, vault, fingerprint(one.assertion.id));
    return (await redis.eval(STORE_ASSERTION, 1, key(one.earner), ...args)) === 'gone' ? [] : [one];
  };

  return {
    async upsert(found, generation = null) {
      const stored: NewAssertion[] = [];
      for (let at = 0; at < found.length; at += CHUNK) {
        const chunk = found.slice(at, at + CHUNK);
        stored.push(...(await Promise.all(chunk.map((one) => write(one, generation)))).flat());
      }
      return stored;
    },
    async markRevoked(earner, assertionId) {
      const known = await redis.hexists(key(earner), ASSERTION + assertionId);
      if (known === 1) await redis.hset(key(earner), REVOKED + assertionId, '1');
      return known === 1;
    },
    async knows(earner, assertionId) {
      const fields = [ASSERTION + assertionId, REVOKED + assertionId, FIELD.gone];
      const [known, revoked, gone] = await redis.hmget(key(earner), ...fields);
      if (typeof known === 'string') return typeof revoked === 'string' ? 'revoked' : 'valid';
      return gone?.includes(` ${fingerprint(assertionId)}`) === true ? 'gone' : null;
    },
    read: async (earner) => readEarnerFile(await redis.hgetall(key(earner))),
    async contactOf(earner) {
      const [sealedAddress, sealedName] = await redis.hmget(key(earner), FIELD.address, FIELD.name);
      const address = open(earner, sealedAddress);
      return address === null ? null : { address, name: open(earner, sealedName) };
    },
    keys: () => earnerKeysIn(redis, `${prefix}:earner:{`),
    ...createLinks(redis, key),
    erase: (earner, atS) => erase(redis, key(earner), atS, fingerprint),
  };
}

async function erase(
  redis: RedisConnection,
  key: string,
  atS: number,
  fingerprint: (id: AssertionId) => string,
): Promise<void> {
  for (;;) {
    const fields = await redis.hgetall(key);
    const ids = readEarnerFile(fields).assertions.map(({ id }) => id);
    const before = fields[FIELD.gone]?.split(' ').slice(1) ?? [];
    const tombstone = [String(atS), ...new Set([...before, ...ids.map(fingerprint)])].join(' ');
    if ((await redis.eval(ERASE, 1, key, tombstone, ...ids)) === 1) return;
  }
}

/** In the order of the script. */
function argumentsOf(
  { earner, contact, assertion, recordedS = null, own = false }: NewAssertion,
  generation: number | null,
  vault: Vault,
  fingerprint: string,
): readonly string[] {
  return [
    assertion.id,
    encodeAssertion(assertion),
    assertion.revoked ? '1' : '',
    // A credential may not name its event; what OBF's API said of the assertion before says more, and stays.
    assertion.eventId === null ? '1' : '',
    vault.seal(contact.address, earner),
    contact.name === null ? '' : vault.seal(contact.name, earner),
    generation === null ? '' : String(generation),
    recordedS === null ? '' : String(recordedS),
    fingerprint,
    own ? '1' : '',
  ];
}

async function* earnerKeysIn(redis: RedisConnection, start: string): AsyncIterable<readonly EarnerKey[]> {
  for await (const keys of scanKeys(redis, `${start}*}`))
    yield keys.map((key) => asEarnerKey(key.slice(start.length, -1)));
}
