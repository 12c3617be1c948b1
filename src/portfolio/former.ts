import { z } from 'zod';
import { asAssertionId, asBadgeId, asClientId, asEarnerKey, asEventId, type EarnerKey } from '../ids.js';
import type { Vault } from '../platform/vault.js';
import { jsonIn } from '../record/json.js';
import type { Assertion } from './assertion.js';
import { CodecError } from './codec.js';
import { sealContact } from './contact.js';

/**
 * How a portfolio was kept before 2026-12: one hash an address, with the sealed address and name, `of` (the
 * person it is linked to), `touched`, `gone`, and `a:<id>` (an assertion), `x:<id>` (its revocation), `l:<key>`
 * (a linked address). It is read to be taken over (workers/take-over.ts), and never written.
 */
export const formerPortfolioKey = (prefix: string, earner: EarnerKey): string =>
  `${prefix}:earner:{${earner}}`;

/** What such a hash says. */
export interface FormerPortfolio {
  /** Sealed, each on its own. */
  readonly address: string | null;
  readonly name: string | null;
  readonly assertions: readonly Assertion[];
  readonly linkedTo: string | null;
  readonly linked: readonly EarnerKey[];
  readonly touched: number;
  readonly gone: string | null;
}

/** @throws CodecError when something in it is of no form that was ever written */
export function readFormer(fields: Readonly<Record<string, string>>): FormerPortfolio {
  const after = (start: string): string[] =>
    Object.keys(fields).flatMap((field) => (field.startsWith(start) ? field.slice(start.length) : []));
  const touched = Number(fields['touched'] ?? 0);
  if (!Number.isSafeInteger(touched))
    throw new CodecError('What Redis holds of an earner cannot be told apart');
  return {
    address: fields['address'] ?? null,
    name: fields['name'] ?? null,
    assertions: after('a:').map((id) =>
      decodeFormer(id, fields[`a:${id}`] ?? '', fields[`x:${id}`] !== undefined),
    ),
    linkedTo: fields['of'] ?? null,
    linked: after('l:').map(asEarnerKey),
    touched,
    gone: fields['gone'] ?? null,
  };
}

const form = z.tuple([
  z.literal(1),
  z.string(),
  z.string(),
  z.string().nullable(),
  z.int(),
  z.int().nullable(),
]);

function decodeFormer(id: string, text: string, revoked: boolean): Assertion {
  const read = form.safeParse(jsonIn(text));
  if (!read.success) throw new CodecError(`Assertion ${id} in Redis is of an unknown form`);
  const [, clientId, badgeId, eventId, issuedOnS, expiresOnS] = read.data;
  return {
    id: asAssertionId(id),
    clientId: asClientId(clientId),
    badgeId: asBadgeId(badgeId),
    eventId: eventId === null ? null : asEventId(eventId),
    issuedOnS,
    expiresOnS,
    revoked,
  };
}

/** Both in one, sealed anew. @throws VaultError when one of them cannot be opened */
export function formerContact(
  vault: Vault,
  earner: EarnerKey,
  { address, name }: Pick<FormerPortfolio, 'address' | 'name'>,
): Buffer | null {
  if (address === null) return null;
  return sealContact(vault, earner, {
    address: vault.open(address, earner),
    name: name === null ? null : vault.open(name, earner),
  });
}
