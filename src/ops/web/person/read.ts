import { linkedRecords, personKeyOf, type LinkedRecords } from '../../../earners/person.js';
import type { Contact } from '../../../earners/record.js';
import { asEarnerKey, type EarnerKey } from '../../../ids.js';
import { withoutUnseenEnds } from '../../../platform/invisible.js';
import { earnerJobId } from '../../../queue/jobs.js';
import { buildExplanation } from '../../../rules/explain/explanation.js';
import { decide, type Decision } from '../../../workers/decide.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { backgroundOfPerson } from '../../shared/explain-person.js';
import { maskAddress } from '../../shared/masked.js';
import { OpsProblem } from '../http/problem.js';
import { paramOf, type PageContext } from '../route.js';
import { explainAwards } from './explain-awards.js';

/** One address of a person. */
export type AddressShown = ReturnType<typeof addressOf>;

export type PersonModel = Awaited<ReturnType<typeof readPersonPage>>;
export type KnownPerson = Extract<PersonModel, { readonly kind: 'known' }>;

/** What `earnerKeyOf` makes: 128 bits in base64url. */
const KEY = /^[\w-]{22}$/;

/** The key in a path, or in a form; null for what is none. */
export function keyIn(text: string | null | undefined): EarnerKey | null {
  const typed = withoutUnseenEnds(text ?? '');
  return KEY.test(typed) ? asEarnerKey(typed) : null;
}

/** @throws OpsProblem `not_found` for what is no key */
export function keyInPath(context: PageContext): EarnerKey {
  const key = keyIn(paramOf(context, 'earner'));
  if (key === null) throw new OpsProblem('not_found');
  return key;
}

/** A few dozen commands of Redis, however many people and jobs there are. @param shown addresses whole */
export async function readPersonPage(context: PageContext, shown = false) {
  const { pipeline, hasParcours } = context;
  const asked = keyInPath(context);
  const records = await linkedRecords(pipeline.earners, [asked]);
  const earner = personKeyOf(records, asked);
  const all = [...records.values()];
  const common = {
    /** Of the person's first address. */
    earner,
    isErasing: all.some(({ tombstone }) => (tombstone?.entriesToUnindex.length ?? 0) > 0),
    /** Unix seconds; null: never. */
    erasedAtS: all.reduce<number | null>((last, { tombstone }) => tombstone?.erasedAtS ?? last, null),
  };
  const decision = await decide(pipeline, earner);
  if (isUnknown(decision, records)) return { ...common, kind: 'unknown' as const };
  const keys = [earner, ...[...records.keys()].filter((key) => key !== earner)];
  const addresses = keys.map((key) =>
    addressOf(key, records.get(key)?.contact ?? null, key === earner, shown),
  );
  // Of one second, the last written comes first.
  const entries = keys
    .flatMap((key) => records.get(key)?.journal ?? [])
    .toReversed()
    .toSorted((a, b) => b.atS - a.atS);
  const canBeSentLink = hasParcours && addresses[0]?.address !== null;
  const explained = await explain(pipeline, decision);
  return { ...common, kind: 'known' as const, addresses, shown, canBeSentLink, entries, ...explained };
}

/** An unknown person, or one with only traces left. */
function isUnknown({ person }: Decision, records: LinkedRecords): boolean {
  const all = [...records.values()];
  const isEmpty = all.every(
    ({ contact, journal, assertions }) => contact === null && journal.length + assertions.length === 0,
  );
  return isEmpty && (person.records.length === 0 || all.some(({ tombstone }) => tombstone !== null));
}

const addressOf = (key: EarnerKey, contact: Contact | null, own: boolean, shown: boolean) => ({
  key,
  /** Masked, unless the operator asked for it; null: not kept. */
  address: contact === null ? null : shown ? contact.address : maskAddress(contact.address),
  /** As the organisation typed it; null: not kept, or not asked for. */
  name: shown ? (contact?.name ?? null) : null,
  /** It is the person's first. */
  own,
});

async function explain({ queues, region }: Pipeline, decision: Decision) {
  const { rules, person, evaluation } = decision;
  const { scheme } = rules;
  const [job, paused] = await Promise.all([
    queues.earners.getJob(earnerJobId(person.earner)),
    queues.awards.isPaused(),
  ]);
  const background = backgroundOfPerson(decision);
  const explanation = buildExplanation(scheme, evaluation, background);
  return {
    ...explainAwards(explanation, person.records),
    scheme,
    region,
    evaluation: job === undefined ? 'none' : job.finishedOn === undefined ? 'waits' : 'failed',
    paused,
  } as const;
}
