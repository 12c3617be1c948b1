import type { JournalEntry } from '../earners/journal-entry.js';
import {
  isErased,
  type AwardRecord,
  type AwardState,
  type EarnerRecord,
  keptErased,
} from '../earners/record.js';
import { isInFlightElsewhere, type Person } from '../earners/person.js';
import type { EarnerStore } from '../earners/store.js';
import type { BadgeId, BatchId, EarnerKey, EventId } from '../ids.js';
import type { Journal } from '../journal/journal.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { Batches, Outbox } from './outbox.js';

/** What set an award off, and whether OBF is to send no e-mail. */
type OnItsWay = Pick<Extract<AwardRecord, { state: 'due' }>, 'cause' | 'suppressEmail'>;

/** What can happen to an award. Nothing else can. */
export type AwardEvent =
  /** `over`: the events of this badge that had expired when it was decided. */
  | ({ readonly type: 'comes-due'; readonly over: readonly EventId[] } & OnItsWay)
  | { readonly type: 'claim'; readonly batch: BatchId }
  | { readonly type: 'markUnknown'; readonly batch: BatchId }
  | { readonly type: 'record'; readonly event: EventId }
  | { readonly type: 'refuse'; readonly why: string }
  | { readonly type: 'withdraw' }
  | { readonly type: 'release'; readonly batch: BatchId }
  | { readonly type: 'start-revoking' }
  | { readonly type: 'revoked-by-machine' }
  | { readonly type: 'revoked-by-human' }
  | { readonly type: 'unblock'; readonly events: readonly EventId[] };

/** From which states each event may come; `none`: there is no record yet. */
const ALLOWED: Readonly<Record<AwardEvent['type'], readonly (AwardState | 'none')[]>> = {
  // `issued` if that very event is over; `refused` because what was wrong may be mended.
  'comes-due': ['none', 'due', 'withdrawn', 'revoked', 'refused', 'issued'],
  // `unknown` only by its own batch, which reads OBF first; `refused` when ops send it again.
  claim: ['due', 'claimed', 'unknown', 'refused'],
  markUnknown: ['claimed', 'unknown'],
  // A badge found in OBF is issued, whatever we thought before.
  record: ['none', 'due', 'claimed', 'unknown', 'issued', 'refused', 'withdrawn', 'revoked'],
  refuse: ['claimed', 'unknown'],
  withdraw: ['due', 'claimed', 'unknown', 'refused'],
  // Its batch is split into smaller ones, or gone with a lost Redis, and OBF was read.
  release: ['claimed', 'unknown'],
  'start-revoking': ['issued'],
  'revoked-by-machine': ['revoking'],
  'revoked-by-human': ['none', 'issued', 'due', 'claimed', 'refused', 'withdrawn', 'revoked'],
  unblock: ['blocked'],
};

/** A transition that the table does not name: two parts of the program disagree about an award. */
export class IllegalTransition extends Error {
  readonly code = 'illegal_transition';
  constructor(
    readonly from: AwardState | 'none',
    readonly type: AwardEvent['type'],
  ) {
    super(`An award that is "${from}" cannot take "${type}"`);
    this.name = 'IllegalTransition';
  }
}

/**
 * The next record of an award.
 * @param nowS the present, Unix seconds
 * @throws IllegalTransition when `event` cannot happen to it, speaks for another batch, or knows less than the record
 */
export function transition(record: AwardRecord | null, event: AwardEvent, nowS: number): AwardRecord {
  const from = record?.state ?? 'none';
  // Decided on an older reading, in which the award was not issued yet: it is not due again.
  const stale =
    record?.state === 'issued' && event.type === 'comes-due' && !event.over.includes(record.event);
  const foreign = record !== null && 'batch' in record && 'batch' in event && record.batch !== event.batch;
  if (stale || foreign || !ALLOWED[event.type].includes(from)) throw new IllegalTransition(from, event.type);
  return next(record, event, nowS);
}

function next(record: AwardRecord | null, event: AwardEvent, nowS: number): AwardRecord {
  const base = { atS: nowS, ignoredRevocations: record?.ignoredRevocations ?? [] };
  const onItsWay = { ...base, ...wayOf(record) };
  const ignoring = (events: readonly EventId[]) => [...base.ignoredRevocations, ...events];
  switch (event.type) {
    case 'comes-due':
      return record?.state === 'due' ? record : { ...base, ...wayOf(event), state: 'due' };
    case 'release':
      return { ...onItsWay, state: 'due' };
    case 'claim':
      return { ...onItsWay, state: 'claimed', batch: event.batch };
    case 'markUnknown':
      return { ...onItsWay, state: 'unknown', batch: event.batch };
    case 'record':
      return { ...base, state: 'issued', event: event.event };
    case 'refuse':
      return { ...base, state: 'refused', why: event.why };
    case 'start-revoking':
      return { ...base, state: 'revoking', event: eventIn(record) };
    case 'revoked-by-machine':
      return { ...base, state: 'revoked', ignoredRevocations: ignoring([eventIn(record)]) };
    case 'revoked-by-human':
      return { ...base, state: 'blocked' };
    case 'withdraw':
      return { ...base, state: 'withdrawn' };
    case 'unblock':
      return { ...base, state: 'withdrawn', ignoredRevocations: ignoring(event.events) };
  }
}

/** Written only where there is something to say: there is a record for every award of everybody. */
function wayOf(told: AwardRecord | OnItsWay | null): OnItsWay {
  if (told === null) return {};
  const { cause, suppressEmail }: OnItsWay = 'cause' in told || 'suppressEmail' in told ? told : {};
  return { ...(cause === undefined ? {} : { cause }), ...(suppressEmail === true ? { suppressEmail } : {}) };
}

/** The states that `start-revoking` and `revoked-by-machine` come from have one. */
function eventIn(record: AwardRecord | null): EventId {
  if (record === null || !('event' in record)) throw new TypeError('This record names no event');
  return record.event;
}

/** The journal entry of a transition, made from the award as it is then; null: none. */
type Tell = (award: AwardRecord) => JournalEntry | null;

export type Ledger = ReturnType<typeof createLedger>;

/** One award record per earner and badge, for ever. */
export function createLedger(
  earners: Pick<EarnerStore, 'read' | 'update'>,
  journal: Pick<Journal, 'tell'>,
  clock: Clock,
) {
  /**
   * Makes one named transition, and writes the journal entry that tells it, in one write. Of an erased earner nothing
   * comes due.
   * @throws IllegalTransition when it cannot happen from the state found
   */
  const apply = async (earner: EarnerKey, badgeId: BadgeId, event: AwardEvent, tell?: Tell) => {
    let made: AwardRecord | undefined;
    await journal.tell(earner, (record) => {
      const before = record.awards.get(badgeId) ?? null;
      if (event.type === 'comes-due' && isErased(record))
        throw new IllegalTransition(before?.state ?? 'none', event.type);
      made = transition(before, event, secondsOf(clock));
      const entry = tell?.(made) ?? null;
      return {
        record: made === before ? record : keptErased(withAward(record, badgeId, made)),
        entries: entry === null ? [] : [entry],
      };
    });
    if (made === undefined) throw new TypeError('A transition ended in no award');
    return made;
  };
  return {
    apply,
    /** The same where it is possible; null where it is not: another part was first. */
    applyIfPossible: (...about: Parameters<typeof apply>): Promise<AwardRecord | null> =>
      apply(...about).catch((error: unknown) => {
        if (error instanceof IllegalTransition) return null;
        throw error;
      }),
    read: async (earner: EarnerKey, badgeId: BadgeId): Promise<AwardRecord | null> =>
      (await earners.read(earner)).awards.get(badgeId) ?? null,
    /**
     * Stores what `how` makes of an award (null: none). For what happens to a person and not to their award: a link
     * that is undone. `how` may run again. @returns what is stored now
     */
    async amend(
      earner: EarnerKey,
      badgeId: BadgeId,
      how: (award: AwardRecord | null) => AwardRecord | null,
    ): Promise<AwardRecord | null> {
      const { awards } = await earners.update(earner, (record) => {
        const before = record.awards.get(badgeId) ?? null;
        const now = how(before);
        return now === before ? record : keptErased(withAward(record, badgeId, now));
      });
      return awards.get(badgeId) ?? null;
    },
  };
}

/**
 * The record with one award in its place; null: without it. An award stands under
 * - the earner, not the address: a person with two addresses is given one badge;
 * - the badge, not the award's name in scheme.yaml: renaming an award must not give its badge again, and
 *   a new badge for the same award is a new thing to give;
 * - not the scheme's version: a changed rule does not make a badge given before a different badge;
 * - not the day, nor the event that set it off: an award is given once, whatever earned it.
 */
function withAward(record: EarnerRecord, badgeId: BadgeId, award: AwardRecord | null): EarnerRecord {
  const awards = new Map(record.awards);
  if (award === null) awards.delete(badgeId);
  else awards.set(badgeId, award);
  return { ...record, awards };
}

/**
 * Takes these people out of every open batch of a badge, and withdraws their awards. Who is about to send such a batch
 * finds it changed, and begins anew; in the others the awards are being sent.
 */
export async function removeFromOpenBatches(
  { batches, ledger, clock }: { batches: Batches; ledger: Ledger; clock: Clock },
  badgeId: BadgeId,
  keys: ReadonlySet<EarnerKey>,
): Promise<void> {
  for (const batch of await batches.all(badgeId)) {
    const theirs = batch.earners.filter((earner) => keys.has(earner));
    if (batch.state !== 'open' || theirs.length === 0) continue;
    // Held as its sender would hold it: nobody sends it meanwhile.
    const others = batch.earners.filter((earner) => !keys.has(earner));
    const held = await batches.startSending(batch, others);
    if (held === null) continue;
    const withdrawn = (award: AwardRecord | null): AwardRecord | null =>
      award?.state === 'claimed' && award.batch === batch.id
        ? transition(award, { type: 'withdraw' }, secondsOf(clock))
        : award;
    for (const earner of theirs) await ledger.amend(earner, badgeId, withdrawn);
    await (others.length === 0 ? batches.finish(held) : batches.rollbackSend(held));
  }
}

/**
 * Puts what is due to one person into the outbox; the caller has it gathered. An award that is on its way in a batch
 * stays there, and one that was issued meanwhile stays issued. Idempotent.
 * @param how what set it off, and whether OBF sends no e-mail
 * @returns the badges that this person waits for now
 */
export async function enqueueAward(
  { ledger, outbox }: { readonly ledger: Ledger; readonly outbox: Outbox },
  { person, due }: { readonly person: Person; readonly due: readonly { award: { badgeId: BadgeId } }[] },
  how: { readonly cause: string; readonly suppressEmail: boolean },
): Promise<readonly BadgeId[]> {
  const { earner, portfolio } = person;
  const waiting: BadgeId[] = [];
  for (const { badgeId } of due.map(({ award }) => award)) {
    if (isInFlightElsewhere(person, badgeId)) continue;
    const held = portfolio.held.filter((assertion) => assertion.badgeId === badgeId);
    const over = held.flatMap(({ eventId }) => eventId ?? []);
    const record = await ledger.applyIfPossible(earner, badgeId, { type: 'comes-due', over, ...how });
    if (record?.state !== 'due') continue;
    await outbox.put(badgeId, earner, record.suppressEmail);
    waiting.push(badgeId);
  }
  return waiting;
}
