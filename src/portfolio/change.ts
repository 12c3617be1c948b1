import type { AssertionId } from '../ids.js';
import type { Vault } from '../platform/vault.js';
import { NOTHING_KEPT, type KeptAssertion, type KeptPortfolio } from './kept.js';

/** An assertion as OBF told it, and what else must be known to keep it. */
export interface Told {
  readonly assertion: KeptAssertion;
  /** Of its id. */
  readonly fingerprint: string;
  /** When OBF recorded it, Unix seconds; null where it does not say. */
  readonly recordedS: number | null;
  /** Whether it is one of the Région's own badges. */
  readonly own: boolean;
  /** Of the change of the rules under way, for whom this is news; null: none. */
  readonly generation: number | null;
}

/**
 * Pure. A portfolio, an assertion more. A revocation once seen stays; what a credential does not say of its
 * event, and its date, stay as OBF's API told them. The mark of a change is set with what is new, in one step.
 * @param contact of what is known, and was told
 * @returns null when the person was erased, and this is of before
 */
export function withAssertion(
  kept: KeptPortfolio,
  told: Told,
  contact: (known: Buffer | null) => Buffer,
): KeptPortfolio | null {
  if (isOfBefore(kept, told)) return null;
  const { assertion, generation } = told;
  const before = kept.assertions.find(({ id }) => id === assertion.id);
  const now = joined(before, assertion);
  const isNews = before === undefined || (now.revoked && !before.revoked);
  const touched = generation !== null && isNews ? Math.max(generation, kept.touched) : kept.touched;
  const updated = contact(kept.contact);
  if (before !== undefined && isSame(before, now) && touched === kept.touched && updated === kept.contact)
    return kept;
  const assertions =
    before === undefined
      ? [...kept.assertions, now]
      : kept.assertions.map((one) => (one === before ? now : one));
  return { ...kept, contact: updated, assertions, touched };
}

function joined(before: KeptAssertion | undefined, read: KeptAssertion): KeptAssertion {
  if (before === undefined) return read;
  const isOfApi = read.eventId === null && before.eventId !== null;
  const known = isOfApi ? { ...before, expiresOnS: read.expiresOnS } : read;
  // The badge is the same one; only how it is written may differ.
  return { ...known, badge: read.badge, revoked: before.revoked || read.revoked };
}

/** Pure: what became of an assertion. */
export function changeBetween(
  before: KeptPortfolio,
  after: KeptPortfolio,
  id: AssertionId,
): 'new' | 'revoked' | 'changed' | null {
  const [was, is] = [before, after].map(({ assertions }) => assertions.find((one) => one.id === id));
  if (is === undefined || was === is) return null;
  if (was === undefined) return 'new';
  if (is.revoked && !was.revoked) return 'revoked';
  return isSame(was, is) ? null : 'changed';
}

const isSame = (a: KeptAssertion, b: KeptAssertion): boolean =>
  JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b));
const inOrder = ({ badge, eventId, issuedOnS, expiresOnS, revoked }: KeptAssertion): readonly unknown[] => [
  typeof badge === 'number' ? badge : [badge.clientId, badge.badgeId],
  eventId,
  issuedOnS,
  expiresOnS,
  revoked,
];

/** The Région's own comes back with whoever comes back: it must be known what they hold. */
function isOfBefore({ gone, contact }: KeptPortfolio, { fingerprint, recordedS, own }: Told): boolean {
  if (gone === null) return false;
  const isKnown = keepsOut(gone, fingerprint);
  if (own) return isKnown && contact === null;
  return isKnown || (recordedS !== null && recordedS <= erasedAt(gone));
}

/** When a tombstone was left, Unix seconds. */
export const erasedAt = (gone: string): number => Number.parseInt(gone, 10);
/** Whether a tombstone names this assertion. */
export const keepsOut = (gone: string, fingerprint: string): boolean => gone.includes(` ${fingerprint}`);

/** Enough to tell one person's assertions apart. */
const FINGERPRINT = 8;

/** What stands for an assertion in a tombstone. */
export const fingerprinting =
  (vault: Vault) =>
  (id: AssertionId): string =>
    vault.fingerprint(id, 'assertion').slice(0, FINGERPRINT);

/** Pure. The same when this earner does not have it, or has it as revoked. */
export function withRevoked(kept: KeptPortfolio, id: AssertionId): KeptPortfolio {
  if (!kept.assertions.some((one) => one.id === id && !one.revoked)) return kept;
  const assertions = kept.assertions.map((one) => (one.id === id ? { ...one, revoked: true } : one));
  return { ...kept, assertions };
}

/** Pure. Nothing but a tombstone, which keeps out what is of before `atS`, and what the earlier one kept out. */
export function erased(
  { gone, assertions }: KeptPortfolio,
  atS: number,
  fingerprintOf: (id: AssertionId) => string,
): KeptPortfolio {
  const before = gone?.split(' ').slice(1) ?? [];
  const fingerprints = new Set([...before, ...assertions.map(({ id }) => fingerprintOf(id))]);
  return { ...NOTHING_KEPT, gone: [String(atS), ...fingerprints].join(' ') };
}
