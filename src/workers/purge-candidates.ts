import type { EarnerKey } from '../ids.js';
import type { AwardState } from '../issuing/award-record.js';
import type { Assertion } from '../portfolio/assertion.js';
import { personToErase } from './erase-earner.js';
import type { PersonToErase } from './erasing.js';
import { isMoreHeldThanLasts } from './held-of.js';
import type { Pipeline } from './pipeline.js';
import { readAddresses, type Address } from './read-addresses.js';

/** People of one page of what Redis holds. */
export interface Candidates {
  /** Nothing was given to them for too long. */
  readonly past: readonly PersonToErase[];
  /** Whose erasure was begun, and not ended; or written after. */
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
  for await (const keys of pipeline.portfolios.keys()) {
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
  const { erasing, linkedTo, linked, assertions, erasedAtS } = await pipeline.portfolios.read(key);
  if (erasing !== null) return [{ ...(await personToErase(pipeline, key)), why: 'begun' }];
  if (linkedTo !== null) return [];
  if (assertions.length === 0 && linked.length === 0 && erasedAtS !== null) {
    const isMore = await isMoreHeldThanLasts(pipeline, key);
    return isMore ? [{ person: key, keys: [key], why: 'begun' }] : [];
  }
  if (assertions.length === 0 && linked.length === 0 && !(await isToldOnly(pipeline, key, beforeS)))
    return [];
  if (beforeS === null || !areOld(assertions, beforeS)) return [];
  const keys = [...linked, key];
  return isPast(beforeS)(await readAddresses(pipeline, keys)) ? [{ person: key, keys, why: 'past' }] : [];
}

/** Whether there is but what the account tells of them, and all of it happened before that instant. */
async function isToldOnly(
  { audit }: Pick<Pipeline, 'audit'>,
  key: EarnerKey,
  beforeS: number | null,
): Promise<boolean> {
  if (beforeS === null || !(await audit.isNoted(key))) return false;
  return (await audit.ofEarner(key)).every(({ atS }) => atS < beforeS);
}

const areOld = (assertions: readonly Assertion[], beforeS: number): boolean =>
  assertions.every(({ issuedOnS, expiresOnS }) => Math.max(issuedOnS, expiresOnS ?? 0) < beforeS);

/** States in which something is still to happen. */
const UNFINISHED: ReadonlySet<AwardState> = new Set(['due', 'claimed', 'unknown', 'revoking']);

/**
 * Whether all that a person was given, by partners and by the Région, was issued before an instant (Unix
 * seconds) and has ended before it, if it ends; and nothing was done for them since, nor is to be.
 */
export const isPast =
  (beforeS: number) =>
  (addresses: readonly Address[]): boolean =>
    addresses.every(
      ({ assertions, records }) =>
        areOld(assertions, beforeS) &&
        [...records.values()].every(({ state, atS }) => !UNFINISHED.has(state) && atS < beforeS),
    );
