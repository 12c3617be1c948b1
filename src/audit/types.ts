import type { AssertionId, AwardId, BadgeId, EarnerKey, EventId, SchemeVersion } from '../ids.js';

/** What the account tells of. */
export const AUDIT_KINDS = [
  /** Palier gave an award through OBF. */
  'issued',
  /** An award of the Région that Palier did not give (by hand in OBF), or of which its note is gone. */
  'found',
  /** A held award's rule is not met any more, because badges were revoked: a human is to look at it. */
  'flagged',
  /** Palier took an award back (`on_loss: revoke`). */
  'revoked',
  /** A human revoked it in OBF: not given again until ops lifts it. */
  'blocked',
  'unblocked',
  /** OBF refused it for good. */
  'refused',
  'linked',
  'unlinked',
  /** Everything about a person was removed, on request. */
  'erased',
  /** The same, by retention. */
  'purged',
  /** A version of the scheme was put into force. */
  'applied',
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** One thing that happened. No address is in it. */
export interface AuditEntry {
  readonly kind: AuditKind;
  /** When, Unix seconds. */
  readonly atS: number;
  /** Whom it happened to; null: nobody (`applied`), or somebody who was erased since. */
  readonly earner: EarnerKey | null;
  readonly award: AwardId | null;
  readonly badgeId: BadgeId | null;
  /** The assertions that counted for it. */
  readonly assertions: readonly AssertionId[];
  /** What set it off, e.g. `webhook.event.P1.E1`, `poll.event.P1.E1`, `apply`, `ops`. */
  readonly cause: string | null;
  /** The version of the scheme that it was decided under. */
  readonly version: SchemeVersion | null;
  /** The OBF event that it became, or that it is about. */
  readonly event: EventId | null;
  /** What else is to be known, in English, without personal data: OBF's reason, numbers removed. */
  readonly detail: string | null;
}

export interface AuditQuery {
  /** Inclusive, Unix seconds. */
  readonly fromS?: number;
  /** Exclusive, Unix seconds. */
  readonly untilS?: number;
  readonly award?: AwardId;
  readonly kinds?: readonly AuditKind[];
}

/** How many of each award were issued, by calendar day (`2026-11-23`, in the scheme's zone). */
export type IssuedByDay = ReadonlyMap<string, ReadonlyMap<AwardId, number>>;

/** The account of what was decided and done: it is added to, and never rewritten, but for an erasure. */
export interface Audit {
  /**
   * Adds entries. May be repeated, by anybody, after any fault: an entry about a person is kept once for
   * its kind, earner, badge and event (without event: its instant); one about nobody is added again.
   */
  write(entries: readonly AuditEntry[]): Promise<void>;
  /** Everything about one earner key, oldest first. */
  ofEarner(earner: EarnerKey): Promise<readonly AuditEntry[]>;
  /** Whether anything of it stands in their record, be it that no entry tells of them any more. */
  isNoted(earner: EarnerKey): Promise<boolean>;
  /** Everyone whom an OBF event gave the award to. */
  ofEvent(event: EventId): Promise<readonly AuditEntry[]>;
  /** Whether the giving (`issued` or `found`) of this event is in the account. */
  knowsEvent(event: EventId): Promise<boolean>;
  /**
   * Streamed, in the order of writing: what was restored from OBF comes later than it happened. An erasure
   * meanwhile can show an entry twice, the second time without its person.
   */
  read(query: AuditQuery): AsyncIterable<AuditEntry>;
  /** Whole days: that of `fromS`, that of the last second before `untilS`, and those between. */
  issuedByDay(query: Pick<AuditQuery, 'fromS' | 'untilS'>): Promise<IssuedByDay>;
  /**
   * Takes the earner, the assertions and the cause out of every entry about them; that an award was given,
   * when and under which version stays, and so does that the event is known. May be repeated. Resolves with
   * how many entries.
   */
  forget(earner: EarnerKey): Promise<number>;
  /**
   * The same, of those who were forgotten since, in entries that their record does not name: whoever wrote them, or
   * the Redis server that had the record, was stopped in between. Reads the whole account, once for all of them. May be
   * stopped anywhere, and repeated. Resolves with how many entries.
   */
  forgetUnnamed(): Promise<number>;
}
