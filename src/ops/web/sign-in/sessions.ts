import { randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Config, Role } from '../../../config.js';
import type { Clock } from '../../../platform/clock.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { verifyPassword } from '../../../platform/secrets.js';
import type { Vault } from '../../../platform/vault.js';
import { openSealed } from '../../shared/browser.js';

/** A signed-in user. */
export interface User {
  /** Unique; used in logs and the journal. Never an e-mail address. */
  readonly name: string;
  /** From the configuration as it is now, not at sign-in. */
  readonly role: Role;
}

/** Whether the user has the role; operators have a reader's rights too. */
export const hasRole = (user: User | null, role: Role): boolean =>
  user !== null && (role === 'lecture' || user.role === 'operateur');

/** A configured user, who may sign in. */
export interface Account extends User {
  readonly via: 'password' | 'oidc';
  /** Changes with the password or the configured entry, which ends the account's sessions. */
  readonly stamp: string;
}

/** What the identity provider says about a user. */
export interface Identity {
  readonly sub: string;
  /** Null unless verified. */
  readonly email: string | null;
}

/** Returns the form in which names and addresses are compared: trimmed, NFC, lower case. */
export const foldName = (text: string): string => text.trim().normalize('NFC').toLowerCase();

/** Returns the configured accounts: `OPS_USERS`, `OIDC_OPERATORS`, `OIDC_READERS`. */
export function createAccounts({ opsUsers, ops }: Pick<Config, 'opsUsers' | 'ops'>, vault: Vault) {
  const stampOf = (...entry: readonly string[]): string => vault.fingerprint(entry.join('\0'), 'ops account');
  const withPassword = opsUsers.map(({ name, by, hash, role }) => {
    const account: Account = { name: by, role, via: 'password', stamp: stampOf(name, hash) };
    return { name: foldName(name), hash, account };
  });
  const { issuer, people } = ops.oidc ?? { issuer: '', people: [] };
  const withOidc = people.map(({ entry, by, role }) => {
    const account: Account = { name: by, role, via: 'oidc', stamp: stampOf(issuer, entry) };
    return { entry, account };
  });
  const findByName = (name: string) => withPassword.find((one) => one.name === foldName(name));
  return {
    /** Checks a password. An unknown name takes as long as a wrong password; both give null. */
    async byPassword(name: string, password: string): Promise<Account | null> {
      const match = findByName(name);
      const hash = (match ?? withPassword[0])?.hash;
      // For an unknown name, another user's hash is checked.
      const isRight = hash !== undefined && (await verifyPassword(hash, password));
      return isRight ? (match?.account ?? null) : null;
    },
    /** Finds an identity's account; an entry by `sub` wins over one by address. Null: not configured. */
    byIdentity({ sub, email }: Identity): Account | null {
      const bySub = withOidc.find(({ entry }) => !isAddress(entry) && entry === sub);
      const byAddress = ({ entry }: { readonly entry: string }): boolean =>
        isAddress(entry) && email !== null && foldName(entry) === foldName(email);
      return (bySub ?? withOidc.find(byAddress))?.account ?? null;
    },
    /** Returns an account's name. Null when unknown: the user may have typed a password or an address. */
    nameForLog: (name: string): string | null => findByName(name)?.account.name ?? null,
    /** Returns the account if it is still configured and unchanged; null: its sessions have ended. */
    current: (name: string, stamp: string): Account | null =>
      [...withPassword, ...withOidc].find(({ account }) => account.name === name && account.stamp === stamp)
        ?.account ?? null,
  };
}

/** Whether an entry is an address; others are a `sub`, compared exactly (OpenID Connect Core, 5.7). */
const isAddress = (entry: string): boolean => entry.includes('@');

/** The longest session, even in constant use. */
export const SESSION_MS = 12 * 3_600_000;
/** The longest time between two requests of a session. */
const IDLE_MS = 30 * 60_000;

/** A valid session. */
export interface Session {
  /** Secret: the cookie is this id and its MAC. */
  readonly id: string;
  readonly user: User;
  /** Sent to the identity provider at sign-out. */
  readonly idToken: string | null;
}

const sessionRecord = z.object({
  name: z.string(),
  stamp: z.string(),
  endsMs: z.number(),
  idToken: z.string().nullable(),
});

/**
 * Stores the sessions of all web processes in Redis; every call rejects while Redis is away. Records are sealed
 * under `PALIER_KEY`: access to Redis reveals no name, and opens no session.
 */
export function createSessions(
  redis: RedisConnection,
  prefix: string,
  vault: Vault,
  accounts: Pick<ReturnType<typeof createAccounts>, 'current'>,
  clock: Clock,
) {
  const key = (id: string): string => `${prefix}:session:{${id}}`;
  const macOf = (id: string): string => vault.fingerprint(id, 'ops session');

  return {
    /** Starts a session under a new id; resolves with the cookie's value. */
    async start({ name, stamp }: Account, idToken: string | null): Promise<string> {
      const id = randomBytes(32).toString('base64url');
      const record: z.input<typeof sessionRecord> = { name, stamp, endsMs: clock() + SESSION_MS, idToken };
      await redis.set(key(id), vault.seal(JSON.stringify(record), `session ${id}`), 'PX', IDLE_MS);
      return `${id}.${macOf(id)}`;
    },
    /** Finds a cookie's session, and restarts its idle time. Null: not our cookie, or the session ended. */
    async find(cookie: string | null): Promise<Session | null> {
      const id = idOf(cookie, macOf);
      if (id === null) return null;
      const data = openSealed(vault, await redis.get(key(id)), `session ${id}`, sessionRecord);
      const user = data === null ? null : accounts.current(data.name, data.stamp);
      if (data === null || user === null || data.endsMs <= clock()) return null;
      // While Redis refuses writes, pages are still served, and say so.
      await redis.pexpire(key(id), Math.min(IDLE_MS, data.endsMs - clock())).catch(() => 0);
      return { id, user, idToken: data.idToken };
    },
    /** Ends a session at once, in every process. Idempotent. */
    async end(id: string): Promise<void> {
      await redis.del(key(id));
    },
  };
}

/** Returns the id in a cookie if its MAC is ours, so that a forged cookie costs Redis nothing. */
function idOf(cookie: string | null, macOf: (id: string) => string): string | null {
  const [, id, mac] = /^([\w-]{43})\.([\w-]{22})$/.exec(cookie ?? '') ?? [];
  if (id === undefined || mac === undefined) return null;
  return timingSafeEqual(Buffer.from(macOf(id)), Buffer.from(mac)) ? id : null;
}
