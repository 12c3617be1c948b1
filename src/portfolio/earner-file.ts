import { asEarnerKey, type EarnerKey } from '../ids.js';
import type { Assertion } from './assertion.js';
import type { BadgeBook } from './badge-book.js';
import { erasedAt } from './change.js';
import { CodecError, decodePortfolio } from './codec.js';
import type { KeptAssertion } from './kept.js';

/**
 * Begins what an address points to while its person is being erased; the person's key follows. Nobody is
 * read under such a key, so nothing is given to them.
 */
export const ERASING = 'erasing.';

/** What is kept of one address, but for the address itself. */
export interface EarnerFile {
  /** In no order. */
  readonly assertions: readonly Assertion[];
  /** Null: this address stands for the person. */
  readonly linkedTo: EarnerKey | null;
  /** The addresses that were linked to this one. */
  readonly linked: readonly EarnerKey[];
  /** The key of the person whose erasure has begun, and is to be ended; null: nobody's. */
  readonly erasing: EarnerKey | null;
  /** 0: nothing new was stored since the rules in force. */
  readonly touched: number;
  /** When the person was erased, Unix seconds; null: never. */
  readonly erasedAtS: number | null;
}

/** A badge that this process has not learned of, or Redis has forgotten. */
export class UnknownBadge extends CodecError {
  constructor() {
    super(
      'What Redis holds of an earner names a badge that it does not know; `npx palier reconcile --full` enters it again',
    );
  }
}

/**
 * @param portfolio as it stands in the earner's record
 * @throws RecordError when it is of an unknown form, UnknownBadge when `book` is to learn first
 */
export function earnerFileOf(portfolio: Buffer, book: Pick<BadgeBook, 'find'>): EarnerFile {
  const { assertions, linkedTo: of, linked, touched, gone } = decodePortfolio(portfolio);
  return {
    assertions: assertions.map((one) => assertionOf(one, book)),
    linkedTo: of === null ? null : asEarnerKey(of),
    linked: linked.length < 2 ? linked : linked.toSorted(),
    erasing: of?.startsWith(ERASING) === true ? asEarnerKey(of.slice(ERASING.length)) : null,
    touched,
    erasedAtS: gone === null ? null : erasedAt(gone),
  };
}

function assertionOf(kept: KeptAssertion, book: Pick<BadgeBook, 'find'>): Assertion {
  const badge = typeof kept.badge === 'number' ? book.find(kept.badge) : kept.badge;
  if (badge === null) throw new UnknownBadge();
  return {
    id: kept.id,
    clientId: badge.clientId,
    badgeId: badge.badgeId,
    eventId: kept.eventId,
    issuedOnS: kept.issuedOnS,
    expiresOnS: kept.expiresOnS,
    revoked: kept.revoked,
  };
}

/** What `read` reads; when it meets a badge that is not known, the book learns, and it reads once more. */
export async function withBook<T>(book: Pick<BadgeBook, 'learn'>, read: () => T): Promise<T> {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnknownBadge)) throw error;
    await book.learn();
    return read();
  }
}
