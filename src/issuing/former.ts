import { asBadgeId, type BadgeId, type EarnerKey } from '../ids.js';
import type { AwardRecord, AwardState } from './award-record.js';
import { recordIn, type Records } from './ledger-codec.js';

/**
 * How the ledger was kept before 2026-12: one hash an earner, badge -> record as JSON. It is read to be taken
 * over (workers/take-over.ts), and never written.
 */
export const formerLedgerKey = (prefix: string, earner: EarnerKey): string => `${prefix}:ledger:{${earner}}`;

/** @throws LedgerError when one of them is of no form that was ever written */
export const readFormerLedger = (fields: Readonly<Record<string, string>>): Records =>
  new Map(Object.entries(fields).map(([badgeId, text]) => [asBadgeId(badgeId), recordIn(text)]));

/** How much a state says of what OBF has. */
const WEIGHT: Readonly<Record<AwardState, number>> = {
  blocked: 2,
  issued: 2,
  revoking: 2,
  claimed: 1,
  unknown: 1,
  due: 0,
  withdrawn: 0,
  refused: 0,
  revoked: 0,
};

/**
 * Pure. An earner's records, and what an older Palier kept of them, in one. Where both know of a badge, the one
 * that says more of what OBF has stays: a badge that was given, or may have been, is never forgotten.
 */
export function withFormerRecords(records: Records, former: Records): Records {
  const all = new Map<BadgeId, AwardRecord>(former);
  for (const [badgeId, record] of records) all.set(badgeId, weightier(record, former.get(badgeId)));
  return all;
}

function weightier(record: AwardRecord, former: AwardRecord | undefined): AwardRecord {
  if (former === undefined) return record;
  const forgiven = [...new Set([...record.forgiven, ...former.forgiven])];
  return { ...(WEIGHT[former.state] > WEIGHT[record.state] ? former : record), forgiven };
}
