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

/** What the scrape, the home page and `palier stats` tell of this instant, so that they never disagree. */
export type HouseState = Awaited<ReturnType<typeof readState>>;

/** However many earners there are, it asks Redis for little: nothing is walked through but what is under way. */
export async function readState(pipeline: Pipeline) {
  const { queues, redis, prefix, clock, scheme, schemes, outbox } = pipeline;
  const ageS = (sinceMs: number): number => Math.max(0, clock() - sinceMs) / 1000;
  const rules = await schemes.now();
  const [jobs, arrived, noticeMs, earnerMs, schedules, due, flags, reading, batches] = await Promise.all([
    readQueues(queues),
    readArrived(queues.arrivals),
    oldestJobMs(queues.notices, redis),
    oldestJobMs(queues.earners, redis),
    readSchedules(pipeline),
    Promise.all(scheme.awards.map(async (award) => ({ award, count: await outbox.waiting(award.badgeId) }))),
    // Where `createReviewFlags` keeps them; a count of them needs no list.
    redis.zcard(`${prefix}:flags`),
    pipeline.quota.known(),
    readBatches(pipeline, rules),
  ]);
  const oldestNoticeMs = Math.min(noticeMs, arrived.oldestMs ?? Infinity);
  const unknownMs = batches.flatMap(({ state, sentMs }) => (state === 'unknown' ? [sentMs] : []));
  return {
    rules,
    queues: jobs,
    /** Notices that came in and no worker has taken yet. */
    arrived: arrived.notices,
    /** How long the oldest notice has waited to be read, tried again or not; null: none waits. */
    noticeAgeS: oldestNoticeMs === Infinity ? null : ageS(oldestNoticeMs),
    /** The same of the oldest evaluation; 0: none waits. */
    earnerAgeS: ageS(earnerMs),
    schedules,
    /** Awards that are due and in no batch yet. */
    due,
    /** How many held awards a human is to look at. */
    flags,
    /** `reading` is null where it was never read; issuing stops rather than leave fewer than `floor`. */
    quota: { reading, floor: pipeline.pace.quota.floor },
    batches,
    /** How long ago the call was made whose outcome has been unknown the longest; 0: none is. */
    unknownAgeS: ageS(Math.min(...unknownMs)),
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
 * How many jobs are looked at, at either end of what waits. Redis does not keep them by age: a retried job goes
 * to the end of the line, and a delayed one is in the order of its next attempt.
 */
export const LOOKED_AT = 250;

/** Whether no schedule set the job: of each schedule one always waits for its time. */
export const isOneOff = (id: string): boolean => !id.startsWith('repeat:');

/** When the oldest job that waits was made, of those looked at, Unix milliseconds; Infinity: none waits. */
async function oldestJobMs(queue: Queue, redis: Pipeline['redis']): Promise<number> {
  const ends = await Promise.all(
    (['waiting', 'delayed'] as const).flatMap((state) =>
      [true, false].map((oldestFirst) => queue.getRanges([state], 0, LOOKED_AT - 1, oldestFirst)),
    ),
  );
  const ids = [...new Set(ends.flat())].filter(isOneOff);
  const made = await Promise.all(ids.map((id) => redis.hget(queue.toKey(id), 'timestamp')));
  return Math.min(...made.map((text) => Number(text ?? Infinity)));
}

/** How late each schedule is, seconds: no worker runs, or they do not keep up. Of the polls, the latest. */
async function readSchedules({ queues, clock }: Pipeline) {
  const [polls, others] = await Promise.all([
    // The one that should have come first is the latest.
    queues.notices.getJobSchedulers(0, 0, true),
    queues.maintenance.getJobSchedulers(),
  ]);
  return [...polls, ...others].map(({ key, next }) => ({
    schedule: key.startsWith('poll.') ? 'poll' : key,
    lateS: Math.max(0, clock() - (next ?? clock())) / 1000,
  }));
}

/**
 * Of each batch of one badge its state and, while it is being sent, since when: after a large application
 * of changed rules they are megabytes, which stay in Redis. The state is the first part of a batch's text,
 * and no earner's key can look like either.
 */
const BATCH_STATES = `
local told = {}
for _, text in ipairs(redis.call('HVALS', KEYS[1])) do
  local state = string.match(text, '"state":"(%a+)"') or 'unreadable'
  local sent = state == 'sending' and string.match(text, '"sentMs":(%d+)') or ''
  told[#told + 1] = state .. ' ' .. sent
end
return told`;
const told = z.array(z.string());

/** The batches under way; `sentMs`: Unix milliseconds, 0 unless it is being sent. */
async function readBatches(
  { redis, prefix, clock, pace }: Pipeline,
  { scheme, rollout }: Awaited<ReturnType<Pipeline['schemes']['now']>>,
) {
  const awards = [...scheme.awards, ...(rollout?.inForce?.awards ?? [])];
  const badges = new Set(awards.map(({ badgeId }) => badgeId));
  const texts = await Promise.all(
    [...badges].map(async (badgeId) =>
      told.parse(await redis.eval(BATCH_STATES, 1, batchesKey(prefix, badgeId))),
    ),
  );
  return texts.flat().map((text) => {
    const [state = '', sent = ''] = text.split(' ');
    const sentMs = Number(sent);
    const isOver = state === 'sending' && clock() - sentMs > pace.sendWithinMs;
    return { state: isOver ? 'unknown' : state, sentMs };
  });
}

/** The awards whose issuing waits, and why. */
export async function readHolds({ scheme, holds }: Pick<Pipeline, 'scheme' | 'holds'>) {
  const found = await Promise.all(
    scheme.awards.map(async (award) => ({ award, hold: await holds.of(award.badgeId) })),
  );
  return found.flatMap(({ award, hold }) => (hold === null ? [] : [{ award, hold }]));
}

type AwardOnHold = Awaited<ReturnType<typeof readHolds>>[number];

/** Why issuing of one award waits, since when, and when Palier looks again. */
export function holdLine({ award, hold }: AwardOnHold, timeZone: string): Localized {
  const since = instantWords(Math.floor(hold.sinceMs / 1000), timeZone);
  const next = instantWords(Math.floor(hold.nextMs / 1000), timeZone);
  const [name, why] = [quoted(award.name), holdWords(hold)];
  return say`en attente, ${name} : ${why}. Depuis le ${since} ; Palier regarde à nouveau le ${next}, et reprend seul
    on hold, ${name}: ${why}. Since ${since}; Palier looks again ${next}, and goes on by itself`;
}

/** Held awards that somebody is to look at, oldest first; `award` is null where the scheme no longer has it. */
export async function readFlags({ flags, scheme }: Pick<Pipeline, 'flags' | 'scheme'>, atMost?: number) {
  const awards = new Map(scheme.awards.map((award) => [award.badgeId, award]));
  return (await flags.list(atMost)).map((flag) => ({ ...flag, award: awards.get(flag.badgeId) ?? null }));
}

export const SILENT_DAYS = 30;
const DAY_S = 86_400;

interface NewsSources extends Pick<Pipeline, 'scheme' | 'clock'> {
  readonly news: Pick<PartnerActivity, 'partners'>;
}

/** The active partners: first those never heard of, then the longest silent. */
export async function readPartnerNews({ scheme, clock, news }: NewsSources): Promise<readonly PartnerNews[]> {
  const known = await news.partners();
  const nowS = secondsOf(clock);
  const found = scheme.partners
    .filter(({ active }) => active)
    .map((partner) => newsOf(partner, known.get(partner.clientId) ?? null, nowS));
  const heardS = ({ lastS }: PartnerNews): number => lastS ?? -Infinity;
  return found.toSorted((a, b) => (heardS(a) === heardS(b) ? 0 : heardS(a) - heardS(b)));
}

export type PartnerNews = ReturnType<typeof newsOf>;

/** When a partner was last heard of, Unix seconds, and how many whole days ago; null: nothing was ever read. */
export function newsOf(partner: Partner, last: Latest | null, nowS: number) {
  const { lastS, eventId: lastEvent } = last ?? { lastS: null, eventId: null };
  const quietDays = lastS === null ? null : Math.max(0, Math.floor((nowS - lastS) / DAY_S));
  /** Somebody should ask them whether all is well. */
  const silent = quietDays === null || quietDays >= SILENT_DAYS;
  return { partner, lastS, lastEvent, quietDays, silent };
}

/**
 * What of OBF cannot be read, and people are to know of; oldest first. An odd row is shown at once, an incomplete list
 * after a day: OBF may still be writing it.
 */
export async function readProblemsToShow({ readProblems, clock }: Pick<Pipeline, 'readProblems' | 'clock'>) {
  const nowS = secondsOf(clock);
  const found = await readProblems.list();
  return found.filter(({ missing, sinceS }) => missing === null || nowS - sinceS >= DAY_S);
}

/** Pure: names the client, the event and the field; no person. */
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

/** @returns the groups in the order of their first members */
export function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}
