import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { EarnerKey } from '../../../ids.js';
import type { Contact } from '../../../earners/record.js';
import { earnerJobId } from '../../../queue/jobs.js';
import { buildExplanation } from '../../../rules/explain/explanation.js';
import { decide, type Decision } from '../../../workers/decide.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { linkedRecords, personKeyOf, type LinkedRecords } from '../../../earners/links.js';
import { maskAddress } from '../../shared/masked.js';
import { backgroundOf } from '../../shared/background.js';
import type { Lang } from '../../shared/words.js';
import type { PageContext } from '../context.js';
import { OpsProblem } from '../http/problem.js';
import { gridOf, leftOutOf, type Grid } from './grid.js';
import { timelineOf, type Happened } from './timeline.js';
import { keyIn } from './typed.js';

/** One address of a person. */
export interface AddressShown {
  readonly key: EarnerKey;
  /** Masked, unless whoever looks asked for it; null: not kept. */
  readonly address: string | null;
  /** As the organisation typed it; null: not kept, or not asked for. */
  readonly name: string | null;
  /** It stands for the person. */
  readonly own: boolean;
}

interface Common {
  /** That stands for the person. */
  readonly earner: EarnerKey;
  readonly being: 'kept' | 'erasing';
  /** Unix seconds; null: never. */
  readonly erasedAtS: number | null;
}

export interface KnownPerson extends Common {
  readonly kind: 'known';
  readonly addresses: readonly AddressShown[];
  /** The addresses are shown whole. */
  readonly shown: boolean;
  readonly grid: Grid;
  readonly leftOut: Readonly<Record<Lang, readonly string[]>>;
  readonly timeline: readonly Happened[];
  /** Whether an evaluation waits to be done, or failed. */
  readonly evaluation: 'none' | 'waits' | 'failed';
  readonly paused: boolean;
}

export type PersonModel = KnownPerson | (Common & { readonly kind: 'unknown' });

/** @throws OpsProblem `not_found` for what is no key */
export const readPersonPage = (context: PageContext): Promise<PersonModel> =>
  readPersonModel(context.pipeline, keyInPath(context), false);

/** @throws OpsProblem `not_found` */
export function keyInPath({ params }: Pick<PageContext, 'params'>): EarnerKey {
  const key = keyIn(params['earner']);
  if (key === null) throw new OpsProblem('not_found');
  return key;
}

/** A few dozen commands of Redis, however many people and jobs there are. @param shown addresses whole */
export async function readPersonModel(
  pipeline: Pipeline,
  asked: EarnerKey,
  shown: boolean,
): Promise<PersonModel> {
  const files = await linkedRecords(pipeline.earners, [asked]);
  const earner = personKeyOf(files, asked);
  const all = [...files.values()];
  const common: Common = {
    earner,
    being: all.some(({ tombstone }) => (tombstone?.entriesToUnindex.length ?? 0) > 0) ? 'erasing' : 'kept',
    erasedAtS: all.reduce<number | null>((last, { tombstone }) => tombstone?.erasedAtS ?? last, null),
  };
  const keys = [earner, ...[...files.keys()].filter((key) => key !== earner)];
  const decision = await decide(pipeline, earner);
  if (isUnknown(decision, files)) return { ...common, kind: 'unknown' };
  const addresses = keys.map((key) => addressOf(key, files.get(key)?.contact ?? null, key === earner, shown));
  const own = keys.flatMap((key) =>
    (files.get(key)?.journal ?? []).toSorted((a, b) => a.atS - b.atS).map((entry) => [key, entry] as const),
  );
  return { ...common, kind: 'known', addresses, shown, ...(await readTold(pipeline, decision, own)) };
}

/** Nobody, or somebody of whom nothing but traces is left. */
function isUnknown({ person }: Decision, files: LinkedRecords): boolean {
  const records = [...files.values()];
  return (
    records.every(
      ({ contact, journal, assertions }) => contact === null && journal.length + assertions.length === 0,
    ) &&
    (person.records.length === 0 || records.some(({ tombstone }) => tombstone !== null))
  );
}

const addressOf = (key: EarnerKey, contact: Contact | null, own: boolean, shown: boolean): AddressShown => ({
  key,
  address: contact === null ? null : shown ? contact.address : maskAddress(contact.address),
  name: shown ? (contact?.name ?? null) : null,
  own,
});

async function readTold(
  pipeline: Pipeline,
  decision: Decision,
  entries: readonly (readonly [EarnerKey, JournalEntry])[],
) {
  const { queues, region } = pipeline;
  const { rules, person, evaluation, waiting } = decision;
  const [job, paused] = await Promise.all([
    queues.earners.getJob(earnerJobId(person.earner)),
    queues.awards.isPaused(),
  ]);
  const background = backgroundOf(evaluation, {
    entries: entries.map(([, entry]) => entry),
    flags: person.addresses.flatMap(({ record }) =>
      [...record.flags].map(([badgeId, atS]) => ({ badgeId, atS })),
    ),
    waiting,
  });
  const told = buildExplanation(rules.scheme, evaluation, background, person.portfolio.assertions);
  const facts = { told, records: person.records };
  return {
    grid: gridOf(facts),
    leftOut: { fr: leftOutOf(facts, 'fr'), en: leftOutOf(facts, 'en') },
    timeline: timelineOf(rules.scheme, region, entries),
    evaluation: job === undefined ? 'none' : job.finishedOn === undefined ? 'waits' : 'failed',
    paused,
  } as const;
}
