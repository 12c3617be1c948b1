import { createHash } from 'node:crypto';
import type { Queue } from 'bullmq';
import { z } from 'zod';
import { redisNow } from '../platform/clock.js';
import type { JobResult } from '../platform/job.js';
import { withoutAddresses, type Logger } from '../platform/logger.js';
import { scriptOf } from '../platform/redis-commands.js';
import { connectionOf, type Queues } from './enqueue.js';
import { QUEUES, type QueueName } from './jobs.js';

/** Names a job, in any state. */
export interface JobRef {
  readonly queue: QueueName;
  readonly id: string;
}

/** Why and when a job failed. */
export interface Failure {
  readonly id: string;
  /** Unix milliseconds. */
  readonly failedMs: number;
  /** As BullMQ keeps it, shortened; it may contain an address. */
  readonly reason: string;
}

/** Longer reasons are cut: an error page can be megabytes. */
const MAX_REASON_BYTES = 2000;
/** Reads when and why jobs failed. KEYS: the jobs. ARGV: how many bytes of a reason. */
const READ = scriptOf(`
local rows = {}
for at, key in ipairs(KEYS) do
  local failed, reason = unpack(redis.call('HMGET', key, 'finishedOn', 'failedReason'))
  rows[at] = { failed or '', string.sub(reason or '', 1, ARGV[1]) }
end
return rows`);
const readReply = z.array(z.tuple([z.string(), z.string()]));

/** Reads failed jobs, in the order of the ids; leaves out a job that was removed meanwhile. */
async function readFailures(queue: Queue, ids: readonly string[]): Promise<readonly Failure[]> {
  const keys = ids.map((id) => queue.toKey(id));
  const read = readReply.parse(await READ(connectionOf(queue), keys, [MAX_REASON_BYTES]));
  return ids.flatMap((id, at) => {
    const [failed = '', reason = ''] = read[at] ?? [];
    if (failed === '') return [];
    // A last word that is cut could be half an address, which no filter would recognise.
    const isCut = Buffer.byteLength(reason) >= MAX_REASON_BYTES;
    return [{ id, failedMs: Number(failed), reason: isCut ? reason.replace(/\S*$/, '') : reason }];
  });
}

/** Counts the failed jobs, and reads the newest `count`, newest first. */
export async function newestFailed(queue: Queue, count: number) {
  const total = await queue.getFailedCount();
  const ids = count === 0 ? [] : await queue.getRanges(['failed'], 0, count - 1, false);
  return { total, failures: await readFailures(queue, ids) };
}

/**
 * Iterates the failed jobs of a queue, about `count` at a time, in no order. Yields every job that is failed from start
 * to end, some twice. Ends even if others fail meanwhile.
 */
export async function* walkFailed(queue: Queue, count: number): AsyncGenerator<readonly Failure[]> {
  const key = queue.toKey('failed');
  const pages: AsyncIterable<readonly string[]> = connectionOf(queue).zscanStream(key, { count });
  for await (const idsAndScores of pages) {
    const ids = idsAndScores.filter((_, at) => at % 2 === 0);
    yield await readFailures(queue, ids);
  }
}

/**
 * The kinds of failure, by the last error's text in BullMQ: the first match counts. A pattern's group is the OBF client
 * concerned. Redis comes first: a call that Redis prevented was not OBF's fault.
 */
export const FAILURE_KINDS = [
  [
    'redis',
    /^(?:ReplyError|MaxRetriesPerRequestError|AbortError|ClusterAllFailedError): |^ObfNotSent: .{0,80}: Redis did not answer$|^Error: \w+: (?:no answer from Redis in time|Redis did not take a job)|^Error: (?:Connection is closed|Command timed out|Socket timeout|(?:connect|read|write) E|(?:READONLY|LOADING|OOM|MISCONF|CLUSTERDOWN)\b)/,
  ],
  ['attestation-autre', /^OBF GET credential: it was made for another address/],
  ['attestation-refusee', /^OBF GET (?:credential|badgeclass|revoked): (?:its |it is too large)/],
  ['attestation-absente', /^(?:CredentialAbsent: )?OBF GET (?:credential|badgeclass|revoked): 4\d\d\b/],
  ['attestation-illisible', /^ObfUnreadable: OBF GET (?:credential|badgeclass|revoked): /],
  [
    'cle',
    /^(?:\w+: (?:The Région's account cannot be read\. )?)?OBF POST token: .*check the API key of client ([\w.-]{1,128}?)[,.]?(?: |$)/,
  ],
  ['sans-cle', /^OBF GET event: we hold no API key of client ([\w.-]{1,128}):/],
  ['adresse-obf', /not an answer of OBF's API/],
  ['beneficiaire', /^OBF POST issue: (?:400|413|422)\b/],
  ['retrait', /^OBF PUT revoke: /],
  ['evenement', /^OBF GET event: 404\b/],
  ['destinataires', /^OBF GET recipient: 4\d\d\b/],
  [
    'compte',
    /^(?:\w+: The Région's account cannot be read\. )?OBF GET (?!credential|badgeclass|revoked)\w+: 40[13]\b/,
  ],
  ['compte-region', /^\w+: The Région's account cannot be read\. /],
  ['obf-absent', /^(?:ObfNotSent|ObfThrottled|RateQueueFull): /],
  ['obf-doute', /^(?:ObfOutcomeUnknown|NotSettledYet): /],
  ['cle-palier', /^Sealed text /],
  ['obf-ligne', /OBF shows a row that cannot be read: /],
  ['obf-illisible', /^ObfUnreadable: /],
  [
    'arret',
    /^(?:Error: )?job stalled more than allowable limit|^(?:Error: )?(?:could not renew lock|Missing lock) /i,
  ],
  ['forme', /^(?:ZodError|StoredJsonUnreadable): /],
  ['donnees', /^(?:\w+: )?What Redis holds of |^SyntaxError: /],
] as const satisfies readonly (readonly [string, RegExp])[];

export type FailureKind = (typeof FAILURE_KINDS)[number][0];

export interface FailureCause {
  /** The same for jobs that failed alike. Only letters, digits, `.`, `_` and `-`, for URLs. */
  readonly key: string;
  /** Null: no pattern matches. */
  readonly kind: FailureKind | null;
  /** The OBF client concerned. */
  readonly client: string | null;
  /** The reason as it may be shown; without a kind, also without what differs from job to job. */
  readonly text: string;
}

/** Pure. Classifies a reason; its `shownReason` gives the same. @param failedReason as BullMQ keeps it */
export function failureCause(failedReason: string, queue: QueueName): FailureCause {
  const text = shownReason(failedReason);
  for (const [kind, pattern] of FAILURE_KINDS) {
    const [match, client] = pattern.exec(text) ?? [];
    if (match === undefined) continue;
    return { key: client === undefined ? kind : `${kind}.${client}`, kind, client: client ?? null, text };
  }
  // Without ids. Numbers of three digits stay: most are an HTTP status.
  const bare = text.replaceAll(/(?=[\w-]{0,127}\d)[\w-]{4,}/g, '…');
  const hash = createHash('sha256').update(bare).digest('base64url').slice(0, 10);
  return { key: `autre.${queue}.${hash}`, kind: null, client: null, text: bare };
}

/** Returns a reason as it may be shown: one line of bounded length, without addresses. */
export const shownReason = (failedReason: string, maxChars = 600): string =>
  shownText(failedReason.replaceAll(/\s+/g, ' ').trim(), maxChars);

/** Returns a text without addresses, of bounded length. */
export function shownText(text: string, maxChars = 500): string {
  const safe = withoutAddresses(text);
  return safe.length > maxChars ? `${safe.slice(0, maxChars - 1).replace(/\p{Surrogate}$/u, '')}…` : safe;
}

/** How long a failed job is kept, for ops to read and replay. */
export const FAILED_RETENTION_MS = 90 * 24 * 3_600_000;
/** How long a pushed credential that OBF refused is kept, and how many at most. */
const PUSH_RETENTION_MS = 7 * 24 * 3_600_000;
const PUSHES_KEPT = 1000;
/** How many jobs one step reads or removes: it blocks Redis for some milliseconds. */
const STEP = 1000;

/**
 * Removes the jobs that failed long ago, in every queue. The next poll finds an event that was never stored, and the
 * sweep gives an unfinished batch its job back. A pushed credential that failed all that time is given up.
 */
export async function cleanQueues(
  { queues, log }: { readonly queues: Queues; readonly log: Logger },
  signal: AbortSignal,
): Promise<JobResult> {
  const nowMs = await redisNow(connectionOf(queues.notices));
  for (const name of QUEUES) {
    const pushes = name === 'notices' ? await cleanPushes(queues.notices, nowMs, signal) : 0;
    const removed = pushes + (await cleanFailed(queues[name], signal));
    log.info({ queue: name, removed }, 'old failed jobs removed');
  }
  return { did: 'queues cleaned', facts: {} };
}

/**
 * Removes pushed credentials that OBF refused, but for the newest `PUSHES_KEPT` of a week. A sender with a webhook
 * secret may push any number that do not exist, or are somebody else's.
 */
async function cleanPushes(queue: Queue, nowMs: number, signal: AbortSignal): Promise<number> {
  const refused: Failure[] = [];
  for await (const failures of walkFailed(queue, STEP))
    refused.push(...failures.filter(({ id, reason }) => id.startsWith('credential.') && isRefused(reason)));
  const old = refused
    .toSorted((a, b) => b.failedMs - a.failedMs)
    .filter(({ failedMs }, nth) => nth >= PUSHES_KEPT || nowMs - failedMs > PUSH_RETENTION_MS);
  for (const { id } of old) {
    signal.throwIfAborted();
    await queue.remove(id);
  }
  return old.length;
}

const isRefused = (reason: string): boolean =>
  failureCause(reason, 'notices').kind?.startsWith('attestation-') === true;

async function cleanFailed(queue: Queue, signal: AbortSignal): Promise<number> {
  for (let removed = 0; ;) {
    signal.throwIfAborted();
    const { length } = await queue.clean(FAILED_RETENTION_MS, STEP, 'failed');
    removed += length;
    if (length < STEP) return removed;
  }
}
