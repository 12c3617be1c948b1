import { createHash, randomUUID } from 'node:crypto';
import type { BadgeId, BatchId, ClientId, EarnerKey } from '../ids.js';
import type { CredentialNotice, EventNotice, NoticeJob } from './jobs.js';

/**
 * A job's id is (but for arrivals) a pure function of what it is about, so that the same notice told twice is one job, and
 * an `add` that timed out may be repeated. It coalesces, it does not make idempotent: a job may still
 * run twice. BullMQ takes neither integers nor ':' in ids; the letter in front sees to the first.
 */

type NamedEvent = Pick<EventNotice, 'clientId' | 'eventId'>;

/** Revocations are told apart from issues: one that arrives while the other is at work is new work. */
export const eventNoticeId = ({ clientId, eventId }: NamedEvent, type: 'issued' | 'revoked'): string =>
  `${type}.${clientId}.${eventId}`;

/** An event that OBF lists, of which an earlier notice had failed. */
export const listedEventId = ({ clientId, eventId }: NamedEvent): string => `listed.${clientId}.${eventId}`;

/** The person belongs in it: a class event's credentials differ by URL, a forged push only by person. */
export const credentialNoticeId = ({ earner, url }: CredentialNotice): string =>
  `credential.${earner}.${createHash('sha256').update(url).digest('base64url').slice(0, 22)}`;

/** The id of a notice of either kind. */
export const noticeId = (notice: NoticeJob, type: 'issued' | 'revoked'): string =>
  notice.kind === 'event' ? eventNoticeId(notice, type) : credentialNoticeId(notice);

/** Ids of what came in together; how many notices they are stands last, so that those that wait can be counted. */
export const arrivalsJobId = (notices: number): string => `arrivals.${randomUUID()}.${notices}`;

/** How many notices a job of such an id carries. */
export const arrivalsIn = (id: string): number => Number(/^arrivals\..+\.(\d+)$/.exec(id)?.[1] ?? 0);

/** One poll of a client at a time, whoever asks for it. */
export const pollJobId = (clientId: ClientId): string => `poll.${clientId}`;

/** Rows of a client's event list that cannot be read, all in one. */
export const oddRowJobId = (clientId: ClientId): string => `odd-row.${clientId}`;

/** One earner, one waiting evaluation: what several notices changed is decided once. */
export const earnerJobId = (earner: EarnerKey): string => `earner.${earner}`;

/** The evaluation that waits for a date: beside the other, since it would swallow those that are to run now. */
export const laterJobId = (earner: EarnerKey): string => `later.${earner}`;

/** One gathering a badge at a time. */
export const gatherJobId = (badgeId: BadgeId): string => `gather.${badgeId}`;

/** One taking back of one award at a time. */
export const revokeJobId = (earner: EarnerKey, badgeId: BadgeId): string => `revoke.${earner}.${badgeId}`;

/** A batch is issued by one job, whoever adds it. */
export const batchJobId = (batchId: BatchId): string => `batch.${batchId}`;
