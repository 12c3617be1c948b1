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
 * The queues, in the order of the data: `arrivals` holds what came in, one job a write; a worker makes each notice a
 * job of `notices`. `awards` is issuing: pausing it stops issuing alone. `maintenance` never waits behind a pause.
 * `mails` are to people.
 */
export const QUEUES = ['arrivals', 'notices', 'earners', 'awards', 'maintenance', 'mails'] as const;
export type QueueName = (typeof QUEUES)[number];

/** BullMQ's key prefix. */
export const DEFAULT_PREFIX = '{palier}';
/** Prefix of our own keys, which spread over a cluster by earner and by badge. */
export const DATA_PREFIX = 'palier';

/**
 * A queue's prefix. Its hash tag keeps the keys of one queue in one slot. In a cluster each queue has a tag of its own
 * (`{palier:awards}`), or one server would carry all of them.
 */
export const prefixOf = (prefix: string, name: QueueName, isCluster: boolean): string =>
  isCluster ? prefix.replace(/\}$/, `:${name}}`) : prefix;

/** Written to see whether notices can be stored: it is in their slot. */
export const writeProbeKey = (prefix: string, isCluster: boolean): string =>
  `${prefixOf(prefix, 'arrivals', isCluster)}:writable`;

// What jobs carry: ids and earner keys, never a readable address, since a job is plain text in Redis and in the
// dashboard. Each is parsed when it is taken: an older version may have written it.

const word = z.string().regex(/^[\w.-]{1,128}$/);
const clientId = word.transform(asClientId);
const eventId = word.transform(asEventId);
const badgeId = word.transform(asBadgeId);
const earner = word.transform(asEarnerKey);

const about = {
  /** Where it came from, for the journal. */
  source: z.enum(['webhook', 'passport', 'poll', 'ops']),
  /** The request that brought it first: joins the two in logs. */
  request: word.optional(),
};

/** What a notice says of its event: `badge.<type>` to senders. Each type of one event is a job of its own. */
export const NOTICE_TYPES = ['issued', 'revoked', 'updated'] as const;

/** Something happened to this event: it is to be read from OBF. */
export const eventNotice = z.object({
  kind: z.literal('event'),
  clientId,
  eventId,
  // Known where OBF itself listed the event; a webhook is never believed for them.
  badgeId: badgeId.optional(),
  recipientCount: z.number().nullable().optional(),
  createdS: z.number().nullable().optional(),
  modifiedS: z.number().nullable().optional(),
  /** Absent where OBF itself listed the event. */
  type: z.enum(NOTICE_TYPES).optional(),
  ...about,
});

/** This person has a credential there: it is to be verified. `recipient` is sealed under the earner key. */
export const credentialNotice = z.object({
  kind: z.literal('credential'),
  earner,
  recipient: z.string().min(1),
  url: z.string().min(1).max(2048),
  ...about,
});

export const noticeJob = z.discriminatedUnion('kind', [eventNotice, credentialNotice]);

/** These came in together. */
export const arrivalsJob = z.object({ arrivals: z.array(noticeJob) });

/** This client's new events are to be listed. */
const pollJob = z.object({ kind: z.literal('poll'), clientId });
/** A row of this client's event list cannot be read: stands in failed until it can. */
const oddRowJob = z.object({ kind: z.literal('odd-row'), clientId, fields: z.array(z.string()) });

export const noticeQueueJob = z.discriminatedUnion('kind', [
  eventNotice,
  credentialNotice,
  pollJob,
  oddRowJob,
]);

/** This earner's portfolio may have changed: it is to be decided again. */
export const earnerJob = z.object({
  earner,
  /** Joins it to the notice in logs. */
  cause: z.string(),
  /** No e-mail is sent for what follows. */
  suppressEmail: z.boolean().optional(),
});

export const awardJob = z.discriminatedUnion('kind', [
  /** Awards of this badge may wait in the outbox. */
  z.object({ kind: z.literal('gather'), badgeId }),
  z.object({ kind: z.literal('batch'), badgeId, batchId: word.transform(asBatchId) }),
  /** This award is to be revoked, if that is still so. */
  z.object({ kind: z.literal('revoke'), badgeId, earner }),
]);

const onlyAward = word.transform(asAwardId).nullable();
/** The rules are to be put into force, as this operator asked. */
export const applyJob = z.object({
  kind: z.literal('apply'),
  /** Tells this request from the one before. */
  ask: word,
  by: z.string().max(128),
  /** Unix seconds. */
  askedS: z.number(),
  version: word.transform(asSchemeVersion),
  only: onlyAward,
  /** OBF sends no e-mail. */
  suppressEmail: z.boolean(),
  /** How many badges the operator agreed to: not one more is issued. */
  upto: z.number().int().nonnegative(),
  overQuota: z.boolean(),
});

/** The failed jobs that fit all that is given go back to work. */
export const replayJob = z.object({
  kind: z.literal('replay'),
  by: z.string().max(128),
  /** Unix milliseconds, by the clock that is furthest ahead: what fails later is not meant. */
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
  /** Looks for what a killed process left behind. */
  z.object({ kind: z.literal('sweep') }),
  /** Removes old failed jobs. */
  z.object({ kind: z.literal('clean') }),
  /** Erases who was given nothing for so many months; null: nobody. */
  z.object({ kind: z.literal('purge'), months: z.number().int().positive().nullable() }),
  /** Counts who is one badge away. */
  z.object({ kind: z.literal('population') }),
  /** Reads every account again in full. */
  z.object({ kind: z.literal('verify') }),
  z.object({ kind: z.literal('plan'), only: onlyAward }),
  applyJob,
  replayJob,
]);

/** The link to their own page is to be sent to this earner, if anything is known of them. `by`: the operator who asked. */
export const mailJob = z.object({ kind: z.literal('link'), earner, by: z.string().max(128).optional() });

export type EventNotice = z.output<typeof eventNotice>;
export type CredentialNotice = z.output<typeof credentialNotice>;
export type NoticeJob = z.output<typeof noticeJob>;
export type NoticeType = (typeof NOTICE_TYPES)[number];
export type OddRowJob = z.output<typeof oddRowJob>;
export type EarnerJob = z.output<typeof earnerJob>;
export type ReplayJob = z.output<typeof replayJob>;
export type MaintenanceJob = z.output<typeof maintenanceJob>;

// A job's id is a pure function of its subject, but for arrivals: the same notice twice is one job, and an `add` that
// timed out may be repeated. It coalesces; a job may still run twice. BullMQ allows neither integers nor ':'.

type NamedEvent = Pick<EventNotice, 'clientId' | 'eventId'>;

/** A revocation or an update that arrives while the issue is at work is new work. */
export const eventNoticeId = (event: NamedEvent, type: NoticeType): string =>
  `${type}.${event.clientId}.${event.eventId}`;

/** An event that OBF lists, of which an earlier notice failed. */
export const listedEventId = (event: NamedEvent): string => `listed.${event.clientId}.${event.eventId}`;

/** A class's credentials differ by URL, a forged push only by person. */
export const noticeId = (notice: NoticeJob): string =>
  notice.kind === 'event'
    ? eventNoticeId(notice, notice.type ?? 'issued')
    : `credential.${notice.earner}.${createHash('sha256').update(notice.url).digest('base64url').slice(0, 22)}`;

/** How many notices it carries stands last, so that what waits can be counted. */
export const arrivalsJobId = (notices: number): string => `arrivals.${randomUUID()}.${notices}`;
export const arrivalsIn = (id: string): number => Number(/^arrivals\..+\.(\d+)$/.exec(id)?.[1] ?? 0);

export const pollJobId = (client: ClientId): string => `poll.${client}`;
/** All unreadable rows of a client are one job. */
export const oddRowJobId = (client: ClientId): string => `odd-row.${client}`;
/** What several notices changed is decided once. */
export const earnerJobId = (key: EarnerKey): string => `earner.${key}`;
/** The evaluation that waits for a date: under the other id it would swallow those that are due now. */
export const laterJobId = (key: EarnerKey): string => `later.${key}`;
export const gatherJobId = (badge: BadgeId): string => `gather.${badge}`;
export const revokeJobId = (key: EarnerKey, badge: BadgeId): string => `revoke.${key}.${badge}`;
export const batchJobId = (batch: BatchId): string => `batch.${batch}`;
export const linkMailId = (key: EarnerKey): string => `link.${key}`;
