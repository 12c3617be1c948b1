import type { AwardRecord, AwardState } from '../earners/record.js';
import type { BatchId, EventId } from '../ids.js';

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
