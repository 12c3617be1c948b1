import type { BadgeId } from '../ids.js';
import { type AwardRecord, type EarnerRecord, EMPTY_RECORD, type Fingerprint, isErased } from './record.js';

/**
 * Pure. What an erasure leaves of a record: nothing but what keeps out what is of before, and the awards that must
 * last. An award that is being sent, or taken back, at this moment stays until its job has told how that ended.
 * @param lasting by badge: that it was given, or is not to be given
 */
export function tombstoneOf(
  record: EarnerRecord,
  lasting: ReadonlyMap<BadgeId, AwardRecord>,
  erasedAtS: number,
  fingerprint: Fingerprint,
): EarnerRecord {
  const before = record.tombstone?.fingerprints ?? [];
  const fingerprints = new Set([...before, ...record.assertions.map(({ id }) => fingerprint(id))]);
  const unfinished = [...record.awards].filter(([, award]) => IN_FLIGHT.has(award.state));
  return {
    ...EMPTY_RECORD,
    // Until the erasure is complete: stopped in between, it finds all of the person's addresses again.
    linkedTo: record.linkedTo,
    linked: record.linked,
    awards: new Map([...lasting, ...unfinished].map(([badgeId, award]) => [badgeId, bare(award)])),
    tombstone: {
      erasedAtS,
      fingerprints: [...fingerprints],
      entriesToUnindex: [
        ...(record.tombstone?.entriesToUnindex ?? []),
        ...record.journal.map(({ atS }, at) => [at, atS] as const),
      ],
    },
  };
}

const IN_FLIGHT: ReadonlySet<AwardRecord['state']> = new Set(['claimed', 'unknown', 'revoking']);
/** Says nothing that must last, but for what it forgives. */
const SAYS_NOTHING: ReadonlySet<AwardRecord['state']> = new Set(['due', 'refused', 'revoked', 'withdrawn']);

/** Without what set it off. */
function bare(award: AwardRecord): AwardRecord {
  if (!('cause' in award || 'suppressEmail' in award)) return award;
  const { cause: _cause, suppressEmail: _quiet, ...rest } = award;
  return rest;
}

/** Pure. An erased record without what a job that was at work left in it; any other record as it is. */
export function keptErased(record: EarnerRecord): EarnerRecord {
  if (!isErased(record)) return record;
  const awards = [...record.awards].flatMap(([badgeId, award]) =>
    SAYS_NOTHING.has(award.state) && award.ignoredRevocations.length === 0
      ? []
      : [[badgeId, bare(award)] as const],
  );
  const { linkedTo, linked, tombstone } = record;
  return { ...EMPTY_RECORD, linkedTo, linked, awards: new Map(awards), tombstone };
}
