import { assertionJson, isoOf } from '../../rules/explain/rule-json.js';
import { AWARD_STATES } from '../../earners/codec.js';
import { z } from 'zod';
import type { JournalEntry } from '../../earners/journal-entry.js';
import type { Contact, EarnerRecord } from '../../earners/record.js';
import type { BadgeId, EarnerKey } from '../../ids.js';
import type { AwardRecord } from '../../issuing/award-record.js';
import type { Flag } from '../../issuing/review-flags.js';
import { journalLine, journalLineSchema } from '../../journal/line.js';
import { type Clock, secondsOf } from '../../platform/clock.js';
import { earnerOfJob, jobsAbout } from '../../privacy/remove-jobs.js';
import { type QueueName, QUEUES } from '../../queue/jobs.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { linkedRecords, personKeyOf } from '../../earners/links.js';
import { sortAllArrivals } from '../../queue/arrivals.js';

const iso = z.string().nullable();
const seconds = z.int().describe('Unix seconds.');

const assertionForm = z.strictObject({
  assertion: z.string(),
  client: z.string().describe('The OBF client that issued it.'),
  badge: z.string(),
  event: z.string().nullable(),
  issued_on_s: seconds,
  issued_on_iso: iso,
  expires_on_s: seconds.nullable(),
  expires_on_iso: iso,
  revoked: z.boolean(),
});

const recordForm = z.strictObject({
  badge: z.string(),
  state: z.enum(AWARD_STATES),
  since_s: seconds,
  since_iso: iso,
  event: z.string().nullable().describe('The OBF event that gave it.'),
  batch: z.string().nullable(),
  reason: z.string().nullable().describe("OBF's, where it refused."),
  cause: z.string().nullable().describe('What set it off.'),
  no_email: z.boolean().describe('Whether OBF is to send no e-mail.'),
  forgiven: z.array(z.string()).describe('Events whose revocation does not block the award.'),
});

const jobForm = z.strictObject({
  queue: z.string(),
  id: z.string(),
  name: z.string(),
  state: z.string(),
  since_s: seconds,
  since_iso: iso,
  url: z.string().nullable().describe('Of the credential that it is to read.'),
  reason: z.string().nullable().describe('Why it failed.'),
});

const addressForm = z.strictObject({
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
  assertions: z.array(assertionForm).describe("Partners' badges, and the Région's."),
  awards: z.array(recordForm).describe('How far each award of the Région is.'),
  flags: z.array(z.strictObject({ badge: z.string(), since_s: seconds, since_iso: iso })),
  account: z.array(journalLineSchema).describe('What was decided and done.'),
  jobs: z.array(jobForm).describe('What waits to be done, or failed.'),
});

/** Everything that Palier holds about one person, as `earner export` prints it and programs may rely on it. */
export const earnerSchema = z.strictObject({
  earner: z.string().describe('The key that stands for the person.'),
  exported_s: seconds,
  exported_iso: iso,
  addresses: z.array(addressForm),
});

export type EarnerJson = z.output<typeof earnerSchema>;
export type RecordJson = z.output<typeof recordForm>;

/** A job about somebody that waits, runs, or has failed. */
export interface HeldJob {
  readonly queue: QueueName;
  readonly id: string;
  /** Whom it is about. */
  readonly earners: readonly EarnerKey[];
  readonly name: string;
  readonly state: string;
  /** When it was made, Unix seconds. */
  readonly sinceS: number;
  /** Where the credential stands that it is to read; null: it is about something else. */
  readonly url: string | null;
  readonly failedReason: string | null;
}

/** Everything that is held about one address. */
export interface HeldAddress {
  readonly key: EarnerKey;
  /** Null where nothing but traces is left. */
  readonly contact: Contact | null;
  readonly file: EarnerRecord;
  readonly records: ReadonlyMap<BadgeId, AwardRecord>;
  readonly flags: readonly Flag[];
  /** Of the account. */
  readonly entries: readonly JournalEntry[];
  readonly jobs: readonly HeldJob[];
}

/** Everything that is held about one person. */
export interface HeldPerson {
  /** The key that stands for the person. */
  readonly person: EarnerKey;
  /** That of the address asked for. */
  readonly asked: EarnerKey;
  /** The person's own first. */
  readonly addresses: readonly HeldAddress[];
}

/** Reads it all. An address of which nothing is held has an empty file. */
export async function collectPersonalData(pipeline: Pipeline, asked: EarnerKey): Promise<HeldPerson> {
  const files = await linkedRecords(pipeline.earners, [asked]);
  const person = personKeyOf(files, asked);
  const keys = [person, ...[...files.keys()].filter((key) => key !== person)];
  const jobs = await heldJobs(pipeline, new Set(keys));
  const addresses = [...files].map(([key, file]) => heldAddress(key, file, jobs));
  addresses.sort((a, b) => keys.indexOf(a.key) - keys.indexOf(b.key));
  return { person, asked, addresses };
}

/** Whether anything at all is held, be it only that they were erased. */
export const isNobody = ({ addresses }: HeldPerson): boolean =>
  addresses.every(
    ({ contact, file, records, entries, jobs }) =>
      contact === null &&
      file.tombstone === null &&
      file.assertions.length + records.size + entries.length + jobs.length === 0,
  );

const heldAddress = (key: EarnerKey, file: EarnerRecord, jobs: readonly HeldJob[]): HeldAddress => ({
  key,
  contact: file.contact,
  file,
  records: file.awards,
  flags: [...file.flags].map(([badgeId, atS]) => ({ earner: key, badgeId, atS })),
  entries: file.journal.toSorted((a, b) => a.atS - b.atS),
  jobs: jobs.filter(({ earners }) => earners.includes(key)),
});

async function heldJobs({ queues }: Pipeline, keys: ReadonlySet<EarnerKey>): Promise<readonly HeldJob[]> {
  await sortAllArrivals({ queues });
  const found: HeldJob[] = [];
  for (const queue of QUEUES)
    for (const id of await jobsAbout(queues[queue], keys)) {
      const job = await queues[queue].getJob(id);
      if (job === undefined) continue;
      const own = earnerOfJob(id);
      const data: unknown = job.data;
      const url: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'url') : null;
      found.push({
        queue,
        id,
        earners: own === null ? [] : [own],
        name: job.name,
        state: await job.getState(),
        sinceS: Math.floor(job.timestamp / 1000),
        url: typeof url === 'string' ? url : null,
        failedReason: job.failedReason ?? null,
      });
    }
  return found;
}

/** What of an address and of a name is to be read; null: nothing. */
export interface Shown {
  readonly address: (one: HeldAddress) => string | null;
  readonly name: (one: HeldAddress) => string | null;
}

export function earnerJson({ person, addresses }: HeldPerson, shown: Shown, clock: Clock): EarnerJson {
  const exportedS = secondsOf(clock);
  return {
    earner: person,
    exported_s: exportedS,
    exported_iso: isoOf(exportedS),
    addresses: addresses.map((one) => addressJson(one, shown)),
  };
}

function addressJson(one: HeldAddress, shown: Shown): EarnerJson['addresses'][number] {
  const { key, file, records, flags, entries, jobs } = one;
  return {
    earner: key,
    address: shown.address(one),
    name: shown.name(one),
    linked_to: file.linkedTo,
    being_erased: (file.tombstone?.entriesToUnindex.length ?? 0) > 0,
    erased_on_s: file.tombstone?.erasedAtS ?? null,
    erased_on_iso: isoOf(file.tombstone?.erasedAtS ?? null),
    assertions: file.assertions.toSorted((a, b) => a.issuedOnS - b.issuedOnS).map(assertionJson),
    awards: [...records].map(([badgeId, record]) => recordJson(badgeId, record)),
    flags: flags.map(({ badgeId, atS }) => ({ badge: badgeId, since_s: atS, since_iso: isoOf(atS) })),
    account: entries.map(journalLine),
    jobs: jobs.map(jobJson),
  };
}

const recordJson = (badgeId: BadgeId, record: AwardRecord): RecordJson => ({
  badge: badgeId,
  state: record.state,
  since_s: record.atS,
  since_iso: isoOf(record.atS),
  event: 'event' in record ? record.event : null,
  batch: 'batch' in record ? record.batch : null,
  reason: 'why' in record ? record.why : null,
  cause: 'cause' in record ? (record.cause ?? null) : null,
  no_email: 'suppressEmail' in record && record.suppressEmail === true,
  forgiven: [...record.ignoredRevocations],
});

const jobJson = ({ queue, id, name, state, sinceS, url, failedReason }: HeldJob) => ({
  queue,
  id,
  name,
  state,
  since_s: sinceS,
  since_iso: isoOf(sinceS),
  url,
  reason: failedReason,
});
