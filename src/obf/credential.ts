import { z } from 'zod';
import type { AssertionId, BadgeId, ClientId, EventId } from '../ids.js';
import type { Recipient } from './recipient-hash.js';
import { inSeconds } from './wire.js';

/** What a hosted credential says. Times are Unix seconds. */
export interface HostedAssertion {
  readonly revokedOnly: false;
  readonly assertionId: AssertionId;
  readonly clientId: ClientId;
  readonly badgeId: BadgeId;
  /** Null where the credential does not name it. */
  readonly eventId: EventId | null;
  readonly issuedOnS: number;
  readonly expiresOnS: number | null;
  readonly revoked: boolean;
}

/**
 * OBF says that it is revoked, and as a rule nothing else: not even whose it was. It serves to mark an
 * assertion that is known already; an unknown one has nothing to count.
 */
export interface RevokedAssertion {
  readonly revokedOnly: true;
  readonly assertionId: AssertionId;
}

export type HostedCredential = HostedAssertion | RevokedAssertion;

/** What both formats come to. Addresses in it are as the credential gives them, not yet checked. */
export interface ParsedCredential {
  readonly id: string;
  readonly recipients: readonly Recipient[];
  readonly issuedOnS: number;
  readonly expiresOnS: number | null;
}

/** An ISO 8601 instant or date, or Unix seconds (or milliseconds). */
export const instantS = z.union([z.number(), z.string()]).transform((value, ctx) => {
  const seconds =
    typeof value === 'number' || /^\d+$/.test(value)
      ? inSeconds(Number(value))
      : Math.floor(Date.parse(value) / 1000);
  if (Number.isSafeInteger(seconds)) return seconds;
  ctx.addIssue({ code: 'custom', message: 'neither an ISO 8601 date nor Unix seconds' });
  return z.NEVER;
});

/** JSON-LD writes a list of one as the one. */
export const oneOrMany = <T extends z.ZodType>(schema: T) =>
  z.union([z.array(schema).max(50), schema.transform((one) => [one])]);

export const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
