import type { AuditEntry } from '../../../audit/types.js';
import type { BadgeId, EarnerKey } from '../../../ids.js';
import type { AwardRecord } from '../../../issuing/award-record.js';
import type { Flag } from '../../../issuing/flags.js';
import type { EarnerFile } from '../../../portfolio/earner-file.js';
import type { Contact } from '../../../portfolio/store.js';
import { QUEUES, type QueueName } from '../../../queue/names.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { addressesFrom, personKeyOf } from '../../../workers/read-addresses.js';
import { earnerOfJob, jobsAbout } from '../../../workers/remove-jobs.js';
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
  readonly file: EarnerFile;
  readonly records: ReadonlyMap<BadgeId, AwardRecord>;
  readonly flags: readonly Flag[];
  /** Of the account. */
  readonly entries: readonly AuditEntry[];
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
  const files = await addressesFrom(pipeline.portfolios, [asked]);
  const person = personKeyOf(files, asked);
  const keys = [person, ...[...files.keys()].filter((key) => key !== person)];
  const flags = await pipeline.flags.list();
  const jobs = await heldJobs(pipeline, new Set(keys));
  const addresses = await Promise.all(keys.map((key) => readAddress(pipeline, key, flags, jobs)));
  return { person, asked, addresses };
}

/** Whether anything at all is held, be it only that they were erased. */
export const isNobody = ({ addresses }: HeldPerson): boolean =>
  addresses.every(
    ({ contact, file, records, entries, jobs }) =>
      contact === null &&
      file.erasedAtS === null &&
      file.assertions.length + records.size + entries.length + jobs.length === 0,
  );

async function readAddress(
  { portfolios, ledger, audit }: Pipeline,
  key: EarnerKey,
  flags: readonly Flag[],
  jobs: readonly HeldJob[],
): Promise<HeldAddress> {
  const [file, contact, records, entries] = await Promise.all([
    portfolios.read(key),
    portfolios.contactOf(key),
    ledger.readAll(key),
    audit.ofEarner(key),
  ]);
  return {
    key,
    contact,
    file,
    records,
    flags: flags.filter(({ earner }) => earner === key),
    entries,
    jobs: jobs.filter(({ earners }) => earners.includes(key)),
  };
}

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
