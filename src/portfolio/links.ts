import type { EarnerKey } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { ERASING, FIELD, LINKED } from './earner-file.js';

/**
 * Which addresses are one person's. Each write is one step of one address; they are made in the order that
 * serves nobody on half of what is known, wherever they stop.
 */
export interface Links {
  /**
   * Makes `other`, and the addresses `its` that were linked to it, addresses of the person that `person`
   * stands for. May be repeated.
   */
  link(person: EarnerKey, other: EarnerKey, its?: readonly EarnerKey[]): Promise<void>;
  /** The person is read without these from here on; until `unlink` nothing is given to them on their own. */
  part(person: EarnerKey, others: readonly EarnerKey[]): Promise<void>;
  unlink(person: EarnerKey, other: EarnerKey): Promise<void>;
  /** The erasure of this person has begun: nothing is given to any of their addresses any more. */
  setAside(person: EarnerKey, others: readonly EarnerKey[]): Promise<void>;
  /** It is not to be: the person is as before. */
  bringBack(person: EarnerKey, others: readonly EarnerKey[]): Promise<void>;
}

/** @param key where an address' hash stands */
export const createLinks = (redis: RedisConnection, key: (earner: EarnerKey) => string): Links => ({
  // The other first: an address that points to a person is never served on its own. Then all at once:
  // nothing is decided for the person on some of their addresses alone.
  async link(person, other, its = []) {
    const others = [other, ...its];
    await redis.hset(key(other), FIELD.linkedTo, person);
    await redis.hset(key(person), Object.fromEntries(others.map((one) => [LINKED + one, '1'])));
    for (const one of its) await redis.hset(key(one), FIELD.linkedTo, person);
    if (its.length > 0) await redis.hdel(key(other), ...its.map((one) => LINKED + one));
  },
  async part(person, others) {
    if (others.length > 0) await redis.hdel(key(person), ...others.map((one) => LINKED + one));
  },
  async unlink(person, other) {
    await redis.hdel(key(person), LINKED + other);
    await redis.hdel(key(other), FIELD.linkedTo);
  },
  // What they were linked by stays in the person's own hash: whoever ends the erasure finds them all.
  async setAside(person, others) {
    for (const one of [person, ...others]) await redis.hset(key(one), FIELD.linkedTo, ERASING + person);
  },
  async bringBack(person, others) {
    for (const one of others) await redis.hset(key(one), FIELD.linkedTo, person);
    await redis.hdel(key(person), FIELD.linkedTo);
  },
});
