import { z } from 'zod';
import {
  asAwardId,
  asBadgeId,
  asBatchId,
  asClientId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
} from '../ids.js';
import { QUEUES } from './names.js';

/**
 * What the jobs of each queue carry: ids and earner keys, never an address that can be read. A job is
 * plain text in Redis and in the dashboard. Whoever takes a job parses it: an older version, or a hand,
 * may have written it.
 */
const word = z.string().regex(/^[\w.-]{1,128}$/);

/** Where a notice came from; it goes into the audit, and changes nothing else. */
const source = z.enum(['webhook', 'passport', 'poll', 'ops']);

/** Of the request that told of it first: it joins the two in logs. */
const request = word.optional();

/** "Something happened to this event": read it from OBF. */
export const eventNotice = z.object({
  kind: z.literal('event'),
  clientId: word.transform(asClientId),
  eventId: word.transform(asEventId),
  /** Known where OBF itself listed the event; a webhook is never taken at its word for it. */
  badgeId: word.transform(asBadgeId).optional(),
  recipientCount: z.number().nullable().optional(),
  createdS: z.number().nullable().optional(),
  modifiedS: z.number().nullable().optional(),
  /** It told of a revocation: the event is asked for by its name, since a list may leave out who was revoked. */
  revoked: z.boolean().optional(),
  source,
  request,
});

/** "This person has a credential there": verify it at its URL. `recipient` is sealed under the earner key. */
export const credentialNotice = z.object({
  kind: z.literal('credential'),
  earner: word.transform(asEarnerKey),
  recipient: z.string().min(1),
  url: z.string().min(1).max(2048),
  source,
  request,
});

export const noticeJob = z.discriminatedUnion('kind', [eventNotice, credentialNotice]);

/** A notice as the door took it in. `type` tells an issue from a revocation of the same event: it is part of the job's id. */
export const arrival = z.object({
  type: z.enum(['issued', 'revoked']),
  job: noticeJob,
});
/** "These came in together": each is to be a job of its own. */
export const arrivalsJob = z.object({ arrivals: z.array(arrival) });

/** "Look what this client has issued that we have not been told of": told by the clock. */
export const pollJob = z.object({ kind: z.literal('poll'), clientId: word.transform(asClientId) });

/** "A row of this client's event list cannot be read": stands in failed until OBF shows it whole. */
export const oddRowJob = z.object({
  kind: z.literal('odd-row'),
  clientId: word.transform(asClientId),
  fields: z.array(z.string()),
});

/** All that stands in the queue of notices. */
export const noticeQueueJob = z.discriminatedUnion('kind', [
  eventNotice,
  credentialNotice,
  pollJob,
  oddRowJob,
]);

/** "This earner's portfolio may have changed": decide again. `cause` joins it to the notice in logs. */
export const earnerJob = z.object({
  earner: word.transform(asEarnerKey),
  cause: z.string(),
  /** What follows leaves without an e-mail, as what led to it did. */
  quiet: z.boolean().optional(),
});

/** "Awards of this badge may be waiting in the outbox": form batches of them. */
export const gatherJob = z.object({ kind: z.literal('gather'), badgeId: word.transform(asBadgeId) });
/** "This batch is to be issued." */
export const batchJob = z.object({
  kind: z.literal('batch'),
  badgeId: word.transform(asBadgeId),
  batchId: word.transform(asBatchId),
});
/** "Take this award back, if it still is to be." */
export const revokeJob = z.object({
  kind: z.literal('revoke'),
  badgeId: word.transform(asBadgeId),
  earner: word.transform(asEarnerKey),
});
/** "Look whether anything was left behind when a process was killed": told by the clock. */
export const sweepJob = z.object({ kind: z.literal('sweep') });
/** "Remove what has stood in failed for too long, in every queue": told by the clock. */
export const cleanJob = z.object({ kind: z.literal('clean') });
/** "Remove whoever was given nothing for so many months": told by the clock. Null: keep everybody. */
export const purgeJob = z.object({
  kind: z.literal('purge'),
  months: z.number().int().positive().nullable(),
});
/** "Read every account again in full": told by the clock. */
export const verifyJob = z.object({ kind: z.literal('verify') });
/** "Look at everybody, and keep how many are one badge away": told by the clock. */
export const censusJob = z.object({ kind: z.literal('census') });
/** "Make the plan that the ops pages show": of that award alone; null: of all. */
export const planJob = z.object({ kind: z.literal('plan'), only: word.transform(asAwardId).nullable() });
/** "Put the rules into force, as this operator asked for." */
export const applyJob = z.object({
  kind: z.literal('apply'),
  /** Tells this request from the one before. */
  ask: word,
  by: z.string().max(128),
  /** Unix seconds. */
  askedS: z.number(),
  version: word.transform(asSchemeVersion),
  only: word.transform(asAwardId).nullable(),
  /** OBF sends no e-mail. */
  quiet: z.boolean(),
  /** How many badges whoever asked was told of: not one more is given by it. */
  upto: z.number().int().nonnegative(),
  overQuota: z.boolean(),
});
/** "Send these failed jobs back to work, as this operator asked for": of all that fit what is given. */
export const replayJob = z.object({
  kind: z.literal('replay'),
  by: z.string().max(128),
  /** Unix milliseconds: what fails later is not meant. */
  askedMs: z.number(),
  queue: z.enum(QUEUES).nullable(),
  /** A key of `failureCause`. */
  group: z.string().max(200).nullable(),
  /** Part of the reason, in any letter case. */
  error: z.string().max(200).nullable(),
  /** Failed at or after this instant, Unix milliseconds. */
  sinceMs: z.number().nullable(),
});
/** All that stands in the queue of issuing. */
export const awardJob = z.discriminatedUnion('kind', [gatherJob, batchJob, revokeJob]);

/** All that stands in the queue of what is about everybody. */
export const maintenanceJob = z.discriminatedUnion('kind', [
  sweepJob,
  cleanJob,
  purgeJob,
  censusJob,
  verifyJob,
  planJob,
  applyJob,
  replayJob,
]);

export type EventNotice = z.output<typeof eventNotice>;
export type CredentialNotice = z.output<typeof credentialNotice>;
export type Arrival = z.output<typeof arrival>;
export type OddRowJob = z.output<typeof oddRowJob>;
export type PollJob = z.output<typeof pollJob>;
export type NoticeJob = z.output<typeof noticeJob>;
export type EarnerJob = z.output<typeof earnerJob>;
export type ReplayJob = z.output<typeof replayJob>;
export type ApplyJob = z.output<typeof applyJob>;
export type MaintenanceJob = z.output<typeof maintenanceJob>;
