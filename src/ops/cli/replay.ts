import { DateTime } from 'luxon';
import { withoutAddresses } from '../../platform/logger.js';
import type { RedisConnection } from '../../platform/redis.js';
import { type Failure, walkFailed } from '../../queue/failures.js';
import { type QueueName, QUEUES } from '../../queue/jobs.js';
import { askForReplay, awaitReplay, isMeant, queuesOf, type ReplayFilter } from '../../queue/replay.js';
import { nearest } from '../../rules/parse/messages.js';
import { failedByReason, type FailedGroup } from '../shared/failed-jobs.js';
import { labelled, type Lang, type Localized, localized } from '../shared/words.js';
import { didYouMean } from './arguments.js';
import { command } from './command.js';
import type { Call, Context } from './context.js';
import { EXIT, wrongUsage } from './problem.js';
import type { Report } from './progress.js';
import { requireRedis, withQueue, withQueues } from './session.js';
import { requireSettings } from './settings.js';

export const replay = command({
  name: 'replay',
  summary: {
    fr: 'renvoie au travail ce qui a échoué',
    en: 'sends what failed back to work',
  },
  details: [
    {
      fr: "Chaque travail retrouve toutes ses tentatives. À taper quand la cause est réglée ; « npx palier stats » dit les causes. Rien n'est délivré deux fois pour autant.",
      en: 'Each gets its full attempts again. To be typed when the cause is mended; "npx palier stats" tells the causes. Nothing is given twice by it.',
    },
    {
      fr: "Un processus « worker » s'en charge, et continue si cette commande est interrompue ; « /ops/echecs » montre où il en est.",
      en: 'A worker process does it, and goes on if this command is interrupted; "/ops/echecs" shows how far it is.',
    },
  ],
  options: [
    {
      flag: '--queue',
      value: { fr: 'file', en: 'queue' },
      about: {
        fr: `cette file seulement : ${QUEUES.join(', ')}`,
        en: `this queue only: ${QUEUES.join(', ')}`,
      },
    },
    {
      flag: '--error',
      value: { fr: 'texte', en: 'text' },
      about: {
        fr: 'seulement les causes qui contiennent ce texte',
        en: 'only causes that contain this text',
      },
    },
    {
      flag: '--since',
      value: { fr: 'quand', en: 'when' },
      about: {
        fr: 'seulement les échecs depuis une durée (30m, 2h, 3j) ou une date (2026-01-31)',
        en: 'only failures since a duration (30m, 2h, 3d) or a date (2026-01-31)',
      },
    },
    {
      flag: '--dry-run',
      about: {
        fr: 'dit ce qui serait renvoyé, et ne renvoie rien',
        en: 'tells what would be sent, and sends nothing',
      },
    },
  ],
  progress: (call) =>
    isDryRun(call)
      ? { fr: 'Lecture des échecs', en: 'Reading what failed' }
      : { fr: 'Renvoi au travail', en: 'Sending back to work' },
  work: async (call, { context, report }) => {
    const config = requireSettings(context, ['REDIS_URL', 'TZ_SCHEME']);
    const filter = readFilter(call, config.timeZone, context.clock());
    return requireRedis(context, config.redis, (redis) =>
      isDryRun(call) ? wouldSend(context, redis, filter) : haveSent(context, redis, filter, report),
    );
  },
  answer: (results, call) =>
    results === null
      ? {
          lines: [NOT_BEGUN[call.lang]],
          json: { dry_run: false, begun: false, queues: {} },
          exit: EXIT.problem,
        }
      : {
          lines: linesOf(results, isDryRun(call), call.lang),
          json: jsonOf(results, isDryRun(call)),
        },
});

const isDryRun = ({ flags }: Call): boolean => flags['dryRun'] === true;

const NOT_BEGUN: Localized = {
  fr: "Le renvoi est demandé, mais aucun processus « worker » ne l'a commencé : il se fera dès qu'il en tournera un de libre.",
  en: 'It is asked for, but no worker process has begun: it will be done as soon as one runs and is free.',
};

/** What was sent again, or would be, of one queue. */
interface Result {
  readonly queue: QueueName;
  readonly count: number;
  /** In a dry run. */
  readonly reasons: readonly FailedGroup[];
}

/** Has a worker send them; null: none has begun, within the time that Redis is given to answer. */
async function haveSent(
  context: Context,
  redis: RedisConnection,
  filter: ReplayFilter,
  report: Report,
): Promise<readonly Result[] | null> {
  const limitMs = performance.now() + context.patienceMs.redis;
  return withQueues(context, redis, async (queues) => {
    const asked = { ...filter, by: 'npx palier replay' };
    const id = await askForReplay(queues, asked);
    const { begunMs, sent } = await awaitReplay(queues, id, (seen) => {
      report(seen.looked, seen.toLookAt);
      return seen.begunMs === null && performance.now() >= limitMs;
    });
    if (begunMs === null) return null;
    return queuesOf(filter).map((queue) => ({ queue, count: sent[queue] ?? 0, reasons: [] }));
  });
}

async function wouldSend(
  context: Context,
  redis: RedisConnection,
  filter: ReplayFilter,
): Promise<readonly Result[]> {
  const found: Result[] = [];
  for (const name of queuesOf(filter)) {
    const fits = isMeant({ ...filter, askedMs: Infinity }, name);
    const meant = new Map<string, Failure>();
    await withQueue(context, redis, name, async (queue) => {
      for await (const failures of walkFailed(queue, PAGE))
        for (const failure of failures.filter(fits)) meant.set(failure.id, failure);
    });
    found.push({ queue: name, count: meant.size, reasons: failedByReason([...meant.values()]) });
  }
  return found;
}

const PAGE = 200;

function linesOf(results: readonly Result[], dryRun: boolean, lang: Lang): readonly string[] {
  const total = results.reduce((sum, { count }) => sum + count, 0);
  if (total === 0)
    return [{ fr: "Rien de tel n'est en échec.", en: 'Nothing of the kind stands in failed.' }[lang]];
  const done = dryRun
    ? { fr: 'à renvoyer', en: 'to be sent again' }
    : { fr: 'renvoyés au travail', en: 'sent back to work' };
  return results.flatMap(({ queue, count, reasons }) => [
    labelled(
      localized(() => queue),
      localized((l) => `${count} ${done[l]}`),
    )[lang],
    ...reasons.map((group) => `  ${group.count} × ${group.reason}`),
  ]);
}

const jsonOf = (results: readonly Result[], dryRun: boolean) => ({
  dry_run: dryRun,
  queues: Object.fromEntries(
    results.map(({ queue, count, reasons }) => [queue, dryRun ? { count, reasons } : { count }]),
  ),
});

/** Null: all. @throws Problem for a name that is none of theirs */
function queueIn({ flags }: Call): QueueName | null {
  const typed = flags['queue'];
  if (typeof typed !== 'string') return null;
  const queue = QUEUES.find((name) => name === typed);
  if (queue !== undefined) return queue;
  const known = QUEUES.join(', ');
  const meant = didYouMean(nearest(typed, QUEUES));
  throw wrongUsage({
    fr: `File inconnue${meant.fr === '' ? '.' : meant.fr} Les files : ${known}.`,
    en: `Unknown queue${meant.en === '' ? '.' : meant.en} The queues: ${known}.`,
  });
}

/** Which failed jobs. @throws Problem for a queue that there is not, or an instant that cannot be read */
function readFilter(call: Call, timeZone: string, nowMs: number): ReplayFilter {
  const { error, since } = call.flags;
  return {
    queue: queueIn(call),
    group: null,
    // It is kept with the job, which anybody may read.
    error: typeof error === 'string' ? withoutAddresses(error).slice(0, MAX_ERROR_CHARS) : null,
    sinceMs: typeof since === 'string' ? readSince(since, timeZone, nowMs) : null,
  };
}

const MAX_ERROR_CHARS = 200;

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, j: 86_400_000 };

/**
 * An instant as an operator types it: `2h` or `3d` (before now), or an ISO date, with or without a time.
 * @param timeZone of a date that names none
 * @returns Unix milliseconds
 * @throws Problem when it is neither, or lies ahead
 */
export function readSince(typed: string, timeZone: string, nowMs: number): number {
  const [, amount, unit = ''] = /^(\d{1,6})([mhdj])$/i.exec(typed.trim()) ?? [];
  const ms =
    amount === undefined
      ? DateTime.fromISO(typed.trim(), { zone: timeZone }).toMillis()
      : nowMs - Number(amount) * (UNITS[unit.toLowerCase()] ?? NaN);
  if (Number.isNaN(ms)) throw wrongUsage(NO_INSTANT);
  if (ms > nowMs) throw wrongUsage(AHEAD);
  return ms;
}

const NO_INSTANT = {
  fr: '--since attend une durée (30m, 2h, 3j) ou une date (2026-01-31, 2026-01-31T14:00).',
  en: '--since takes a duration (30m, 2h, 3d) or a date (2026-01-31, 2026-01-31T14:00).',
};
const AHEAD = {
  fr: "--since est dans l'avenir : rien ne peut avoir échoué depuis.",
  en: '--since lies ahead: nothing can have failed since.',
};
