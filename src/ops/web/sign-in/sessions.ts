import { randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../platform/clock.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { VaultError, type Vault } from '../../../platform/vault.js';
import type { Flash, User } from '../parts/frame.js';
import type { Account, Accounts } from './accounts.js';

/** A session ends after so long, however busy. */
export const SESSION_MS = 12 * 3_600_000;
/** And after so long without a request. */
const IDLE_MS = 30 * 60_000;
const FLASH_MS = 10 * 60_000;

/** A session that holds. */
export interface Signed {
  /** Secret: with our key it makes the cookie. */
  readonly id: string;
  readonly user: User;
  /** The identity provider wants it back at sign-out. */
  readonly idToken: string | null;
}

/** Sessions of all web processes, in Redis. Every call rejects while Redis is away. */
export interface Sessions {
  /** A new session with a new id; resolves with the cookie's value. */
  start(account: Account, idToken: string | null): Promise<string>;
  /** Null for a cookie that is not ours, or a session that ended. Restarts the idle time. */
  find(cookie: string | null): Promise<Signed | null>;
  /** At once, in every process. */
  end(id: string): Promise<void>;
  /** Keeps a message for the next page. */
  keepFlash(id: string, flash: Flash): Promise<void>;
  /** The message, once. Null as well while Redis refuses writes: a page can be read without. */
  takeFlash(id: string): Promise<Flash | null>;
}

const recordForm = z.object({
  name: z.string(),
  stamp: z.string(),
  endsMs: z.number(),
  idToken: z.string().nullable(),
});
const flashForm = z.object({ kind: z.enum(['good', 'bad']), text: z.string() });

interface SessionParts {
  readonly redis: RedisConnection;
  /** Of the keys. */
  readonly prefix: string;
  readonly vault: Vault;
  readonly accounts: Accounts;
  readonly clock: Clock;
}

/** Records are sealed under `PALIER_KEY`: reading Redis tells no name, and writing it opens no session. */
export function createSessions({ redis, prefix, vault, accounts, clock }: SessionParts): Sessions {
  const key = (id: string): string => `${prefix}:session:{${id}}`;
  const flashKey = (id: string): string => `${key(id)}:flash`;
  const macOf = (id: string): string => vault.fingerprint(id, 'ops session');

  return {
    async start({ name, stamp }, idToken) {
      const id = randomBytes(32).toString('base64url');
      const record: z.input<typeof recordForm> = { name, stamp, endsMs: clock() + SESSION_MS, idToken };
      await redis.set(key(id), vault.seal(JSON.stringify(record), `session ${id}`), 'PX', IDLE_MS);
      return `${id}.${macOf(id)}`;
    },
    async find(cookie) {
      const id = idOf(cookie, macOf);
      if (id === null) return null;
      const { data } = recordForm.safeParse(openJson(vault, await redis.get(key(id)), `session ${id}`));
      if (data === undefined || data.endsMs <= clock()) return null;
      const user = accounts.current(data.name, data.stamp);
      if (user === null) return null;
      // A Redis that refuses writes still serves its pages, which say so.
      await redis.pexpire(key(id), Math.min(IDLE_MS, data.endsMs - clock())).catch(() => 0);
      return { id, user, idToken: data.idToken };
    },
    async end(id) {
      await redis.del(key(id), flashKey(id));
    },
    async keepFlash(id, flash) {
      await redis.set(flashKey(id), vault.seal(JSON.stringify(flash), `flash ${id}`), 'PX', FLASH_MS);
    },
    async takeFlash(id) {
      const sealed = await redis.getdel(flashKey(id)).catch(() => null);
      return flashForm.safeParse(openJson(vault, sealed, `flash ${id}`)).data ?? null;
    },
  };
}

/** A cookie that we did not make costs Redis nothing. */
function idOf(cookie: string | null, macOf: (id: string) => string): string | null {
  const [, id, mac] = /^([\w-]{43})\.([\w-]{22})$/.exec(cookie ?? '') ?? [];
  if (id === undefined || mac === undefined) return null;
  return timingSafeEqual(Buffer.from(macOf(id)), Buffer.from(mac)) ? id : null;
}

/** Null where there is nothing, or what was altered or sealed under another key. */
export function openJson(vault: Vault, sealed: string | null, context: string): unknown {
  if (sealed === null) return null;
  try {
    return JSON.parse(vault.open(sealed, context));
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}
