import type { AssertionId, EarnerKey } from '../ids.js';
import type { Vault } from '../platform/vault.js';
import { RecordError } from '../record/error.js';
import type { Assertion } from './assertion.js';
import type { BadgeBook, ClientBadge } from './badge-book.js';
import { changeBetween, withAssertion, type Told } from './change.js';
import { updatedContact, type Contact } from './contact.js';
import type { AmendPortfolio } from './links.js';

export interface NewAssertion {
  readonly earner: EarnerKey;
  readonly contact: Contact;
  readonly assertion: Assertion;
  /** When OBF recorded it, Unix seconds; null where it does not say. */
  readonly recordedS?: number | null;
  /** Whether it is one of the Région's own badges. */
  readonly own?: boolean;
}

/** What an assertion changed in a portfolio; null: nothing. */
export type AssertionChange = 'new' | 'revoked' | 'changed' | null;

/** An assertion that is in its portfolio now. */
export interface WrittenAssertion extends NewAssertion {
  readonly change: AssertionChange;
}

/** What writing assertions takes. */
export interface Upserting {
  readonly book: BadgeBook;
  readonly amend: AmendPortfolio;
  readonly vault: Vault;
  readonly fingerprint: (id: AssertionId) => string;
}

/** Of some of them Redis holds what cannot be read: to them nothing was written, to the others it was. */
export class SomeUnreadable extends RecordError {
  constructor(
    readonly stored: readonly WrittenAssertion[],
    readonly unreadable: readonly EarnerKey[],
  ) {
    super(`What Redis holds of ${unreadable.length} earner(s) cannot be read (${unreadable.join(', ')})`);
  }
}

/** How many earners are written at a time: enough to fill the wire, few enough to keep memory flat. */
const CHUNK = 500;

/** See `PortfolioStore`. */
export async function upsert(
  parts: Upserting,
  found: readonly NewAssertion[],
  generation: number | null,
): Promise<readonly WrittenAssertion[]> {
  const stored: WrittenAssertion[] = [];
  const unreadable = new Set<EarnerKey>();
  const cannotRead = (earner: EarnerKey): void => void unreadable.add(earner);
  for (let at = 0; at < found.length; at += CHUNK) {
    const chunk = found.slice(at, at + CHUNK);
    stored.push(...(await upsertChunk(parts, chunk, generation, cannotRead)));
  }
  if (unreadable.size > 0) throw new SomeUnreadable(stored, [...unreadable]);
  return stored;
}

async function upsertChunk(
  parts: Upserting,
  chunk: readonly NewAssertion[],
  generation: number | null,
  cannotRead: (earner: EarnerKey) => void,
): Promise<readonly WrittenAssertion[]> {
  const writeAll = async (numbers: Numbers): Promise<readonly WrittenAssertion[]> => {
    const written = chunk.map((one) =>
      write(parts, one, toldOf(parts, one, generation, numbers)).catch((error: unknown) => {
        if (!(error instanceof RecordError)) throw error;
        cannotRead(one.earner);
        return [];
      }),
    );
    return (await Promise.all(written)).flat();
  };
  const before = await numbersOf(chunk, parts.book.numberOf);
  const stored = await writeAll(before);
  // A Redis that was emptied meanwhile has forgotten the badges, and not what was written after.
  const after = await numbersOf(chunk, parts.book.enter);
  const isTold = [...before.keys()].every((name) => after.has(name));
  return isTold ? stored : writeAll(after);
}

async function write(
  { amend, vault }: Upserting,
  one: NewAssertion,
  told: Told,
): Promise<readonly WrittenAssertion[]> {
  let isKept = false;
  let change: AssertionChange = null;
  await amend(one.earner, (kept) => {
    const after = withAssertion(kept, told, (known) => updatedContact(vault, one.earner, known, one.contact));
    isKept = after !== null;
    change = after === null ? null : changeBetween(kept, after, one.assertion.id);
    return after ?? kept;
  });
  return isKept ? [{ ...one, change }] : [];
}

type Numbers = ReadonlyMap<string, number>;

const nameOf = ({ clientId, badgeId }: ClientBadge): string => JSON.stringify([clientId, badgeId]);

/** Asks for every badge once: an event is of one badge. Those that another one's number stands for have none. */
async function numbersOf(found: readonly NewAssertion[], ask: BadgeBook['enter']): Promise<Numbers> {
  const badges = new Map(found.map(({ assertion }) => [nameOf(assertion), assertion]));
  const numbers = new Map<string, number>();
  for (const [name, badge] of badges) {
    const number = await ask(badge);
    if (number !== null) numbers.set(name, number);
  }
  return numbers;
}

function toldOf(
  { fingerprint }: Upserting,
  { assertion, recordedS = null, own = false }: NewAssertion,
  generation: number | null,
  numbers: Numbers,
): Told {
  const { clientId, badgeId, ...rest } = assertion;
  return {
    assertion: { ...rest, badge: numbers.get(nameOf(assertion)) ?? { clientId, badgeId } },
    fingerprint: fingerprint(assertion.id),
    recordedS,
    own,
    generation,
  };
}
