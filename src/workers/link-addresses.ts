import type { EarnerKey } from '../ids.js';
import { secondsOf } from '../platform/clock.js';
import { entryOf } from './account.js';
import { enqueueEarners } from './enqueue-earners.js';
import type { Pipeline } from './pipeline.js';
import { addressesFrom, personKeyOf, type Files } from './read-addresses.js';
import { withdrawWaiting } from './under-way.js';

export interface Linked {
  /** Stands for the person. */
  readonly person: EarnerKey;
  /** All keys of the person, `person` among them. */
  readonly keys: readonly EarnerKey[];
  /** Whether anything was to be done. */
  readonly changed: boolean;
  /** Awards that waited for an address on its own; the person is given them instead, if they are due them. */
  readonly withdrawn: number;
}

/**
 * Makes all addresses of `other`'s person addresses of `one`'s: what each earned counts together, and what
 * any of them holds is held. What is on its way goes on; the person is given no second one meanwhile. May
 * be repeated; a link that was broken off is ended.
 */
export async function linkAddresses(pipeline: Pipeline, one: EarnerKey, other: EarnerKey): Promise<Linked> {
  const { earners, flags, queues, log } = pipeline;
  const files = await addressesFrom(earners, [one, other]);
  const person = personKeyOf(files, one);
  const others = [...files.keys()].filter((key) => key !== person);
  const changed = await joinAll(pipeline, files, person, personKeyOf(files, other));
  const withdrawn = await withdrawWaiting(pipeline, others);
  for (const key of others) await flags.lower(key, [...(files.get(key)?.flags.keys() ?? [])]);
  await tellOnce(pipeline, 'linked', person, others);
  await enqueueEarners(queues.earners, [person], 'link');
  if (changed) log.info({ earner: person, addresses: files.size }, 'addresses linked');
  return { person, keys: [person, ...others], changed, withdrawn };
}

/**
 * Has every one of these addresses point to `person`, and to nobody else.
 * @param joining whoever stood for some of them until now
 * @returns whether one of them did not
 */
export async function joinAll(
  { portfolios }: Pick<Pipeline, 'portfolios'>,
  files: Files,
  person: EarnerKey,
  joining: EarnerKey,
): Promise<boolean> {
  const own = files.get(person);
  const amiss = [...files].flatMap(([key, { linkedTo, linked }]) =>
    key === person || (linkedTo === person && linked.length === 0 && own?.linked.includes(key) === true)
      ? []
      : [key],
  );
  const first = [joining, ...amiss].find(
    (key) => amiss.includes(key) && (files.get(key)?.linked ?? []).length > 0,
  );
  const head = first ?? amiss[0];
  if (head !== undefined)
    await portfolios.link(
      person,
      head,
      amiss.filter((key) => key !== head),
    );
  // Of two links that met, each the other way round, one is left.
  const above = own?.linkedTo ?? null;
  if (above !== null) await portfolios.unlink(above, person);
  return head !== undefined || above !== null;
}

/** Told once of each of `others` whose last word it is not yet, and of the person beside them. */
export async function tellOnce(
  { journal, clock }: Pick<Pipeline, 'journal' | 'clock'>,
  kind: 'linked' | 'unlinked',
  person: EarnerKey,
  others: readonly EarnerKey[],
): Promise<void> {
  const atS = secondsOf(clock);
  const entryFor = (earner: EarnerKey) => entryOf(kind, atS, { earner, cause: 'ops' });
  const told: EarnerKey[] = [];
  for (const key of others)
    await journal.tell(key, (record) => {
      const last = record.journal.findLast((entry) => entry.kind === 'linked' || entry.kind === 'unlinked');
      const isTold = (last?.kind ?? 'unlinked') === kind;
      if (!isTold) told.push(key);
      return { record, entries: isTold ? [] : [entryFor(key)] };
    });
  if (told.length > 0) await journal.write([entryFor(person)]);
}
