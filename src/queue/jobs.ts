import { z } from 'zod';
import { asBadgeId, asBatchId, asClientId, asEarnerKey, asEventId } from '../ids.js';

/**
 * What the jobs of each queue carry: ids and earner keys, never an address that can be read. A job is
 * plain text in Redis and in the dashboard. Whoever takes a job parses it: an older version, or a hand,
 * may have written it.
 */
const word = z.string().regex(/^[\w.-]{1,128}$/);

/** Where a notice came from; it goes into the audit, and changes nothing else. */
const source = z.enum(['webhook', 'passport', 'poll', 'ops']);

/** "Something happened to this event": read it from OBF. */
export const eventNotice = z.object({
  kind: z.literal('event'),
  clientId: word.transform(asClientId),
  eventId: word.transform(asEventId),
  /** Known where OBF itself listed the event; a webhook is never taken at its word for it. */
  badgeId: word.transform(asBadgeId).optional(),
  recipientCount: z.number().nullable().optional(),
  createdS: z.number().nullable().optional(),
  source,
});

/** "This person has a credential there": verify it at its URL. `recipient` is sealed under the earner key. */
export const credentialNotice = z.object({
  kind: z.literal('credential'),
  earner: word.transform(asEarnerKey),
  recipient: z.string().min(1),
  url: z.string().min(1).max(2048),
  source,
});

/** "Look what this client has issued that we have not been told of": told by the clock. */
export const pollJob = z.object({ kind: z.literal('poll'), clientId: word.transform(asClientId) });

export const noticeJob = z.discriminatedUnion('kind', [eventNotice, credentialNotice]);

/** All that stands in the queue of notices. */
export const noticeQueueJob = z.discriminatedUnion('kind', [eventNotice, credentialNotice, pollJob]);

/** "This earner's portfolio may have changed": decide again. `cause` joins it to the notice in logs. */
export const earnerJob = z.object({ earner: word.transform(asEarnerKey), cause: z.string() });

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
export const awardJob = z.discriminatedUnion('kind', [gatherJob, batchJob, revokeJob, sweepJob, cleanJob]);

export type EventNotice = z.output<typeof eventNotice>;
export type CredentialNotice = z.output<typeof credentialNotice>;
export type PollJob = z.output<typeof pollJob>;
export type NoticeJob = z.output<typeof noticeJob>;
export type EarnerJob = z.output<typeof earnerJob>;
export type AwardJob = z.output<typeof awardJob>;
