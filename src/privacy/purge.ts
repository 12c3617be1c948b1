import { DateTime } from 'luxon';
import { readLinked } from '../earners/person.js';
import { isErased, type EarnerRecord } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import type { JobHandler } from '../platform/job.js';
import { chunked } from '../platform/redis-commands.js';
import type { Scheme } from '../rules/types.js';
import { OPEN_AWARD_STATES } from '../scheme/population.js';
import {
  erasedEntry,
  erasePeople,
  needsErasure,
  emptyErasureCounts,
  personToErase,
  type ErasureParts,
  type PersonToErase,
} from './erase-people.js';
import { requestAofRewrite } from './remove-traces.js';

/** How many addresses are read together: enough to keep Redis busy, few enough to let others in. */
const TOGETHER = 50;

type PurgeParts = ErasureParts & { readonly scheme: Pick<Scheme, 'timeZone'> };

/**
 * Erases people who were given nothing for so many calendar months (null: nobody) and have nothing unfinished. Also
 * completes erasures that were stopped. Idempotent: after a stop, the next run goes on.
 */
export const purge: JobHandler<PurgeParts, { months: number | null }> = async (parts, { months }, signal) => {
  const { clock, scheme, journal, earners, log } = parts;
  const zone = { zone: scheme.timeZone };
  const beforeS =
    months === null ? null : Math.floor(DateTime.fromMillis(clock(), zone).minus({ months }).toSeconds());
  const numbers = emptyErasureCounts();
  // A person may be found under several addresses.
  const seen = new Set<EarnerKey>();
  const find = async (key: EarnerKey): Promise<readonly PersonToErase[]> => {
    const person = await personToPurge(parts, key, beforeS).catch((err: unknown) => {
      log.warn({ earner: key, err }, 'the record cannot be read: this person is not purged');
      return null;
    });
    if (person === null || seen.has(person.person)) return [];
    seen.add(person.person);
    return [person];
  };
  try {
    for await (const keys of earners.keys())
      for (const some of chunked(keys, TOGETHER)) {
        signal.throwIfAborted();
        const people = await Promise.all(some.map(find));
        await erasePeople(parts, people.flat(), numbers);
      }
  } finally {
    // One journal entry for the whole run, or for what a stopped run has done.
    if (numbers.people > 0) {
      await journal.write([erasedEntry(parts, 'purged', numbers)]);
      await requestAofRewrite(parts);
    }
  }
  return { did: 'people purged', facts: { months, ...numbers } };
};

/**
 * Returns the person of an address if they were given nothing since `beforeS`, or if their erasure was stopped.
 * @param beforeS Unix seconds; null: only stopped erasures count
 * @returns null for a person who is to stay
 */
async function personToPurge(parts: ErasureParts, key: EarnerKey, beforeS: number | null) {
  const record = await parts.earners.read(key);
  if (isErased(record)) return needsErasure(parts, { key, record }) ? personToErase(parts, key) : null;
  const { linkedTo, linked, assertions, journal } = record;
  if (beforeS === null || linkedTo !== null) return null;
  const hasJournalOnly = assertions.length + linked.length === 0;
  if (hasJournalOnly && (journal.length === 0 || journal.some(({ atS }) => atS >= beforeS))) return null;
  const addresses = [...(await readLinked(parts.earners, { key, record })), { key, record }];
  const known = new Set<EarnerKey | null>([key, null, ...addresses.flatMap((one) => one.record.linked)]);
  const isMeant = (one: EarnerRecord): boolean =>
    isPast(beforeS, one) && [one.linkedTo, ...one.linked].every((link) => known.has(link));
  const keys = addresses.map((one) => one.key);
  return addresses.every((one) => isMeant(one.record)) ? { person: key, keys, isMeant } : null;
}

/**
 * Whether every assertion of an address was issued, and has expired if it expires, before an instant (Unix seconds).
 * Also, no award may be unfinished, or have changed since.
 */
const isPast = (beforeS: number, { assertions, awards }: EarnerRecord): boolean =>
  assertions.every(({ issuedOnS, expiresOnS }) => Math.max(issuedOnS, expiresOnS ?? 0) < beforeS) &&
  [...awards.values()].every(({ state, atS }) => !OPEN_AWARD_STATES.includes(state) && atS < beforeS);
