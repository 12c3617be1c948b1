import type { Queue } from 'bullmq';
import { z } from 'zod';
import type { Latest, PartnerActivity } from '../../earners/partner-activity.js';
import type { ClientId } from '../../ids.js';
import { batchesKey } from '../../issuing/outbox.js';
import type { ReadProblem } from '../../obf/read-state.js';
import { secondsOf } from '../../platform/clock.js';
import { readArrived } from '../../queue/arrivals.js';
import type { Queues } from '../../queue/enqueue.js';
import type { QueueName } from '../../queue/jobs.js';
import type { Partner } from '../../rules/types.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { type Localized, quoted, say } from '../../localized.js';
import { holdWords, instantWords } from './words.js';

/** The state right now. The scrape, the home page and `palier stats` all read it here, so they agree. */
export type SystemState = Awaited<ReturnType<typeof readSystemState>>;

/** Reads the state right now. The cost grows with the work under way, not with the number of earners. */
export async function readSystemState(pipeline: Pipeline) {
  const { queues, redis, prefix, clock, scheme, schemes, outbox } = pipeline;
  const ageS = (sinceMs: number): number => Math.max(0, clock() - sinceMs) / 1000;
  const rules = await schemes.now();
  const [jobs, arrived, noticeJobMs, earnerJobMs, schedules, due, flags, quota, batches] = await Promise.all([
    readQueues(queues),
    readArrived(queues.arrivals),
    oldestJobMs(queues.notices, redis),
    oldestJobMs(queues.earners, redis),
    readSchedules(pipeline),
    Promise.all(scheme.awards.map(async (award) => ({ award, count: await outbox.waiting(award.badgeId) }))),
    // The sorted set of `createReviewFlags`; counting needs no list.
    redis.zcard(`${prefix}:flags`),
    pipeline.quota.known(),
    readBatches(pipeline, rules),
  ]);
  const oldestNoticeMs = Math.min(noticeJobMs, arrived.oldestMs ?? Infinity);
  const unknownSentMs = batches.flatMap(({ state, sentMs }) => (state === 'unknown' ? [sentMs] : []));
  return {
    rules,
    queues: jobs,
    /** Notices received that no worker has taken yet. */
    arrived: arrived.notices,
    /** Age of the oldest waiting notice, retried ones included; null: none waits. */
    noticeAgeS: oldestNoticeMs === Infinity ? null : ageS(oldestNoticeMs),
    /** Age of the oldest waiting evaluation, retried ones included; 0: none waits. */
    earnerAgeS: ageS(earnerJobMs),
    schedules,
    /** How many people wait for each award, in no batch yet. */
    due,
    /** How many held awards wait for a human's review. */
    flags,
    /** `reading`: null before the first one. Issuing never goes below `floor`. */
    quota: { reading: quota, floor: pipeline.pace.quota.floor },
    batches,
    /** Age of the oldest issue call with an unknown outcome; 0: none. */
    unknownAgeS: ageS(Math.min(...unknownSentMs)),
  };
}

async function readQueues(queues: Queues) {
  const [arrivals, notices, earners, awards, maintenance, mails] = await Promise.all([
    readQueue(queues.arrivals),
    readQueue(queues.notices),
    readQueue(queues.earners),
    readQueue(queues.awards),
    readQueue(queues.maintenance),
    readQueue(queues.mails),
  ]);
  return { arrivals, notices, earners, awards, maintenance, mails } satisfies Record<QueueName, unknown>;
}

async function readQueue(queue: Queue) {
  const [counts, paused] = await Promise.all([
    queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed'),
    queue.isPaused(),
  ]);
  const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts;
  return { paused, jobs: { waiting: waiting + prioritized, active, delayed, failed } };
}

/**
 * How many jobs are read at each end of a queue. Redis does not sort them by age: retried jobs go to the end, and
 * delayed ones are sorted by their next attempt.
 */
export const JOBS_READ_PER_END = 250;

/** Whether no schedule added the job: every schedule always has a job waiting for its time. */
export const isOneOff = (id: string): boolean => !id.startsWith('repeat:');

/** Returns when the oldest waiting job was added, of those read, Unix milliseconds; Infinity: none waits. */
async function oldestJobMs(queue: Queue, redis: Pipeline['redis']): Promise<number> {
  const ends = await Promise.all(
    (['waiting', 'delayed'] as const).flatMap((state) =>
      [true, false].map((oldestFirst) => queue.getRanges([state], 0, JOBS_READ_PER_END - 1, oldestFirst)),
    ),
  );
  const ids = [...new Set(ends.flat())].filter(isOneOff);
  const addedMs = await Promise.all(ids.map((id) => redis.hget(queue.toKey(id), 'timestamp')));
  return Math.min(...addedMs.map((text) => Number(text ?? Infinity)));
}

/** Reads how late each schedule is, seconds: workers are stopped or overloaded. Of the polls, only the latest. */
async function readSchedules({ queues, clock }: Pipeline) {
  const [polls, others] = await Promise.all([
    // The poll that was due first is the latest.
    queues.notices.getJobSchedulers(0, 0, true),
    queues.maintenance.getJobSchedulers(),
  ]);
  return [...polls, ...others].map(({ key, next }) => ({
    schedule: key.startsWith('poll.') ? 'poll' : key,
    lateS: Math.max(0, clock() - (next ?? clock())) / 1000,
  }));
}

/**
 * Returns the state of each batch of one badge and, for `sending`, since when. Whole batches would be megabytes after a
 * large application of rules. Earner keys cannot match: the state comes first, and keys have no quotes.
 */
const BATCH_STATES = `
local states = {}
for _, text in ipairs(redis.call('HVALS', KEYS[1])) do
  local state = string.match(text, '"state":"(%a+)"') or 'unreadable'
  local sent = state == 'sending' and string.match(text, '"sentMs":(%d+)') or ''
  states[#states + 1] = state .. ' ' .. sent
end
return states`;
const statesSchema = z.array(z.string());

/** Reads the batches under way; `sentMs`: Unix milliseconds, 0 unless the batch is being sent. */
async function readBatches(
  { redis, prefix, clock, pace }: Pipeline,
  { scheme, rollout }: Awaited<ReturnType<Pipeline['schemes']['now']>>,
) {
  const awards = [...scheme.awards, ...(rollout?.inForce?.awards ?? [])];
  const badges = new Set(awards.map(({ badgeId }) => badgeId));
  const texts = await Promise.all(
    [...badges].map(async (badgeId) =>
      statesSchema.parse(await redis.eval(BATCH_STATES, 1, batchesKey(prefix, badgeId))),
    ),
  );
  return texts.flat().map((text) => {
    const [state = '', sent = ''] = text.split(' ');
    const sentMs = Number(sent);
    const isOverdue = state === 'sending' && clock() - sentMs > pace.sendWithinMs;
    return { state: isOverdue ? 'unknown' : state, sentMs };
  });
}

/** Reads the awards on hold, and why. */
export async function readHolds({ scheme, holds }: Pick<Pipeline, 'scheme' | 'holds'>) {
  const awards = await Promise.all(
    scheme.awards.map(async (award) => ({ award, hold: await holds.of(award.badgeId) })),
  );
  return awards.flatMap(({ award, hold }) => (hold === null ? [] : [{ award, hold }]));
}

type AwardOnHold = Awaited<ReturnType<typeof readHolds>>[number];

/** Says why an award is on hold, since when, and when Palier checks again. */
export function holdLine({ award, hold }: AwardOnHold, timeZone: string): Localized {
  const since = instantWords(hold.sinceMs / 1000, timeZone);
  const next = instantWords(hold.nextMs / 1000, timeZone);
  const [name, why] = [quoted(award.name), holdWords(hold)];
  return say`en attente, ${name} : ${why}. Depuis le ${since} ; Palier regarde à nouveau le ${next}, et reprend seul
    on hold, ${name}: ${why}. Since ${since}; Palier looks again ${next}, and goes on by itself`;
}

/** Reads held awards that wait for review, oldest first; `award` is null if the scheme no longer has it. */
export async function readFlags({ flags, scheme }: Pick<Pipeline, 'flags' | 'scheme'>, atMost?: number) {
  const awards = new Map(scheme.awards.map((award) => [award.badgeId, award]));
  return (await flags.list(atMost)).map((flag) => ({ ...flag, award: awards.get(flag.badgeId) ?? null }));
}

export const SILENT_DAYS = 30;
const DAY_S = 86_400;

interface ActivitySources extends Pick<Pipeline, 'scheme' | 'clock'> {
  readonly partnerActivity: Pick<PartnerActivity, 'partners'>;
}

/** Reads when each active partner was last active: first those without any event, then the longest silent. */
export async function readPartnersLastEvents({ scheme, clock, partnerActivity }: ActivitySources) {
  const latest = await partnerActivity.partners();
  const nowS = secondsOf(clock);
  const activities = scheme.partners
    .filter(({ active }) => active)
    .map((partner) => lastActivityOf(partner, latest.get(partner.clientId) ?? null, nowS));
  // 0 comes before any real instant.
  return activities.toSorted((a, b) => (a.lastS ?? 0) - (b.lastS ?? 0));
}

export type PartnerLastEvent = ReturnType<typeof lastActivityOf>;

/** Returns a partner's last event: when (Unix seconds), and how many whole days ago; null: no event was ever read. */
export function lastActivityOf(partner: Partner, last: Latest | null, nowS: number) {
  const { lastS, eventId: lastEvent } = last ?? { lastS: null, eventId: null };
  const quietDays = lastS === null ? null : Math.max(0, Math.floor((nowS - lastS) / DAY_S));
  /** Operators should ask the partner whether all is well. */
  const silent = quietDays === null || quietDays >= SILENT_DAYS;
  return { partner, lastS, lastEvent, quietDays, silent };
}

/**
 * Reads what could not be read in OBF, oldest first, where operators should know. A bad row counts at once. An
 * incomplete list counts after a day: OBF may still be writing it.
 */
export async function readProblemsToShow({ readProblems, clock }: Pick<Pipeline, 'readProblems' | 'clock'>) {
  const nowS = secondsOf(clock);
  const problems = await readProblems.list();
  return problems.filter(({ missing, sinceS }) => missing === null || nowS - sinceS >= DAY_S);
}

/** Pure. Names the client, the event and the field, never a person. */
export function problemWords(
  { clientId, eventId, fields, missing }: ReadProblem,
  nameOf: (clientId: ClientId) => string,
): Localized {
  const who = nameOf(clientId);
  const where: Localized =
    eventId === null
      ? { fr: "liste d'événements", en: 'list of events' }
      : { fr: `événement ${eventId}`, en: `event ${eventId}` };
  if (missing === null)
    return say`${who}, ${where} : une ligne est illisible (champ ${fields.join(', ')})
      ${who}, ${where}: a row cannot be read (field ${fields.join(', ')})`;
  const { seen, expected } = missing;
  return say`${who}, ${where} : OBF en montre ${seen} sur ${expected ?? '?'} depuis plus d'un jour
    ${who}, ${where}: OBF shows ${seen} of ${expected ?? '?'} for more than a day`;
}

/** Groups values by key, in the order of each group's first value. */
export function groupBy<T>(values: readonly T[], keyOf: (value: T) => string) {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
