import type { Queue } from 'bullmq';
import { z } from 'zod';
import { batchesKey } from '../../issuing/outbox.js';
import { readArrived } from '../../queue/arrivals.js';
import { QUEUES } from '../../queue/jobs.js';
import type { Pipeline } from '../../workers/pipeline.js';

/** One time series at this instant. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram: which of its series, e.g. `..._bucket`. */
  readonly metricName?: string;
}

/** All of one metric: what Prometheus calls a family. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

const sample = (value: number, labels: Sample['labels'] = {}): Sample => ({ labels, value });

/** A gauge of one value, or of a series each; null: it has none. */
export const gauge = (name: string, help: string, values: number | null | readonly Sample[]): Family => ({
  name,
  help,
  type: 'gauge',
  samples: values === null ? [] : typeof values === 'number' ? [sample(values)] : values,
});

/** What the figures are read from, over a connection that fails fast. */
export interface FigureNeeds extends Pipeline {
  readonly pollEveryS: number;
  /** Palier's own. */
  readonly version: string;
}

/**
 * Reads some of the figures. However many earners there are, it asks Redis for little: nothing is walked
 * through but what is under way.
 */
export type Reader = (needs: FigureNeeds) => Promise<readonly Family[]>;

const rulesFigures: Reader = async ({ schemes, version }) => {
  const { scheme, rollout } = await schemes.now();
  return [
    gauge(
      'palier_rules_change_waiting',
      '1 while changed rules wait to be applied.',
      rollout === null ? 0 : 1,
    ),
    gauge('palier_build_info', 'Always 1: which Palier, and which rules new facts are judged by.', [
      sample(1, { version, scheme: scheme.version }),
    ]),
  ];
};

/** As they are named here, and as BullMQ names them. */
const STATES = {
  waiting: ['waiting', 'prioritized'],
  active: ['active'],
  delayed: ['delayed'],
  failed: ['failed'],
} as const;

const queueFigures: Reader = async ({ queues }) => {
  const found = await Promise.all(
    QUEUES.map(async (queue) => {
      const counts = await queues[queue].getJobCounts(...Object.values(STATES).flat());
      const jobs = Object.entries(STATES).map(([state, names]) => {
        const count = names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
        return sample(count, { queue, state });
      });
      return { jobs, paused: sample(Number(await queues[queue].isPaused()), { queue }) };
    }),
  );
  return [
    gauge(
      'palier_queue_jobs',
      'Jobs in a queue (failed: for good, until ops sends them again; delayed: until their next attempt or time).',
      found.flatMap(({ jobs }) => jobs),
    ),
    gauge(
      'palier_queue_paused',
      '1 while a queue is paused (awards: issuing is).',
      found.map(({ paused }) => paused),
    ),
  ];
};

/**
 * How many jobs are looked at, at either end of what waits. Redis does not keep them by age: a retried job goes
 * to the end of the line, and a delayed one is in the order of its next attempt.
 */
const LOOKED_AT = 250;

/** How long the oldest notice and the oldest evaluation have waited. */
const waitFigures: Reader = async (needs) => {
  const { queues, redis, clock } = needs;
  const [noticeMs, arrived, earnerMs] = await Promise.all([
    oldestJobMs(queues.notices, redis),
    readArrived(queues.arrivals),
    oldestJobMs(queues.earners, redis),
  ]);
  const ageS = (oldestMs: number): number =>
    oldestMs === Infinity ? 0 : Math.max(0, clock() - oldestMs) / 1000;
  return [
    gauge(
      'palier_notices_oldest_age_seconds',
      `How long the oldest notice has waited to be read, tried again or not (0: none waits; of ${4 * LOOKED_AT} looked at).`,
      ageS(Math.min(noticeMs, arrived.oldestMs ?? Infinity)),
    ),
    gauge(
      'palier_notices_unsorted',
      'Notices that came in and no worker has taken yet: more than for a moment, none runs.',
      arrived.notices,
    ),
    gauge(
      'palier_earners_oldest_age_seconds',
      `How long the oldest evaluation of an earner has waited, tried again or not (0: none waits; of ${4 * LOOKED_AT} looked at).`,
      ageS(earnerMs),
    ),
  ];
};

/** Whether no schedule set the job: of each schedule one always waits for its time. */
export const isOneOff = (id: string): boolean => !id.startsWith('repeat:');

/** When the oldest job that waits was made, of those looked at, Unix milliseconds; Infinity: none waits. */
export async function oldestJobMs(queue: Queue, redis: FigureNeeds['redis']): Promise<number> {
  const ends = await Promise.all(
    (['waiting', 'delayed'] as const).flatMap((state) =>
      [true, false].map((oldestFirst) => queue.getRanges([state], 0, LOOKED_AT - 1, oldestFirst)),
    ),
  );
  const ids = [...new Set(ends.flat())].filter(isOneOff);
  const made = await Promise.all(ids.map((id) => redis.hget(queue.toKey(id), 'timestamp')));
  return Math.min(...made.map((text) => Number(text ?? Infinity)));
}

const POLL = 'poll.';

/** Lateness shows that no worker runs, or that workers do not keep up. */
const scheduleFigures: Reader = async ({ queues, clock, pollEveryS }) => {
  const [polls, others] = await Promise.all([
    // The one that should have come first is the latest.
    queues.notices.getJobSchedulers(0, 0, true),
    queues.maintenance.getJobSchedulers(),
  ]);
  const late = [...polls, ...others].map(({ key, next }) => {
    const schedule = key.startsWith(POLL) ? 'poll' : key;
    return sample(Math.max(0, clock() - (next ?? clock())) / 1000, { schedule });
  });
  return [
    gauge(
      'palier_schedule_lateness_seconds',
      'How long ago the next run that the clock sets off should have begun (0: it is yet to come).',
      late,
    ),
    gauge('palier_poll_period_seconds', 'How often the events of each client are to be read.', pollEveryS),
  ];
};

const issuingFigures: Reader = async ({ redis, prefix, scheme, outbox }) => {
  const [flags, waiting] = await Promise.all([
    // Where `createFlags` keeps them; a count of them needs no list.
    redis.zcard(`${prefix}:flags`),
    Promise.all(
      scheme.awards.map(async ({ id, badgeId }) => sample(await outbox.waiting(badgeId), { award: id })),
    ),
  ]);
  return [
    gauge('palier_awards_waiting', 'Awards that are due and wait for the next issue call.', waiting),
    gauge('palier_flags', 'Held awards whose rule is no longer met: a human is to look at them.', flags),
  ];
};

const quotaFigures: Reader = async ({ quota, pace, clock }) => {
  const reading = await quota.known();
  return [
    gauge(
      'palier_quota_left',
      'Badges that OBF lets the Région issue yet, as last read, less what was issued since (absent: OBF does not say).',
      reading?.left ?? null,
    ),
    gauge(
      'palier_quota_age_seconds',
      'How long ago the quota was read in OBF (absent: never).',
      reading === null ? null : Math.max(0, clock() - reading.readMs) / 1000,
    ),
    gauge('palier_quota_floor', 'Issuing stops rather than leave fewer badges than this.', pace.quota.floor),
  ];
};

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

const KNOWN = ['open', 'sending', 'sent', 'unknown'] as const;

const batchFigures: Reader = async (needs) => {
  const batches = await batchesUnderWay(needs);
  const nowMs = needs.clock();
  const oldestMs = Math.min(...batches.flatMap(({ state, sentMs }) => (state === 'unknown' ? [sentMs] : [])));
  return [
    gauge(
      'palier_batches',
      'Batches of awards under way (unknown: the call was made and its outcome is not known).',
      KNOWN.map((state) => sample(batches.filter((batch) => batch.state === state).length, { state })),
    ),
    gauge(
      'palier_batch_unknown_oldest_age_seconds',
      'How long ago the call was made whose outcome has been unknown the longest (0: none is).',
      Number.isFinite(oldestMs) ? (nowMs - oldestMs) / 1000 : 0,
    ),
  ];
};

/** `sentMs`: Unix milliseconds; 0 unless it is being sent. */
async function batchesUnderWay({ redis, prefix, schemes, clock, pace }: FigureNeeds) {
  const { scheme, rollout } = await schemes.now();
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

/** All that is read from Redis as it is at this instant; a new figure is a family of one of these. */
export const STATE_READERS: readonly Reader[] = [
  rulesFigures,
  queueFigures,
  waitFigures,
  issuingFigures,
  quotaFigures,
  batchFigures,
  scheduleFigures,
];
