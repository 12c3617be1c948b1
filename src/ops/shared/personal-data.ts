import { z } from 'zod';
import { AWARD_STATES, type AwardRecord } from '../../earners/record.js';
import { linkedRecords, personKeyOf } from '../../earners/person.js';
import type { BadgeId, EarnerKey } from '../../ids.js';
import { journalLine, journalLineSchema } from '../../earners/journal-entry.js';
import { type Clock, secondsOf } from '../../platform/clock.js';
import { fieldOf } from '../../platform/logger.js';
import { earnerOfJob, jobsAbout } from '../../privacy/remove-traces.js';
import { splitAllArrivals } from '../../queue/arrivals.js';
import type { Queues } from '../../queue/enqueue.js';
import { QUEUES } from '../../queue/jobs.js';
import { assertionJson, assertionSchema, isoOf } from '../../rules/explain/json.js';
import type { Pipeline } from '../../workers/pipeline.js';

const iso = z.string().nullable();
const seconds = z.int().describe('Unix seconds.');
const sinceFields = { since_s: seconds, since_iso: iso };

const awardSchema = z.strictObject({
  badge: z.string(),
  state: z.enum(AWARD_STATES),
  ...sinceFields,
  event: z.string().nullable().describe('The OBF event that gave it.'),
  batch: z.string().nullable(),
  reason: z.string().nullable().describe("OBF's, where it refused."),
  cause: z.string().nullable().describe('What set it off.'),
  no_email: z.boolean().describe('Whether OBF is to send no e-mail.'),
  forgiven: z.array(z.string()).describe('Events whose revocation does not block the award.'),
});

const jobSchema = z.strictObject({
  queue: z.string(),
  id: z.string(),
  name: z.string(),
  state: z.string(),
  ...sinceFields,
  url: z.string().nullable().describe('Of the credential that it is to read.'),
  reason: z.string().nullable().describe('Why it failed.'),
});

const addressSchema = z.strictObject({
  earner: z.string().describe('The key that stands for the address: its keyed fingerprint.'),
  address: z.string().nullable().describe('`export` has it whole; `show` masks all but the one asked for.'),
  name: z.string().nullable().describe('As the organisation typed it; `show` leaves it out.'),
  linked_to: z
    .string()
    .nullable()
    .describe('The key of the person, where ops linked this address to another.'),
  being_erased: z.boolean(),
  erased_on_s: seconds.nullable(),
  erased_on_iso: iso,
  assertions: z.array(assertionSchema).describe("Partners' badges, and the Région's."),
  awards: z.array(awardSchema).describe('How far each award of the Région is.'),
  flags: z.array(z.strictObject({ badge: z.string(), ...sinceFields })),
  account: z.array(journalLineSchema).describe('What was decided and done.'),
  jobs: z.array(jobSchema).describe('What waits to be done, or failed.'),
});

/** All data stored about one person, as `earner export` prints it. Programs may rely on this form. */
export const earnerSchema = z.strictObject({
  earner: z.string().describe('The key that stands for the person.'),
  exported_s: seconds,
  exported_iso: iso,
  addresses: z.array(addressSchema),
});

type EarnerJson = z.output<typeof earnerSchema>;

type HeldJob = z.output<typeof jobSchema>;

/** All data stored about one person; `requestedKey` is the key of the requested address. */
export type PersonalData = Awaited<ReturnType<typeof collectPersonalData>>;
export type AddressData = PersonalData['addresses'][number];

/** Reads all linked addresses, the person's own first. An unknown address has an empty record. */
export async function readLinkedAddresses({ earners }: Pick<Pipeline, 'earners'>, requestedKey: EarnerKey) {
  const records = await linkedRecords(earners, [requestedKey]);
  const person = personKeyOf(records, requestedKey);
  const addresses = [...records]
    .map(([key, record]) => ({ key, record }))
    .toSorted((a, b) => Number(b.key === person) - Number(a.key === person));
  return { person, addresses };
}

/** Reads all data about a person, oldest first in each record; their own address comes first. */
export async function collectPersonalData(sources: Pipeline, requestedKey: EarnerKey) {
  const { person, addresses } = await readLinkedAddresses(sources, requestedKey);
  const jobs = await jobsOf(sources.queues, new Set(addresses.map(({ key }) => key)));
  return {
    person,
    requestedKey,
    addresses: addresses.map(({ key, record }) => ({
      key,
      record: {
        ...record,
        assertions: record.assertions.toSorted((a, b) => a.issuedOnS - b.issuedOnS),
        journal: record.journal.toSorted((a, b) => a.atS - b.atS),
      },
      jobs: jobs.filter(({ id }) => earnerOfJob(id) === key),
    })),
  };
}

/** Whether nothing is stored about the person, not even a tombstone. */
export const isUnknownPerson = ({ addresses }: PersonalData): boolean =>
  addresses.every(
    ({ record: { contact, tombstone, assertions, awards, journal }, jobs }) =>
      contact === null &&
      tombstone === null &&
      assertions.length + awards.size + journal.length + jobs.length === 0,
  );

/** Whether a badge was read for this address, or it is linked to another. */
export async function isKnown({ earners }: Pick<Pipeline, 'earners'>, key: EarnerKey): Promise<boolean> {
  const { assertions, linked, linkedTo } = await earners.read(key);
  return assertions.length + linked.length > 0 || linkedTo !== null;
}

async function jobsOf(queues: Queues, keys: ReadonlySet<EarnerKey>): Promise<readonly HeldJob[]> {
  await splitAllArrivals({ queues });
  const jobs: HeldJob[] = [];
  for (const queue of QUEUES)
    for (const id of await jobsAbout(queues[queue], keys)) {
      const job = await queues[queue].getJob(id);
      if (job === undefined) continue;
      const url = fieldOf(job.data, 'url');
      jobs.push({
        queue,
        id,
        name: job.name,
        state: await job.getState(),
        ...sinceJson(Math.floor(job.timestamp / 1000)),
        url: typeof url === 'string' ? url : null,
        reason: job.failedReason ?? null,
      });
    }
  return jobs;
}

/** Returns the address and the name to show; null: hidden. */
export type ContactToShow = (one: AddressData) => Pick<z.output<typeof addressSchema>, 'address' | 'name'>;

/** For the person themselves. */
const SHOW_ALL: ContactToShow = ({ record: { contact } }) => ({
  address: contact?.address ?? null,
  name: contact?.name ?? null,
});

/** Returns `l…@e….org`: enough to recognise an address that one knows. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const [name, host] = [address.slice(0, at), address.slice(at + 1)];
  const dot = host.lastIndexOf('.');
  return `${firstLetter(name)}…@${firstLetter(host)}…${dot > 0 ? host.slice(dot) : ''}`;
}

const firstLetter = (text: string): string => /^./u.exec(text)?.[0] ?? '';

export function earnerJson({ person, addresses }: PersonalData, clock: Clock, shown = SHOW_ALL): EarnerJson {
  const exportedS = secondsOf(clock);
  return {
    earner: person,
    exported_s: exportedS,
    exported_iso: isoOf(exportedS),
    addresses: addresses.map((one) => addressJson(one, shown)),
  };
}

function addressJson(one: AddressData, shown: ContactToShow): EarnerJson['addresses'][number] {
  const { key, record, jobs } = one;
  const { tombstone } = record;
  return {
    earner: key,
    ...shown(one),
    linked_to: record.linkedTo,
    being_erased: (tombstone?.entriesToUnindex.length ?? 0) > 0,
    erased_on_s: tombstone?.erasedAtS ?? null,
    erased_on_iso: isoOf(tombstone?.erasedAtS ?? null),
    assertions: record.assertions.map(assertionJson),
    awards: [...record.awards].map(([badgeId, award]) => awardJson(badgeId, award)),
    flags: [...record.flags].map(([badge, atS]) => ({ badge, ...sinceJson(atS) })),
    account: record.journal.map(journalLine),
    jobs: [...jobs],
  };
}

const sinceJson = (atS: number) => ({ since_s: atS, since_iso: isoOf(atS) });

const awardJson = (badge: BadgeId, award: AwardRecord): z.output<typeof awardSchema> => ({
  badge,
  state: award.state,
  ...sinceJson(award.atS),
  event: 'event' in award ? award.event : null,
  batch: 'batch' in award ? award.batch : null,
  reason: 'why' in award ? award.why : null,
  cause: 'cause' in award ? (award.cause ?? null) : null,
  no_email: 'suppressEmail' in award && award.suppressEmail === true,
  forgiven: [...award.ignoredRevocations],
});
