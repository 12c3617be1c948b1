import { randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../platform/clock.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { VaultError, type Vault } from '../../../platform/vault.js';
import type { Flash, User } from '../context.js';
import type { Account, Accounts } from './accounts.js';

/** However busy somebody is: then they sign in again. */
export const SESSION_MS = 12 * 3_600_000;
/** A message that nobody came to read. */
const FLASH_MS = 10 * 60_000;

/** A session that holds. */
export interface Signed {
  /** Never shown: with our key it makes the cookie. */
  readonly id: string;
  readonly user: User;
  /** What the identity provider said; it wants that back when somebody signs out. */
  readonly idToken: string | null;
}

/** Sessions of all web processes, in Redis. Every call may reject when Redis is away. */
export interface Sessions {
  /** A new session with a new id; resolves with the cookie's value. */
  start(account: Account, idToken: string | null): Promise<string>;
  /** Null for a cookie that is not ours, or of a session that ended, by whatever end. */
  find(cookie: string | null): Promise<Signed | null>;
  /** At once, in every process. */
  end(id: string): Promise<void>;
  /** Keeps a message for the next page. */
  tell(id: string, flash: Flash): Promise<void>;
  /** The message, once. */
  takeFlash(id: string): Promise<Flash | null>;
}

const recordForm = z.object({
  name: z.string(),
  stamp: z.string(),
  endsMs: z.number(),
  idToken: z.string().nullable(),
});
const flashForm = z.object({
  kind: z.enum(['good', 'bad']),
  text: z.object({ fr: z.string(), en: z.string() }),
});

export interface SessionParts {
  readonly redis: RedisConnection;
  /** Of the keys. */
  readonly prefix: string;
  readonly vault: Vault;
  readonly accounts: Accounts;
  readonly clock: Clock;
}

/** What is kept is sealed under `PALIER_KEY`: whoever reads Redis learns no name, whoever writes it gets in nowhere. */
export function createSessions({ redis, prefix, vault, accounts, clock }: SessionParts): Sessions {
  const key = (id: string): string => `${prefix}:session:{${id}}`;
  const flashKey = (id: string): string => `${key(id)}:flash`;
  const macOf = (id: string): string => vault.fingerprint(id, 'ops session');
  const open = (sealed: string | null, what: string): unknown =>
    sealed === null ? null : openJson(vault, sealed, what);

  return {
    async start({ name, stamp }, idToken) {
      const id = randomBytes(32).toString('base64url');
      const record: z.input<typeof recordForm> = {
        name,
        stamp,
        endsMs: clock() + SESSION_MS,
        idToken,
      };
      await redis.set(key(id), vault.seal(JSON.stringify(record), `session ${id}`), 'PX', SESSION_MS);
      return `${id}.${macOf(id)}`;
    },
    async find(cookie) {
      const id = idOf(cookie, macOf);
      if (id === null) return null;
      const { data } = recordForm.safeParse(open(await redis.get(key(id)), `session ${id}`));
      if (data === undefined || data.endsMs <= clock()) return null;
      const user = accounts.current(data.name, data.stamp);
      return user === null ? null : { id, user, idToken: data.idToken };
    },
    async end(id) {
      await redis.del(key(id), flashKey(id));
    },
    async tell(id, flash) {
      await redis.set(flashKey(id), vault.seal(JSON.stringify(flash), `flash ${id}`), 'PX', FLASH_MS);
    },
    async takeFlash(id) {
      return flashForm.safeParse(open(await redis.getdel(flashKey(id)), `flash ${id}`)).data ?? null;
    },
  };
}

/** A cookie that we did not make costs Redis nothing. */
function idOf(cookie: string | null, macOf: (id: string) => string): string | null {
  const [, id, mac] = /^([\w-]{43})\.([\w-]{22})$/.exec(cookie ?? '') ?? [];
  if (id === undefined || mac === undefined) return null;
  return timingSafeEqual(Buffer.from(macOf(id)), Buffer.from(mac)) ? id : null;
}

/** Null when it was sealed under another key, or altered. */
function openJson(vault: Vault, sealed: string, what: string): unknown {
  try {
    return JSON.parse(vault.open(sealed, what));
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}
