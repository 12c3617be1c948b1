import { timingSafeEqual } from 'node:crypto';
import type { Config, OidcPerson, OpsAccount } from '../../../config.js';
import { verifyPassword } from '../../../platform/secrets.js';
import type { Vault } from '../../../platform/vault.js';
import type { User } from '../parts/frame.js';

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

export interface Accounts {
  /** An unknown name takes as long as a wrong password, and both are null. */
  byPassword(name: string, password: string): Promise<Account | null>;
  /** An entry by `sub` wins over one by address. Null: not in the configuration. */
  byIdentity(identity: Identity): Account | null;
  /** The account's name for the log; null: what was typed may be a password, or an address. */
  known(name: string): string | null;
  /** The account if it is still there, unchanged; else its sessions have ended. */
  current(name: string, stamp: string): Account | null;
}

/** A name or an address as it is compared: white space, letter case and Unicode form make no difference. */
export const foldName = (text: string): string => text.trim().normalize('NFC').toLowerCase();

/** The people of the configuration: `OPS_USERS`, `OIDC_OPERATORS`, `OIDC_READERS`. */
export function createAccounts({ opsUsers, ops }: Pick<Config, 'opsUsers' | 'ops'>, vault: Vault): Accounts {
  const mark = (text: string): Buffer => Buffer.from(vault.fingerprint(foldName(text), 'ops name'));
  const typed = opsUsers.map((user) => ({
    mark: mark(user.name),
    hash: user.hash,
    account: passwordAccount(user, vault),
  }));
  const { issuer, people } = ops.oidc ?? { issuer: '', people: [] };
  const listed = people.map((person) => ({
    entry: person.entry,
    account: oidcAccount(issuer, person, vault),
  }));
  const all = [...typed, ...listed].map(({ account }) => account);
  const named = (name: string) => {
    const asked = mark(name);
    return typed.filter((one) => timingSafeEqual(one.mark, asked))[0] ?? null;
  };
  return {
    async byPassword(name, password) {
      const found = named(name);
      const hash = (found ?? typed[0])?.hash;
      // One password is checked whether or not there is such a name.
      const good = hash !== undefined && (await verifyPassword(hash, password));
      return good ? (found?.account ?? null) : null;
    },
    byIdentity({ sub, email }) {
      const bySub = listed.find(({ entry }) => !isAddress(entry) && entry === sub);
      const byAddress = ({ entry }: { readonly entry: string }): boolean =>
        isAddress(entry) && email !== null && foldName(entry) === foldName(email);
      return (bySub ?? listed.find(byAddress))?.account ?? null;
    },
    known: (name) => named(name)?.account.name ?? null,
    current: (name, stamp) => all.find((one) => one.name === name && one.stamp === stamp) ?? null,
  };
}

/** All other entries are a `sub`, compared letter by letter (OpenID Connect Core, 5.7). */
const isAddress = (entry: string): boolean => entry.includes('@');

const passwordAccount = ({ name, by, hash, role }: OpsAccount, vault: Vault): Account => ({
  name: by,
  role,
  via: 'password',
  stamp: vault.fingerprint(`${name}\0${hash}`, 'ops account'),
});

const oidcAccount = (issuer: string, { entry, by, role }: OidcPerson, vault: Vault): Account => ({
  name: by,
  role,
  via: 'oidc',
  stamp: vault.fingerprint(`${issuer}\0${entry}`, 'ops account'),
});
