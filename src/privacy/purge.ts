import { DateTime } from 'luxon';
import { readAddresses } from '../earners/person.js';
import { isErased, type EarnerRecord } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import type { JobHandler } from '../platform/job.js';
import { chunked } from '../platform/redis-commands.js';
import type { Scheme } from '../rules/types.js';
import { UNFINISHED } from '../scheme/population.js';
import {
  erasedEntry,
  erasePeople,
  isMoreHeldThanKept,
  noneErased,
  personToErase,
  type ErasureParts,
  type PersonToErase,
} from './erase-people.js';
import { requestAofRewrite } from './remove-traces.js';

/** How many addresses are looked at together: enough to fill the wire, few enough to let others in. */
const TOGETHER = 50;

type PurgeParts = ErasureParts & { readonly scheme: Pick<Scheme, 'timeZone'> };

/**
 * Erases people who were given nothing for so many calendar months (null: nobody), and wait for nothing; and completes
 * the erasures that were stopped before their end. May be stopped anywhere: the next one goes on.
 */
export const purge: JobHandler<PurgeParts, { months: number | null }> = async (parts, { months }, signal) => {
  const { clock, scheme, journal, earners, log } = parts;
  const zone = { zone: scheme.timeZone };
  const beforeS =
    months === null ? null : Math.floor(DateTime.fromMillis(clock(), zone).minus({ months }).toSeconds());
  const all = noneErased();
  // A person may be met under several addresses.
  const met = new Set<EarnerKey>();
  const find = async (key: EarnerKey): Promise<readonly PersonToErase[]> => {
    const found = await findIn(parts, key, beforeS).catch((err: unknown) => {
      log.warn({ earner: key, err }, 'cannot be read, and so not purged');
      return null;
    });
    if (found === null || met.has(found.person)) return [];
    met.add(found.person);
    return [found];
  };
  try {
    for await (const keys of earners.keys())
      for (const some of chunked(keys, TOGETHER)) {
        signal.throwIfAborted();
        const found = await Promise.all(some.map(find));
        await erasePeople(parts, found.flat(), all);
      }
  } finally {
    // One entry of the journal tells of the whole run; stopped half-way, of that half.
    if (all.people > 0) {
      await journal.write([erasedEntry(parts, 'purged', all)]);
      await requestAofRewrite(parts);
    }
  }
  return { did: 'people purged', facts: { months, ...all } };
};

/**
 * One to whom nothing was given for too long, or whose erasure was stopped before its end.
 * @param beforeS Unix seconds; null: nothing is too long
 * @returns null for one who is to stay
 */
async function findIn(parts: ErasureParts, key: EarnerKey, beforeS: number | null) {
  const record = await parts.earners.read(key);
  if (isErased(record)) return isMoreHeldThanKept(parts, { key, record }) ? personToErase(parts, key) : null;
  const { linkedTo, linked, assertions, journal } = record;
  if (beforeS === null || linkedTo !== null) return null;
  const isToldOnly = assertions.length + linked.length === 0;
  if (isToldOnly && (journal.length === 0 || journal.some(({ atS }) => atS >= beforeS))) return null;
  const isMeant = isPast(beforeS);
  const keys = [...linked, key];
  const addresses = await readAddresses(parts.earners, keys);
  return addresses.every((one) => isMeant(one.record)) ? { person: key, keys, isMeant } : null;
}

/**
 * Whether all that an address was given, by partners and by the Région, was issued before an instant (Unix
 * seconds) and has ended before it, if it ends; and nothing was done for it since, nor is to be.
 */
const isPast =
  (beforeS: number) =>
  ({ assertions, awards }: EarnerRecord): boolean =>
    assertions.every(({ issuedOnS, expiresOnS }) => Math.max(issuedOnS, expiresOnS ?? 0) < beforeS) &&
    [...awards.values()].every(({ state, atS }) => !UNFINISHED.includes(state) && atS < beforeS);
