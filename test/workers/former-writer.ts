import fc from 'fast-check';
import {
  asAssertionId,
  asBadgeId,
  asBatchId,
  asClientId,
  asEarnerKey,
  asEventId,
  type EventId,
  type EarnerKey,
} from '../../src/ids.js';
import type { AwardRecord } from '../../src/issuing/award-record.js';
import type { RedisConnection } from '../../src/platform/redis.js';
import type { Vault } from '../../src/platform/vault.js';
import type { Assertion } from '../../src/portfolio/assertion.js';
import type { EarnerFile } from '../../src/portfolio/earner-file.js';
import type { Contact } from '../../src/portfolio/store.js';

/** What Palier 0.1.0 kept of one address. */
export interface Former extends EarnerFile {
  readonly contact: Contact | null;
  readonly records: ReadonlyMap<string, AwardRecord>;
}

/** Writes it to the letter as Palier 0.1.0 did. */
export async function writeFormer(
  redis: RedisConnection,
  prefix: string,
  vault: Vault,
  earner: EarnerKey,
  former: Former,
): Promise<void> {
  const { contact, assertions, linkedTo, linked, touched, erasedAtS, records } = former;
  const fields: Record<string, string> = {
    ...(contact === null ? {} : { address: vault.seal(contact.address, earner) }),
    ...(contact === null || contact.name === null ? {} : { name: vault.seal(contact.name, earner) }),
    ...Object.fromEntries(assertions.map((a) => [`a:${a.id}`, textOf(a)])),
    ...Object.fromEntries(assertions.flatMap((a) => (a.revoked ? [[`x:${a.id}`, '1']] : []))),
    ...(linkedTo === null ? {} : { of: linkedTo }),
    ...Object.fromEntries(linked.map((key) => [`l:${key}`, '1'])),
    ...(touched === 0 ? {} : { touched: String(touched) }),
    ...(erasedAtS === null ? {} : { gone: `${erasedAtS} ${fingerprint(vault, GONE)}` }),
  };
  if (Object.keys(fields).length > 0) await redis.hset(`${prefix}:earner:{${earner}}`, fields);
  const texts = [...records].map(([badge, record]) => [badge, JSON.stringify(record)] as const);
  if (texts.length > 0) await redis.hset(`${prefix}:ledger:{${earner}}`, Object.fromEntries(texts));
}

/** The assertion that every tombstone keeps out. */
export const GONE = asAssertionId('ffffffffffffffffffffffffffffffffffffffff');
const fingerprint = (vault: Vault, id: string): string => vault.fingerprint(id, 'assertion').slice(0, 8);

const textOf = ({ clientId, badgeId, eventId, issuedOnS, expiresOnS }: Assertion): string =>
  JSON.stringify([1, clientId, badgeId, eventId, issuedOnS, expiresOnS]);

const key = fc.stringMatching(/^[\w-]{22}$/).map(asEarnerKey);
const event = fc.stringMatching(/^\w{12,13}$/).map(asEventId);
const atS = fc.integer({ min: 1_600_000_000, max: 1_900_000_000 });
const assertion: fc.Arbitrary<Assertion> = fc.record({
  id: fc.oneof(fc.stringMatching(/^[0-9a-f]{40}$/), fc.stringMatching(/^\w{1,9}$/)).map(asAssertionId),
  clientId: fc.constantFrom('P1', 'P2', 'é').map(asClientId),
  badgeId: fc.constantFrom('B1', 'B2', 'TQ3X7ZaPK4MaB').map(asBadgeId),
  eventId: fc.option(event),
  issuedOnS: fc.oneof(
    atS,
    atS.map((second) => second - (second % 3600)),
  ),
  expiresOnS: fc.option(atS),
  revoked: fc.boolean(),
});
const always = {
  atS,
  forgiven: fc.oneof(fc.constant<EventId[]>([]), fc.array(event, { minLength: 1, maxLength: 2 })),
};
export const formerRecord: fc.Arbitrary<AwardRecord> = fc.oneof(
  fc.record({ ...always, state: fc.constant('issued' as const), event }),
  fc.record({ ...always, state: fc.constant('revoking' as const), event }),
  fc.record({ ...always, cause: fc.constant('webhook.event.P1.E1'), state: fc.constant('due' as const) }),
  fc.record({
    ...always,
    state: fc.constantFrom('claimed' as const, 'unknown' as const),
    batch: fc.uuid().map(asBatchId),
  }),
  fc.record({ ...always, state: fc.constant('refused' as const), why: fc.string() }),
  fc.record({
    ...always,
    state: fc.constantFrom('revoked' as const, 'blocked' as const, 'withdrawn' as const),
  }),
);

export const former: fc.Arbitrary<Former> = fc.record({
  contact: fc.option(fc.record({ address: fc.emailAddress(), name: fc.option(fc.string()) }), { freq: 9 }),
  assertions: fc.uniqueArray(assertion, { selector: ({ id }) => id, maxLength: 9 }),
  linkedTo: fc.option(key),
  linked: fc.uniqueArray(key, { maxLength: 3 }).map((keys) => keys.toSorted()),
  erasing: fc.constant(null),
  touched: fc.nat({ max: 9 }),
  erasedAtS: fc.option(atS),
  records: fc
    .array(fc.tuple(fc.constantFrom('R1', 'R2', 'R3', 'é è'), formerRecord), { maxLength: 4 })
    .map((entries) => new Map(entries)),
});
