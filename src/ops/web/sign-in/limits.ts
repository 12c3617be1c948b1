import { ipKeyGenerator } from 'express-rate-limit';
import { z } from 'zod';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Vault } from '../../../platform/vault.js';
import { OpsProblem } from '../http/problem.js';
import { foldName } from './sessions.js';

/** How many sign-ins may fail, in how many seconds. */
const LIMITS = {
  /** A network address may be a whole office. */
  address: { max: 30, windowS: 15 * 60 },
  'name-and-address': { max: 10, windowS: 15 * 60 },
  /** From everywhere: a stranger rarely reaches it, and guessing stops. */
  name: { max: 60, windowS: 3600 },
} as const;

const COUNT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return { count, redis.call('TTL', KEYS[1]) }`;
const counted = z.tuple([z.number(), z.number()]);

/** Counts failed sign-ins over all web processes. @param prefix of the keys; they hold no network address and no name */
export function createSignInLimits(redis: RedisConnection, prefix: string, vault: Vault) {
  async function count(what: keyof typeof LIMITS, subject: string): Promise<string> {
    const key = `${prefix}:tries:${what}:${vault.fingerprint(subject, `ops tries by ${what}`)}`;
    const { max, windowS } = LIMITS[what];
    const [tries, endsInS] = counted.parse(await redis.eval(COUNT, 1, key, windowS));
    if (tries > max) throw new OpsProblem('too_many', endsInS);
    return key;
  }
  return {
    /**
     * Counts a try as failed, before it is made.
     * @param name as it was typed; null: none was
     * @param isKnown the name signed in from this browser before: the limit by name alone spares it
     * @returns takes it back: what succeeds does not count. @throws OpsProblem `too_many`
     */
    async count(ip: string | undefined, name: string | null, isKnown = false): Promise<() => void> {
      const network = ipKeyGenerator(ip ?? '');
      const keys = [await count('address', network)];
      if (name !== null) keys.push(await count('name-and-address', `${foldName(name)} ${network}`));
      if (name !== null && !isKnown) keys.push(await count('name', foldName(name)));
      return () => {
        for (const key of keys) redis.decr(key).catch(() => 0);
      };
    },
    /** Kept in a browser in which this name signed in. */
    markOf: (name: string): string => vault.fingerprint(foldName(name), 'ops known browser'),
  };
}

/** A password takes 32 MiB and a thread of a process that also takes notices. */
const AT_ONCE = 2;
const WAITING = 20;
const RETRY_AFTER_S = 60;

/** Runs some at a time, lets a few more wait, and refuses the rest. @throws OpsProblem `busy`, from the gate */
export function createGate(atOnce = AT_ONCE, waiting = WAITING) {
  let inside = 0;
  const queue: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (inside < atOnce) inside += 1;
    else if (queue.length >= waiting) throw new OpsProblem('busy', RETRY_AFTER_S);
    // Who leaves hands over the place.
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) inside -= 1;
      else next();
    }
  };
}
