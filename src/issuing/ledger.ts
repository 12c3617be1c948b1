import type { JournalEntry } from '../earners/journal-entry.js';
import {
  isErased,
  type AwardRecord,
  type AwardState,
  type EarnerRecord,
  pruneErasedRecord,
} from '../earners/record.js';
import { isInFlightElsewhere, type Person } from '../earners/person.js';
import type { EarnerStore } from '../earners/store.js';
import type { BadgeId, EarnerKey, EventId } from '../ids.js';
import type { Journal } from '../journal/journal.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { Batches, Outbox } from './outbox.js';

/** What triggered an award, and whether OBF is to send no e-mail. */
type PendingFields = Pick<Extract<AwardRecord, { state: 'due' }>, 'cause' | 'suppressEmail'>;

/** The run of a batch that decides. It leaves alone what another batch, or a later run, has claimed. */
type OfRun = Pick<Extract<AwardRecord, { state: 'claimed' }>, 'batch' | 'run'>;

/** Everything that can happen to an award. */
export type AwardEvent =
  /** `endedEvents`: the OBF events of this badge that no longer counted as held when the award was decided. */
  | ({ readonly type: 'comes-due'; readonly endedEvents: readonly EventId[] } & PendingFields)
  | ({ readonly type: 'claim' } & OfRun)
  | ({ readonly type: 'markUnknown' } & OfRun)
  | { readonly type: 'record'; readonly event: EventId }
  | ({ readonly type: 'refuse'; readonly why: string } & Partial<OfRun>)
  | ({ readonly type: 'withdraw' } & Partial<OfRun>)
  | ({ readonly type: 'release' } & OfRun)
  | { readonly type: 'start-revoking' }
  | { readonly type: 'revoked-by-machine' }
  | { readonly type: 'revoked-by-human' }
  | { readonly type: 'unblock'; readonly events: readonly EventId[] };

/** The states in which each event may occur; `none`: there is no record yet. */
const ALLOWED: Readonly<Record<AwardEvent['type'], readonly (AwardState | 'none')[]>> = {
  // `issued` only if its own event has ended; `refused` because its cause may be fixed.
  'comes-due': ['none', 'due', 'withdrawn', 'revoked', 'refused', 'issued'],
  // `unknown` only by its own batch, which reads OBF first; `refused` when ops replay it.
  claim: ['due', 'claimed', 'unknown', 'refused'],
  markUnknown: ['claimed', 'unknown'],
  // A badge found in OBF is issued, whatever the record said.
  record: ['none', 'due', 'claimed', 'unknown', 'issued', 'refused', 'withdrawn', 'revoked'],
  refuse: ['claimed', 'unknown'],
  withdraw: ['due', 'claimed', 'unknown', 'refused'],
  // Its batch was split, or was lost with Redis and OBF has been read since.
  release: ['claimed', 'unknown'],
  'start-revoking': ['issued'],
  'revoked-by-machine': ['revoking'],
  'revoked-by-human': ['none', 'issued', 'due', 'claimed', 'refused', 'withdrawn', 'revoked'],
  unblock: ['blocked'],
};

/** A transition that `ALLOWED` does not list: two parts of the program disagree about an award. */
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
 * Pure. Returns the next record of an award.
 * @param nowS the present, Unix seconds
 * @throws IllegalTransition when the state does not allow the event, or the event is stale, or not of the latest run
 */
export function transition(record: AwardRecord | null, event: AwardEvent, nowS: number): AwardRecord {
  const from = record?.state ?? 'none';
  // Decided before the award was issued: it is not due again.
  const isStale =
    record?.state === 'issued' && event.type === 'comes-due' && !event.endedEvents.includes(record.event);
  if (isStale || isOfOther(record, event) || !ALLOWED[event.type].includes(from))
    throw new IllegalTransition(from, event.type);
  return next(record, event, nowS);
}

/** Whether another batch, or a later run of the batch, has claimed the award. */
function isOfOther(record: AwardRecord | null, event: AwardEvent): boolean {
  if (record === null || !('batch' in record) || !('batch' in event)) return false;
  const { batch = record.batch, run = record.run } = event;
  return batch !== record.batch || (run ?? 0) < (record.run ?? 0);
}

function next(record: AwardRecord | null, event: AwardEvent, nowS: number): AwardRecord {
  const base = { atS: nowS, ignoredRevocations: record?.ignoredRevocations ?? [] };
  const pending = { ...base, ...pendingFieldsOf(record) };
  const ignoring = (events: readonly EventId[]) => [...base.ignoredRevocations, ...events];
  switch (event.type) {
    case 'comes-due':
      return record?.state === 'due' ? record : { ...base, ...pendingFieldsOf(event), state: 'due' };
    case 'release':
      return { ...pending, state: 'due' };
    case 'claim':
      return { ...pending, state: 'claimed', ...ofRun(event) };
    case 'markUnknown':
      return { ...pending, state: 'unknown', ...ofRun(event) };
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

const ofRun = ({ batch, run }: OfRun): OfRun => ({ batch, ...(run === undefined ? {} : { run }) });

/** Leaves out what has its default: every award of every person has a record. */
function pendingFieldsOf(source: AwardRecord | PendingFields | null): PendingFields {
  if (source === null) return {};
  const { cause, suppressEmail }: PendingFields =
    'cause' in source || 'suppressEmail' in source ? source : {};
  return { ...(cause === undefined ? {} : { cause }), ...(suppressEmail === true ? { suppressEmail } : {}) };
}

/** Returns the OBF event of a record that is `issued` or `revoking`. */
function eventIn(record: AwardRecord | null): EventId {
  if (record === null || !('event' in record)) throw new TypeError('This record names no event');
  return record.event;
}

/** Makes the journal entry of a transition from the award's new record; null: no entry. */
type MakeEntry = (award: AwardRecord) => JournalEntry | null;

export type Ledger = ReturnType<typeof createLedger>;

/** The award records: one for each earner and badge, kept for ever. */
export function createLedger(
  earners: Pick<EarnerStore, 'read' | 'update'>,
  journal: Pick<Journal, 'updateWithEntries'>,
  clock: Clock,
) {
  /**
   * Makes one transition and adds its journal entry, in one write. No award of an erased earner comes due.
   * @throws IllegalTransition when the stored state does not allow it
   */
  const apply = async (earner: EarnerKey, badgeId: BadgeId, event: AwardEvent, makeEntry?: MakeEntry) => {
    let after: AwardRecord | undefined;
    await journal.updateWithEntries(earner, (record) => {
      const before = record.awards.get(badgeId) ?? null;
      if (event.type === 'comes-due' && isErased(record))
        throw new IllegalTransition(before?.state ?? 'none', event.type);
      after = transition(before, event, secondsOf(clock));
      const entry = makeEntry?.(after) ?? null;
      return {
        record: after === before ? record : pruneErasedRecord(withAward(record, badgeId, after)),
        entries: entry === null ? [] : [entry],
      };
    });
    if (after === undefined) throw new TypeError('A transition ended in no award');
    return after;
  };
  return {
    apply,
    /** As `apply`; null when the state does not allow the event: another job was first. */
    applyIfPossible: (...args: Parameters<typeof apply>): Promise<AwardRecord | null> =>
      apply(...args).catch((error: unknown) => {
        if (error instanceof IllegalTransition) return null;
        throw error;
      }),
    read: async (earner: EarnerKey, badgeId: BadgeId): Promise<AwardRecord | null> =>
      (await earners.read(earner)).awards.get(badgeId) ?? null,
    /**
     * Stores what `how` returns for an award (null: none); `how` may run again. For changes of a person, not of their
     * award: an unlink, an erasure. @returns what is stored now
     */
    async amend(earner: EarnerKey, badgeId: BadgeId, how: (award: AwardRecord | null) => AwardRecord | null) {
      const { awards } = await earners.update(earner, (record) => {
        const before = record.awards.get(badgeId) ?? null;
        const after = how(before);
        return after === before ? record : pruneErasedRecord(withAward(record, badgeId, after));
      });
      return awards.get(badgeId) ?? null;
    },
  };
}

/**
 * Returns the record with one award set; null removes it. What identifies an award:
 * - The earner, not the address: a person with two addresses gets one badge.
 * - The badge, not the award's name in scheme.yaml. A renamed award is not issued again; a new badge is issued.
 * - Not the scheme's version: a changed rule does not make an issued badge a different one.
 * - Neither the day nor the triggering event: an award is issued once, whatever earned it.
 */
function withAward(record: EarnerRecord, badgeId: BadgeId, award: AwardRecord | null): EarnerRecord {
  const awards = new Map(record.awards);
  if (award === null) awards.delete(badgeId);
  else awards.set(badgeId, award);
  return { ...record, awards };
}

/**
 * Takes these earners out of every open batch of a badge, and withdraws their awards. A run that is about to send such
 * a batch finds it changed, and is tried again. In other batches the awards are being sent: those stay.
 */
export async function removeFromOpenBatches(
  { batches, ledger, clock }: { batches: Batches; ledger: Ledger; clock: Clock },
  badgeId: BadgeId,
  keys: ReadonlySet<EarnerKey>,
): Promise<void> {
  for (const batch of await batches.all(badgeId)) {
    const leaving = batch.earners.filter((earner) => keys.has(earner));
    if (batch.state !== 'open' || leaving.length === 0) continue;
    // Locked as its sender would lock it: nobody sends it meanwhile.
    const others = batch.earners.filter((earner) => !keys.has(earner));
    const locked = await batches.startSending(batch, others);
    if (locked === null) continue;
    // Due ones too: a run that has begun is about to claim them.
    const withdraw = (award: AwardRecord | null): AwardRecord | null =>
      award?.state === 'due' || (award?.state === 'claimed' && award.batch === batch.id)
        ? transition(award, { type: 'withdraw' }, secondsOf(clock))
        : award;
    for (const earner of leaving) await ledger.amend(earner, badgeId, withdraw);
    await (others.length === 0 ? batches.finish(locked) : batches.rollbackSend(locked));
  }
}

/**
 * Puts a person's due awards into the outbox; the caller has them gathered. An award in flight stays in its batch, and
 * one issued meanwhile stays issued. Idempotent.
 * @param how what triggered them, and whether OBF sends no e-mail
 * @returns the badges that wait for this person now
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
    const endedEvents = held.flatMap(({ eventId }) => eventId ?? []);
    const record = await ledger.applyIfPossible(earner, badgeId, {
      type: 'comes-due',
      endedEvents,
      ...how,
    });
    if (record?.state !== 'due') continue;
    await outbox.put(badgeId, earner, record.suppressEmail);
    waiting.push(badgeId);
  }
  return waiting;
}
