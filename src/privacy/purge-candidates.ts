import { type Assertion, type AwardState, type EarnerRecord, isErased } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import { isMoreHeldThanLasts, personToErase, type PersonToErase } from './erase-people.js';
import type { Pipeline } from '../workers/pipeline.js';
import { readAddresses } from '../earners/person.js';

/** People of one page of what Redis holds. */
export interface Candidates {
  /** Nothing was given to them for too long. */
  readonly past: readonly PersonToErase[];
  /** Whose erasure was stopped before its end. */
  readonly begun: readonly PersonToErase[];
}

/** How many addresses are looked at together: enough to fill the wire, few enough to let others in. */
const TOGETHER = 50;

/** @param beforeS Unix seconds; null: nobody is past */
export async function* candidatesOf(
  pipeline: Pipeline,
  beforeS: number | null,
  signal: AbortSignal,
): AsyncGenerator<Candidates> {
  // A person may be met under several addresses.
  const met = new Set<EarnerKey>();
  for await (const keys of pipeline.earners.keys()) {
    for (let at = 0; at < keys.length; at += TOGETHER) {
      signal.throwIfAborted();
      const looked = await Promise.all(
        keys.slice(at, at + TOGETHER).map((key) => lookAt(pipeline, key, beforeS)),
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

/** One who cannot be read does not stop the others. */
async function lookAt(pipeline: Pipeline, key: EarnerKey, beforeS: number | null): Promise<readonly Found[]> {
  try {
    return await judge(pipeline, key, beforeS);
  } catch (err) {
    pipeline.log.warn({ earner: key, err }, 'cannot be read, and so not purged');
    return [];
  }
}

async function judge(pipeline: Pipeline, key: EarnerKey, beforeS: number | null): Promise<readonly Found[]> {
  const record = await pipeline.earners.read(key);
  const { linkedTo, linked, assertions, journal } = record;
  if (isErased(record))
    return isMoreHeldThanLasts(pipeline, { key, record })
      ? [{ ...(await personToErase(pipeline, key)), why: 'begun' }]
      : [];
  if (linkedTo !== null) return [];
  const isToldOnly = assertions.length + linked.length === 0;
  if (isToldOnly && (journal.length === 0 || journal.some(({ atS }) => atS >= (beforeS ?? 0)))) return [];
  if (beforeS === null || !isPast(beforeS)(record)) return [];
  const keys = [...linked, key];
  const addresses = await readAddresses(pipeline, keys);
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
export const isPast =
  (beforeS: number) =>
  ({ assertions, awards }: EarnerRecord): boolean =>
    areOld(assertions, beforeS) &&
    [...awards.values()].every(({ state, atS }) => !UNFINISHED.has(state) && atS < beforeS);
