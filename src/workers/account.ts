import { z } from 'zod';
import { isGiving, type JournalEntry } from '../earners/journal-entry.js';
import type { EarnerStore } from '../earners/store.js';
import {
  asAssertionId,
  asAwardId,
  asEarnerKey,
  asSchemeVersion,
  type BadgeId,
  type EarnerKey,
  type EventId,
} from '../ids.js';
import type { Journal } from '../journal/journal.js';
import type { ObfAccount } from '../obf/types.js';
import type { NewAssertion } from '../earners/assertions.js';
import type { Schemes } from '../scheme/schemes.js';
import type { EventToStore } from './read-event.js';

/** An entry of which little is known. */
export const entryOf = (
  kind: JournalEntry['kind'],
  atS: number,
  rest: Partial<JournalEntry>,
): JournalEntry => ({
  earner: null,
  award: null,
  badgeId: null,
  assertions: [],
  cause: null,
  version: null,
  event: null,
  detail: null,
  ...rest,
  kind,
  atS,
});

/** What we wrote into OBF with an award. Parts that an older Palier did not write may be missing. */
const note = z.object({
  by: z.literal('palier'),
  award: z.string().nullable().default(null),
  rule_version: z.string().nullable().default(null),
  rule_versions: z.record(z.string(), z.string()).default({}),
  assertions: z.record(z.string(), z.array(z.string())).default({}),
  causes: z.record(z.string(), z.string().nullable()).default({}),
});
export type Note = z.output<typeof note>;

/** Our note, as OBF gives it back; null for what somebody gave by hand. */
export const noteIn = (logEntry: unknown): Note | null => note.safeParse(logEntry).data ?? null;

export interface Accounting {
  readonly journal: Pick<Journal, 'write'>;
  /** The Région's own. */
  readonly account: ObfAccount;
  readonly earners: Pick<EarnerStore, 'read'>;
  readonly schemes: Pick<Schemes, 'now'>;
}

/**
 * An event of the Région's account that no journal tells of (given by hand, or by us before a reply or all of Redis
 * was lost) is entered as OBF tells it. Costs one call, once an event.
 */
export async function accountForEvent(
  { journal, account, earners, schemes }: Accounting,
  event: EventToStore,
  found: readonly NewAssertion[],
  signal: AbortSignal,
): Promise<void> {
  const untold = (await Promise.all(found.map((one) => untoldOf(earners, event, one)))).flat();
  if (untold.length === 0) return;
  const { logEntry } = await account.event(event.id, signal);
  const written = noteIn(logEntry);
  const { awards } = (await schemes.now()).scheme;
  const award = awards.find(({ badgeId }) => badgeId === event.badgeId)?.id ?? null;
  const entries = untold.map(async ({ earner, person, issuedOnS }) => {
    if (written === null)
      return [entryOf('found', issuedOnS, { earner, award, badgeId: event.badgeId, event: event.id })];
    if (await isToldOfAnother(earners, event, written, person)) return [];
    return [issuedAsNoted(written, person, event, event.createdS ?? issuedOnS)];
  });
  await journal.write((await Promise.all(entries)).flat());
}

interface Untold {
  readonly earner: EarnerKey;
  /** Our note speaks of people; the badge went to one of their addresses. */
  readonly person: EarnerKey;
  readonly issuedOnS: number;
}

const tellsOf = (event: EventId, journal: readonly JournalEntry[]): boolean =>
  journal.some((entry) => entry.event === event && isGiving(entry));

/** None when it is told already, or was before an erasure. */
async function untoldOf(
  earners: Pick<EarnerStore, 'read'>,
  { id, createdS }: EventToStore,
  { earner, assertion: { issuedOnS } }: NewAssertion,
): Promise<readonly Untold[]> {
  const record = await earners.read(earner);
  const { tombstone, linkedTo } = record;
  if (tombstone !== null && (createdS ?? issuedOnS) <= tombstone.erasedAtS) return [];
  const journals = [record, ...(linkedTo === null ? [] : [await earners.read(linkedTo)])];
  const isTold = journals.some(({ journal }) => tellsOf(id, journal));
  return isTold ? [] : [{ earner, person: linkedTo ?? earner, issuedOnS }];
}

/** Whether the note names others, of whom one tells of it: an address that was unlinked since. */
async function isToldOfAnother(
  earners: Pick<EarnerStore, 'read'>,
  { id }: EventToStore,
  { assertions }: Note,
  person: EarnerKey,
): Promise<boolean> {
  const named = Object.keys(assertions).map(asEarnerKey);
  if (named.includes(person)) return false;
  for (const one of named) if (tellsOf(id, (await earners.read(one)).journal)) return true;
  return false;
}

function issuedAsNoted(
  written: Note,
  earner: EarnerKey,
  { id, badgeId }: { readonly id: EventId; readonly badgeId: BadgeId },
  atS: number,
): JournalEntry {
  const version = written.rule_versions[earner] ?? written.rule_version;
  return entryOf('issued', atS, {
    earner,
    badgeId,
    event: id,
    award: written.award === null ? null : asAwardId(written.award),
    version: version === null ? null : asSchemeVersion(version),
    assertions: (written.assertions[earner] ?? []).map(asAssertionId),
    cause: written.causes[earner] ?? null,
  });
}
