import { asBadgeId, type BadgeId, type EarnerKey } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import {
  awardRecord,
  IllegalTransition,
  transition,
  type AwardEvent,
  type AwardRecord,
} from './award-record.js';

/** One record per earner and award, for ever. */
export interface Ledger {
  read(earner: EarnerKey, badgeId: BadgeId): Promise<AwardRecord | null>;
  /** Every award of one earner. */
  readAll(earner: EarnerKey): Promise<ReadonlyMap<BadgeId, AwardRecord>>;
  /**
   * Makes one named transition, and only if nobody else made one meanwhile.
   * @throws IllegalTransition when it cannot happen from the state found
   */
  apply(earner: EarnerKey, badgeId: BadgeId, event: AwardEvent): Promise<AwardRecord>;
  /**
   * Puts what `how` makes of a record in its place (null: none), and only if nobody changed it meanwhile. For
   * what happens to a person and not to their award: an erasure, a link that is undone. Resolves with what
   * stands there now; `how` may be asked again.
   */
  amend(
    earner: EarnerKey,
    badgeId: BadgeId,
    how: (record: AwardRecord | null) => AwardRecord | null,
  ): Promise<AwardRecord | null>;
}

/** Redis holds a record that no version of Palier that we know wrote. */
export class LedgerError extends Error {
  readonly code = 'ledger_unreadable';
}

/**
 * Where an earner's records stand, a field a badge.
 * - the earner, not the address: a person with two addresses is given one badge;
 * - the badge, not the award's name in scheme.yaml: renaming an award must not give its badge again, and
 *   a new badge for the same award is a new thing to give;
 * - not the scheme's version: a changed rule does not make a badge given before a different badge;
 * - not the day, nor the event that set it off: an award is given once, whatever earned it.
 */
export const ledgerKey = (prefix: string, earner: EarnerKey): string => `${prefix}:ledger:{${earner}}`;

/** Sets a field if it still holds what was read; '' stands for "absent", before and after. */
const COMPARE_AND_SET = `
local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current ~= ARGV[2] then return 0 end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1`;

/** Two writers of one record meet now and then; this many times in a row means a fault. */
const MAX_TRIES = 20;

export function createLedger(redis: RedisConnection, prefix: string, clock: Clock): Ledger {
  const rawOf = async (earner: EarnerKey, badgeId: BadgeId): Promise<string> =>
    (await redis.hget(ledgerKey(prefix, earner), badgeId)) ?? '';
  const change = async (
    earner: EarnerKey,
    badgeId: BadgeId,
    how: (record: AwardRecord | null) => AwardRecord | null,
  ): Promise<AwardRecord | null> => {
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const raw = await rawOf(earner, badgeId);
      const from = parse(raw);
      const to = how(from);
      if (to === from) return to;
      const values = [badgeId, raw, to === null ? '' : JSON.stringify(to)];
      if ((await redis.eval(COMPARE_AND_SET, 1, ledgerKey(prefix, earner), ...values)) === 1) return to;
    }
    throw new LedgerError('A record of the ledger would not hold still');
  };

  return {
    read: async (earner, badgeId) => parse(await rawOf(earner, badgeId)),
    async readAll(earner) {
      const fields = await redis.hgetall(ledgerKey(prefix, earner));
      return new Map(Object.entries(fields).map(([badgeId, raw]) => [asBadgeId(badgeId), readRecord(raw)]));
    },
    apply: async (earner, badgeId, event) =>
      known(await change(earner, badgeId, (record) => transition(record, event, secondsOf(clock)))),
    amend: change,
  };
}

/** A record as it stands in Redis. @throws LedgerError when no version of Palier that we know wrote it */
export const readRecord = (raw: string): AwardRecord => known(parse(raw));

function parse(raw: string): AwardRecord | null {
  if (raw === '') return null;
  const read = awardRecord.safeParse(parseJson(raw));
  if (!read.success) throw new LedgerError('A record of the ledger is of an unknown form');
  return read.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function known(record: AwardRecord | null): AwardRecord {
  if (record === null) throw new LedgerError('A record of the ledger is empty');
  return record;
}

/** Makes the transition where it is possible; null where it is not: another part was first. */
export async function applyIfPossible(
  ledger: Ledger,
  earner: EarnerKey,
  badgeId: BadgeId,
  event: AwardEvent,
): Promise<AwardRecord | null> {
  try {
    return await ledger.apply(earner, badgeId, event);
  } catch (error) {
    if (error instanceof IllegalTransition) return null;
    throw error;
  }
}
