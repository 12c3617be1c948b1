import { z } from 'zod';
import type { Audit, AuditEntry } from '../audit/types.js';
import {
  asAssertionId,
  asAwardId,
  asSchemeVersion,
  type BadgeId,
  type EarnerKey,
  type EventId,
} from '../ids.js';
import type { DueAwards } from '../issuing/types.js';
import type { ObfAccount } from '../obf/types.js';
import type { NewAssertion, PortfolioStore } from '../portfolio/store.js';
import type { Schemes } from './schemes.js';
import type { EventToStore } from './read-event.js';

/** An entry of which little is known. */
export const entryOf = (kind: AuditEntry['kind'], atS: number, rest: Partial<AuditEntry>): AuditEntry => ({
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

/** What is told of everyone in a batch, by what it was decided on. */
export const entriesOf = (
  kind: 'issued' | 'refused',
  atS: number,
  badgeId: BadgeId,
  due: DueAwards,
  rest: Pick<Partial<AuditEntry>, 'event' | 'detail'>,
): readonly AuditEntry[] =>
  [...due].map(([earner, { award, version, earnedBy, cause }]) =>
    entryOf(kind, atS, { earner, award, badgeId, version, cause, assertions: earnedBy, ...rest }),
  );

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
  readonly audit: Audit;
  /** The Région's own. */
  readonly account: ObfAccount;
  readonly portfolios: Pick<PortfolioStore, 'read'>;
  readonly schemes: Pick<Schemes, 'now'>;
}

/**
 * An event of the Région's account that the account does not know of (given by hand, or by us before a
 * reply or all of Redis was lost) is entered as OBF tells it. Costs one call, once an event.
 */
export async function accountForEvent(
  { audit, account, portfolios, schemes }: Accounting,
  event: EventToStore,
  found: readonly NewAssertion[],
  signal: AbortSignal,
): Promise<void> {
  if (found.length === 0 || (await audit.knowsEvent(event.id))) return;
  const { logEntry } = await account.event(event.id, signal);
  const written = noteIn(logEntry);
  const { awards } = (await schemes.now()).scheme;
  const award = awards.find(({ badgeId }) => badgeId === event.badgeId)?.id ?? null;
  const entries = found.map(async ({ earner, assertion: { issuedOnS } }) => {
    if (written === null)
      return entryOf('found', issuedOnS, { earner, award, badgeId: event.badgeId, event: event.id });
    // Our note speaks of people; the badge went to one of their addresses.
    const person = (await portfolios.read(earner)).linkedTo ?? earner;
    return issuedAsNoted(written, person, event, event.createdS ?? issuedOnS);
  });
  await audit.write(await Promise.all(entries));
}

function issuedAsNoted(
  written: Note,
  earner: EarnerKey,
  { id, badgeId }: { readonly id: EventId; readonly badgeId: BadgeId },
  atS: number,
): AuditEntry {
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
