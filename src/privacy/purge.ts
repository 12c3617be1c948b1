import { DateTime } from 'luxon';
import { readAddresses } from '../earners/person.js';
import { isErased, type Assertion, type AwardState, type EarnerRecord } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import type { JobResult } from '../platform/job-result.js';
import type { Scheme } from '../rules/types.js';
import {
  erasedEntry,
  erasePeople,
  isMoreHeldThanKept,
  personToErase,
  type ErasedNumbers,
  type ErasureParts,
  type PersonToErase,
} from './erase-people.js';
import { requestAofRewrite } from './rewrite-aof.js';

/**
 * Erases people who were given nothing for so many calendar months, and wait for nothing; and
 * completes the erasures that were stopped before their end. May be stopped anywhere: the
 * next one goes on.
 * @param months null: nobody is kept too long
 */
export async function purge(
  parts: ErasureParts & { readonly scheme: Pick<Scheme, 'timeZone'> },
  months: number | null,
  signal: AbortSignal,
): Promise<JobResult> {
  const { clock, scheme, journal } = parts;
  const beforeS = months === null ? null : monthsAgoS(clock(), months, scheme.timeZone);
  let [purged, ended] = [NOTHING, NOTHING];
  try {
    for await (const candidates of candidatesOf(parts, beforeS, signal)) {
      const done = await eraseThem(parts, candidates, beforeS);
      purged = sum(purged, done.purged);
      ended = sum(ended, done.ended);
    }
  } finally {
    // Stopped half-way, it tells of that half.
    const all = sum(purged, ended);
    if (all.people > 0) {
      await journal.write([erasedEntry(parts, 'purged', all)]);
      await requestAofRewrite(parts);
    }
  }
  return { did: 'people purged', facts: { months, ...sum(purged, ended), erasuresEnded: ended.people } };
}

/** One entry of the journal tells of the whole run. */
const tell = async (): Promise<void> => {};

async function eraseThem(
  parts: ErasureParts,
  { past, begun }: Candidates,
  beforeS: number | null,
): Promise<{ readonly purged: ErasedNumbers; readonly ended: ErasedNumbers }> {
  const isMeant = beforeS === null ? () => false : isPast(beforeS);
  const purged = past.length === 0 ? NOTHING : await erasePeople(parts, past, { tell, isMeant });
  const ended = begun.length === 0 ? NOTHING : await erasePeople(parts, begun, { tell });
  return { purged, ended };
}

const monthsAgoS = (nowMs: number, months: number, timeZone: string): number =>
  Math.floor(DateTime.fromMillis(nowMs, { zone: timeZone }).minus({ months }).toSeconds());

const NOTHING: ErasedNumbers = {
  people: 0,
  addresses: 0,
  assertions: 0,
  entries: 0,
  jobs: 0,
  flags: 0,
  awards: 0,
};
const NUMBERS = ['people', 'addresses', 'assertions', 'entries', 'jobs', 'flags', 'awards'] as const;

function sum(a: ErasedNumbers, b: ErasedNumbers): ErasedNumbers {
  const total = { ...a };
  for (const name of NUMBERS) total[name] += b[name];
  return total;
}

/** People of one page of what Redis holds. */
interface Candidates {
  /** Nothing was given to them for too long. */
  readonly past: readonly PersonToErase[];
  /** Whose erasure was stopped before its end. */
  readonly begun: readonly PersonToErase[];
}

/** How many addresses are looked at together: enough to fill the wire, few enough to let others in. */
const TOGETHER = 50;

/** @param beforeS Unix seconds; null: nobody is past */
async function* candidatesOf(
  parts: ErasureParts,
  beforeS: number | null,
  signal: AbortSignal,
): AsyncGenerator<Candidates> {
  // A person may be met under several addresses.
  const met = new Set<EarnerKey>();
  for await (const keys of parts.earners.keys()) {
    for (let at = 0; at < keys.length; at += TOGETHER) {
      signal.throwIfAborted();
      const looked = await Promise.all(
        keys.slice(at, at + TOGETHER).map((key) =>
          findIn(parts, key, beforeS).catch((err: unknown) => {
            parts.log.warn({ earner: key, err }, 'cannot be read, and so not purged');
            return [];
          }),
        ),
      );
      const found = looked.flat().filter(({ person }) => !met.has(person) && met.add(person));
      yield {
        past: found.filter(({ why }) => why === 'past'),
        begun: found.filter(({ why }) => why === 'begun'),
      };
    }
  }
}

type Found = PersonToErase & { readonly why: 'past' | 'begun' };

/** @returns none for one who is to stay */
async function findIn(
  parts: ErasureParts,
  key: EarnerKey,
  beforeS: number | null,
): Promise<readonly Found[]> {
  const record = await parts.earners.read(key);
  const { linkedTo, linked, assertions, journal } = record;
  if (isErased(record))
    return isMoreHeldThanKept(parts, { key, record })
      ? [{ ...(await personToErase(parts, key)), why: 'begun' }]
      : [];
  if (linkedTo !== null) return [];
  const isToldOnly = assertions.length + linked.length === 0;
  if (isToldOnly && (journal.length === 0 || journal.some(({ atS }) => atS >= (beforeS ?? 0)))) return [];
  if (beforeS === null || !isPast(beforeS)(record)) return [];
  const keys = [...linked, key];
  const addresses = await readAddresses(parts, keys);
  return addresses.every((one) => isPast(beforeS)(one.record)) ? [{ person: key, keys, why: 'past' }] : [];
}

const areOld = (assertions: readonly Assertion[], beforeS: number): boolean =>
  assertions.every(({ issuedOnS, expiresOnS }) => Math.max(issuedOnS, expiresOnS ?? 0) < beforeS);

/** States in which something is still to happen. */
const UNFINISHED: ReadonlySet<AwardState> = new Set(['due', 'claimed', 'unknown', 'revoking']);

/**
 * Whether all that an address was given, by partners and by the Région, was issued before an instant (Unix
 * seconds) and has ended before it, if it ends; and nothing was done for it since, nor is to be.
 */
const isPast =
  (beforeS: number) =>
  ({ assertions, awards }: EarnerRecord): boolean =>
    areOld(assertions, beforeS) &&
    [...awards.values()].every(({ state, atS }) => !UNFINISHED.has(state) && atS < beforeS);
