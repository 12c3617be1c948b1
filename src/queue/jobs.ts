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

export const noticeJob = z.discriminatedUnion('kind', [eventNotice, credentialNotice]);

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
export const awardJob = z.discriminatedUnion('kind', [gatherJob, batchJob]);

export type EventNotice = z.output<typeof eventNotice>;
export type CredentialNotice = z.output<typeof credentialNotice>;
export type NoticeJob = z.output<typeof noticeJob>;
export type EarnerJob = z.output<typeof earnerJob>;
export type AwardJob = z.output<typeof awardJob>;
