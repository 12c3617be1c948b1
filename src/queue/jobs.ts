import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  asAwardId,
  asBadgeId,
  asBatchId,
  asClientId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
  type BadgeId,
  type BatchId,
  type ClientId,
  type EarnerKey,
} from '../ids.js';

/**
 * The queues, in the order of the data flow. A job of `arrivals` holds the notices of one write; a worker makes each a
 * job of `notices`. Pausing `awards` stops issuing alone; `maintenance` is never paused. `mails` go to people.
 */
export const QUEUES = ['arrivals', 'notices', 'earners', 'awards', 'maintenance', 'mails'] as const;
export type QueueName = (typeof QUEUES)[number];

/** BullMQ's key prefix. */
export const DEFAULT_PREFIX = '{palier}';
/** Prefix of Palier's own keys, which spread over a cluster by earner and by badge. */
export const DATA_PREFIX = 'palier';

/**
 * Returns a queue's prefix. Its hash tag keeps the keys of one queue in one slot. In a cluster each queue has its own
 * tag (`{palier:awards}`), or one server would carry all queues.
 */
export const prefixOf = (prefix: string, name: QueueName, isCluster: boolean): string =>
  isCluster ? prefix.replace(/\}$/, `:${name}}`) : prefix;

/** Returns the key that tests whether notices can be stored: it is in the slot of `arrivals`. */
export const writeProbeKey = (prefix: string, isCluster: boolean): string =>
  `${prefixOf(prefix, 'arrivals', isCluster)}:writable`;

// Job data: ids and earner keys, never a readable address, since Redis and the dashboard show it as plain text.
// A worker parses the data of each job, which an older version may have written.

const word = z.string().regex(/^[\w.-]{1,128}$/);
const clientId = word.transform(asClientId);
const eventId = word.transform(asEventId);
const badgeId = word.transform(asBadgeId);
const earner = word.transform(asEarnerKey);

const about = {
  /** Where the notice came from, for the journal. */
  source: z.enum(['webhook', 'passport', 'poll', 'ops']),
  /** The id of the HTTP request that first brought it, for logs. */
  request: word.optional(),
};

/** The types of notices: `badge.<type>` to senders. Each type of one event has its own job. */
export const NOTICE_TYPES = ['issued', 'revoked', 'updated'] as const;

/** An event is to be read from OBF. */
export const eventNotice = z.object({
  kind: z.literal('event'),
  clientId,
  eventId,
  // The next four come from OBF's list only; a webhook is never believed for them.
  badgeId: badgeId.optional(),
  recipientCount: z.number().nullable().optional(),
  createdS: z.number().nullable().optional(),
  modifiedS: z.number().nullable().optional(),
  /** Absent when OBF's list had the event. */
  type: z.enum(NOTICE_TYPES).optional(),
  ...about,
});

/** A person's credential is to be verified. `recipient` is sealed under the earner key. */
export const credentialNotice = z.object({
  kind: z.literal('credential'),
  earner,
  recipient: z.string().min(1),
  url: z.string().min(1).max(2048),
  ...about,
});

export const noticeJob = z.discriminatedUnion('kind', [eventNotice, credentialNotice]);

/** Notices that arrived together. */
export const arrivalsJob = z.object({ arrivals: z.array(noticeJob) });

/** A client's new events are to be listed. */
const pollJob = z.object({ kind: z.literal('poll'), clientId });
/** Rows of a client's event list cannot be read: the job stays in failed until they can. */
const oddRowJob = z.object({ kind: z.literal('odd-row'), clientId, fields: z.array(z.string()) });

export const noticeQueueJob = z.discriminatedUnion('kind', [
  eventNotice,
  credentialNotice,
  pollJob,
  oddRowJob,
]);

/** An earner is to be evaluated, since their portfolio may have changed. */
export const earnerJob = z.object({
  earner,
  /** What triggered it, for logs and the journal. */
  cause: z.string(),
  /** OBF sends no e-mail for awards that follow. */
  suppressEmail: z.boolean().optional(),
});

export const awardJob = z.discriminatedUnion('kind', [
  /** Awards of this badge may wait in the outbox. */
  z.object({ kind: z.literal('gather'), badgeId }),
  z.object({ kind: z.literal('batch'), badgeId, batchId: word.transform(asBatchId) }),
  /** The award is to be revoked, if it still must be. */
  z.object({ kind: z.literal('revoke'), badgeId, earner }),
]);

const onlyAward = word.transform(asAwardId).nullable();
/** A scheme version is to be put into force, as an operator asked. */
export const applyJob = z.object({
  kind: z.literal('apply'),
  /** Distinguishes this request from earlier ones. */
  ask: word,
  by: z.string().max(128),
  /** Unix seconds. */
  askedS: z.number(),
  version: word.transform(asSchemeVersion),
  only: onlyAward,
  /** OBF sends no e-mail. */
  suppressEmail: z.boolean(),
  /** How many badges the operator agreed to: no more are issued. */
  upto: z.number().int().nonnegative(),
  overQuota: z.boolean(),
});

/** The failed jobs that match all given fields are to be retried. */
export const replayJob = z.object({
  kind: z.literal('replay'),
  by: z.string().max(128),
  /** Unix milliseconds, by the clock that is furthest ahead: jobs that fail later are not meant. */
  askedMs: z.number(),
  queue: z.enum(QUEUES).nullable(),
  /** A key of `failureCause`. */
  group: z.string().max(200).nullable(),
  /** Part of the reason, in any letter case. */
  error: z.string().max(200).nullable(),
  /** Failed at or after this instant, Unix milliseconds. */
  sinceMs: z.number().nullable(),
});

export const maintenanceJob = z.discriminatedUnion('kind', [
  /** Resumes what a killed process left behind. */
  z.object({ kind: z.literal('sweep') }),
  /** Removes old failed jobs. */
  z.object({ kind: z.literal('clean') }),
  /** Erases people who were given nothing for so many months; null: nobody. */
  z.object({ kind: z.literal('purge'), months: z.number().int().positive().nullable() }),
  /** Counts everybody, by award. */
  z.object({ kind: z.literal('population') }),
  /** Reads every account again in full. */
  z.object({ kind: z.literal('verify') }),
  z.object({ kind: z.literal('plan'), only: onlyAward }),
  applyJob,
  replayJob,
]);

/** An earner is to be sent the link to their page, if Palier has a record of them. `by`: the operator who asked. */
export const mailJob = z.object({ kind: z.literal('link'), earner, by: z.string().max(128).optional() });

export type EventNotice = z.output<typeof eventNotice>;
export type CredentialNotice = z.output<typeof credentialNotice>;
export type NoticeJob = z.output<typeof noticeJob>;
export type NoticeType = (typeof NOTICE_TYPES)[number];
export type OddRowJob = z.output<typeof oddRowJob>;
export type EarnerJob = z.output<typeof earnerJob>;
export type ReplayJob = z.output<typeof replayJob>;
export type MaintenanceJob = z.output<typeof maintenanceJob>;

// A job's id is a pure function of its subject, but for arrivals. So a repeated notice is one job, and an `add` that
// timed out may be repeated. Ids coalesce; a job may still run twice. BullMQ allows neither integers nor ':'.

type NamedEvent = Pick<EventNotice, 'clientId' | 'eventId'>;

/** Each type has its own id: a revocation that arrives while the issue notice is at work is new work. */
export const eventNoticeId = (event: NamedEvent, type: NoticeType): string =>
  `${type}.${event.clientId}.${event.eventId}`;

/** For an event that OBF lists, and whose earlier notice failed. */
export const listedEventId = (event: NamedEvent): string => `listed.${event.clientId}.${event.eventId}`;

/** A credential's id has the URL, which differs within a class, and the earner, since a push may be forged. */
export const noticeId = (notice: NoticeJob): string =>
  notice.kind === 'event'
    ? eventNoticeId(notice, notice.type ?? 'issued')
    : `credential.${notice.earner}.${createHash('sha256').update(notice.url).digest('base64url').slice(0, 22)}`;

/** Ends in the number of notices, so that waiting notices can be counted by ids alone. */
export const arrivalsJobId = (notices: number): string => `arrivals.${randomUUID()}.${notices}`;
export const noticeCountOf = (id: string): number => Number(/^arrivals\..+\.(\d+)$/.exec(id)?.[1] ?? 0);

export const pollJobId = (client: ClientId): string => `poll.${client}`;
/** One job for all unreadable rows of a client. */
export const oddRowJobId = (client: ClientId): string => `odd-row.${client}`;
/** One evaluation for the changes of several notices. */
export const earnerJobId = (key: EarnerKey): string => `earner.${key}`;
/** An evaluation that waits for a date: as `earnerJobId` it would absorb those that are due now. */
export const scheduledEarnerJobId = (key: EarnerKey): string => `later.${key}`;
export const gatherJobId = (badge: BadgeId): string => `gather.${badge}`;
export const revokeJobId = (key: EarnerKey, badge: BadgeId): string => `revoke.${key}.${badge}`;
export const batchJobId = (batch: BatchId): string => `batch.${batch}`;
export const linkMailId = (key: EarnerKey): string => `link.${key}`;
