import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { EarnerRecord } from '../../../earners/record.js';
import type { BadgeId, EarnerKey } from '../../../ids.js';
import type { AwardRecord } from '../../../issuing/award-record.js';
import type { Flag } from '../../../issuing/flags.js';
import type { Contact } from '../../../earners/record.js';
import { QUEUES, type QueueName } from '../../../queue/names.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { linkedRecords, personKeyOf } from '../../../earners/links.js';
import { earnerOfJob, jobsAbout } from '../../../privacy/remove-jobs.js';
import { sortAllArrivals } from '../../../workers/sort-arrivals.js';

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
export async function heldOf(pipeline: Pipeline, asked: EarnerKey): Promise<HeldPerson> {
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
