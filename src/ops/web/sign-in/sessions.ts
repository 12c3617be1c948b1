import { randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Config, Role } from '../../../config.js';
import type { Clock } from '../../../platform/clock.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { verifyPassword } from '../../../platform/secrets.js';
import type { Vault } from '../../../platform/vault.js';
import { openSealed } from '../../shared/browser.js';

/** Somebody who is signed in. */
export interface User {
  /** Unique; what logs and the journal say. Never an address. */
  readonly name: string;
  /** As the configuration says now, not at sign-in. */
  readonly role: Role;
}

/** An operator has a reader's rights too. */
export const hasRole = (user: User | null, role: Role): boolean =>
  user !== null && (role === 'lecture' || user.role === 'operateur');

/** Somebody who may sign in. */
export interface Account extends User {
  readonly via: 'password' | 'oidc';
  /** Changes with the password or the configuration's entry: the sessions end then. */
  readonly stamp: string;
}

/** What an identity provider says of somebody. */
export interface Identity {
  readonly sub: string;
  /** Null unless the provider vouches for it. */
  readonly email: string | null;
}

export type Accounts = ReturnType<typeof createAccounts>;

/** A name or an address as it is compared: white space, letter case and Unicode form make no difference. */
export const foldName = (text: string): string => text.trim().normalize('NFC').toLowerCase();

/** The people of the configuration: `OPS_USERS`, `OIDC_OPERATORS`, `OIDC_READERS`. */
export function createAccounts({ opsUsers, ops }: Pick<Config, 'opsUsers' | 'ops'>, vault: Vault) {
  const stampOf = (...entry: readonly string[]): string => vault.fingerprint(entry.join('\0'), 'ops account');
  const typed = opsUsers.map(({ name, by, hash, role }) => {
    const account: Account = { name: by, role, via: 'password', stamp: stampOf(name, hash) };
    return { name: foldName(name), hash, account };
  });
  const { issuer, people } = ops.oidc ?? { issuer: '', people: [] };
  const listed = people.map(({ entry, by, role }) => {
    const account: Account = { name: by, role, via: 'oidc', stamp: stampOf(issuer, entry) };
    return { entry, account };
  });
  const named = (name: string) => typed.find((one) => one.name === foldName(name));
  return {
    /** An unknown name takes as long as a wrong password, and both are null. */
    async byPassword(name: string, password: string): Promise<Account | null> {
      const found = named(name);
      const hash = (found ?? typed[0])?.hash;
      // One password is checked whether or not there is such a name.
      const good = hash !== undefined && (await verifyPassword(hash, password));
      return good ? (found?.account ?? null) : null;
    },
    /** An entry by `sub` wins over one by address. Null: not in the configuration. */
    byIdentity({ sub, email }: Identity): Account | null {
      const bySub = listed.find(({ entry }) => !isAddress(entry) && entry === sub);
      const byAddress = ({ entry }: { readonly entry: string }): boolean =>
        isAddress(entry) && email !== null && foldName(entry) === foldName(email);
      return (bySub ?? listed.find(byAddress))?.account ?? null;
    },
    /** The account's name for the log; null: what was typed may be a password, or an address. */
    known: (name: string): string | null => named(name)?.account.name ?? null,
    /** The account if it is still there, unchanged; else its sessions have ended. */
    current: (name: string, stamp: string): Account | null =>
      [...typed, ...listed].find(({ account }) => account.name === name && account.stamp === stamp)
        ?.account ?? null,
  };
}

/** All other entries are a `sub`, compared letter by letter (OpenID Connect Core, 5.7). */
const isAddress = (entry: string): boolean => entry.includes('@');

/** A session ends after so long, however busy. */
export const SESSION_MS = 12 * 3_600_000;
/** And after so long without a request. */
const IDLE_MS = 30 * 60_000;

/** A session that holds. */
export interface Signed {
  /** Secret: with our key it makes the cookie. */
  readonly id: string;
  readonly user: User;
  /** The identity provider wants it back at sign-out. */
  readonly idToken: string | null;
}

const recordForm = z.object({
  name: z.string(),
  stamp: z.string(),
  endsMs: z.number(),
  idToken: z.string().nullable(),
});

/**
 * Sessions of all web processes, in Redis; every call rejects while it is away. Records are sealed under `PALIER_KEY`: reading Redis tells no name, and writing it opens no session.
 */
export function createSessions(
  redis: RedisConnection,
  prefix: string,
  vault: Vault,
  accounts: Pick<Accounts, 'current'>,
  clock: Clock,
) {
  const key = (id: string): string => `${prefix}:session:{${id}}`;
  const macOf = (id: string): string => vault.fingerprint(id, 'ops session');

  return {
    /** A new session with a new id; resolves with the cookie's value. */
    async start({ name, stamp }: Account, idToken: string | null): Promise<string> {
      const id = randomBytes(32).toString('base64url');
      const record: z.input<typeof recordForm> = { name, stamp, endsMs: clock() + SESSION_MS, idToken };
      await redis.set(key(id), vault.seal(JSON.stringify(record), `session ${id}`), 'PX', IDLE_MS);
      return `${id}.${macOf(id)}`;
    },
    /** Null for a cookie that is not ours, or a session that ended. Restarts the idle time. */
    async find(cookie: string | null): Promise<Signed | null> {
      const id = idOf(cookie, macOf);
      if (id === null) return null;
      const data = openSealed(vault, await redis.get(key(id)), `session ${id}`, recordForm);
      const user = data === null ? null : accounts.current(data.name, data.stamp);
      if (data === null || user === null || data.endsMs <= clock()) return null;
      // A Redis that refuses writes still serves its pages, which say so.
      await redis.pexpire(key(id), Math.min(IDLE_MS, data.endsMs - clock())).catch(() => 0);
      return { id, user, idToken: data.idToken };
    },
    /** At once, in every process. */
    async end(id: string): Promise<void> {
      await redis.del(key(id));
    },
  };
}

/** A cookie that we did not make costs Redis nothing. */
function idOf(cookie: string | null, macOf: (id: string) => string): string | null {
  const [, id, mac] = /^([\w-]{43})\.([\w-]{22})$/.exec(cookie ?? '') ?? [];
  if (id === undefined || mac === undefined) return null;
  return timingSafeEqual(Buffer.from(macOf(id)), Buffer.from(mac)) ? id : null;
}
