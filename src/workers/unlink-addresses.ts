import type { EarnerKey } from '../ids.js';
import type { AwardRecord } from '../earners/award-record.js';
import { divideRecords, type Amendment } from './divide-records.js';
import { enqueueEarners } from './enqueue-earners.js';
import { joinAll, tellOnce } from './link-addresses.js';
import type { Pipeline } from './pipeline.js';
import { addressesFrom, personKeyOf, readAddresses } from './read-addresses.js';
import { StillUnderWay, underWay, within } from './under-way.js';

export interface Unlinked {
  /** Stand for the two people. */
  readonly people: readonly [EarnerKey, EarnerKey];
  /** False: they were two already. */
  readonly changed: boolean;
  /** How many awards turned out to be the other one's. */
  readonly moved: number;
}

/** How long to wait for what is on its way, milliseconds, and until when. */
export interface Waiting {
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/**
 * Makes `other` a person of its own again, with all that came under that address and all that OBF gave to
 * it; the person's other addresses stay together. Both are evaluated. May be repeated.
 * @throws StillUnderWay when an award of the person does not arrive in time, RegionUnreadable or an ObfError
 *   when the Région's account cannot be read: the addresses are as they were then
 */
export async function unlinkAddress(
  pipeline: Pipeline,
  one: EarnerKey,
  other: EarnerKey,
  waiting: Waiting,
): Promise<Unlinked> {
  const { earners, queues, log } = pipeline;
  const files = await addressesFrom(earners, [one, other]);
  const person = personKeyOf(files, one);
  if (personKeyOf(files, other) !== person) return { people: [one, other], changed: false, moved: 0 };
  await joinAll(pipeline, files, person, person);
  const others = [...files.keys()].filter((key) => key !== person);
  // Whoever stands for the person cannot leave: the others do.
  const parting =
    other === person
      ? { head: one, leaving: others, staying: [person] }
      : { head: other, leaving: [other], staying: [...files.keys()].filter((key) => key !== other) };
  const moved = await part(pipeline, person, parting, waiting);
  await tellOnce(pipeline, 'unlinked', person, [parting.head]);
  await enqueueEarners(queues.earners, [person, parting.head], 'unlink');
  log.info({ earner: person, unlinked: parting.head, moved }, 'address unlinked');
  return { people: [person, parting.head], changed: true, moved };
}

interface Parting {
  /** Stands for those that leave. */
  readonly head: EarnerKey;
  readonly leaving: readonly EarnerKey[];
  readonly staying: readonly EarnerKey[];
}

/**
 * What was decided for the one person may be sent to an address of either. So between the two steps of
 * the parting nothing is given to those who leave, until all of that has arrived, and was read back.
 */
async function part(
  pipeline: Pipeline,
  person: EarnerKey,
  { head, leaving, staying }: Parting,
  waiting: Waiting,
): Promise<number> {
  const { portfolios } = pipeline;
  const its = leaving.filter((key) => key !== head);
  await arrive(pipeline, [...leaving, ...staying], waiting);
  for (const key of its) await portfolios.link(head, key);
  await portfolios.part(person, leaving);
  try {
    await arrive(pipeline, [...leaving, ...staying], waiting);
    const moved = await divide(pipeline, leaving, staying);
    await portfolios.unlink(person, head);
    return moved;
  } catch (error) {
    await portfolios.link(person, head, its);
    throw error;
  }
}

/** Resolves when nothing is on its way, and all that OBF has is known. */
async function arrive(
  pipeline: Pipeline,
  keys: readonly EarnerKey[],
  { withinMs, signal }: Waiting,
): Promise<void> {
  if (!(await within(withinMs, signal, async () => (await underWay(pipeline, keys)) === null)))
    throw new StillUnderWay();
  await pipeline.mirror.refresh(signal);
}

async function divide(
  pipeline: Pipeline,
  leaving: readonly EarnerKey[],
  staying: readonly EarnerKey[],
): Promise<number> {
  const [left, stayed] = [await readAddresses(pipeline, leaving), await readAddresses(pipeline, staying)];
  const amendments = divideRecords(left, stayed);
  for (const amendment of amendments) await write(pipeline, amendment);
  return amendments.filter(({ to }) => to?.state === 'issued' || to?.state === 'blocked').length;
}

/** Unless an evaluation was quicker: it knows no less. */
async function write({ ledger }: Pipeline, { key, badgeId, from, to }: Amendment): Promise<void> {
  const read = JSON.stringify(from);
  const as = (now: AwardRecord | null): AwardRecord | null => (JSON.stringify(now) === read ? to : now);
  await ledger.amend(key, badgeId, as);
}
