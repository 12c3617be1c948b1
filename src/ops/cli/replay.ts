import type { Queue } from 'bullmq';
import { QUEUES, type QueueName } from '../../queue/names.js';
import { replayFailed, type ReplayFilter } from '../../queue/replay.js';
import { answer } from './answer.js';
import type { Command } from './context.js';
import { EXIT } from './exit.js';
import { failedByReason, totalOf, type FailedGroup } from './failed-jobs.js';
import { withProgress, type Report } from './progress.js';
import { withQueue } from './queue-session.js';
import { requireRedis } from './redis-session.js';
import { requireSettings } from './settings.js';
import { filterOf, queuesOf } from './replay/asked.js';
import type { Lang } from './words.js';

export const replay: Command = {
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
  ],
  args: [],
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
  run: async (call, context) => {
    const names = queuesOf(call);
    const config = requireSettings(context, ['REDIS_URL', 'TZ_SCHEME']);
    const filter = filterOf(call, config.timeZone, context.clock());
    const dryRun = call.flags['dryRun'] === true;
    const about = dryRun
      ? { fr: 'Lecture des échecs', en: 'Reading what failed' }
      : { fr: 'Renvoi au travail', en: 'Sending back to work' };
    const results = await withProgress({ ...context, lang: call.lang }, about, (report) =>
      requireRedis(context, config.redis, async (redis) => {
        const found: Result[] = [];
        for (const name of names)
          found.push(
            await withQueue(context, redis, name, (queue) => resultOf(queue, name, filter, dryRun, report)),
          );
        return found;
      }),
    );
    answer(call, context, linesOf(results, dryRun, call.lang), jsonOf(results, dryRun));
    return EXIT.good;
  },
};

/** What was sent again, or would be, of one queue. */
interface Result {
  readonly queue: QueueName;
  readonly count: number;
  /** In a dry run. */
  readonly reasons: readonly FailedGroup[];
}

async function resultOf(
  queue: Queue,
  name: QueueName,
  filter: ReplayFilter,
  dryRun: boolean,
  report: Report,
): Promise<Result> {
  if (!dryRun) return { queue: name, count: await replayFailed(queue, filter, report), reasons: [] };
  const reasons = await failedByReason(queue, filter);
  return { queue: name, count: totalOf(reasons), reasons };
}

function linesOf(results: readonly Result[], dryRun: boolean, lang: Lang): readonly string[] {
  const total = results.reduce((sum, { count }) => sum + count, 0);
  if (total === 0)
    return [{ fr: "Rien de tel n'est en échec.", en: 'Nothing of the kind stands in failed.' }[lang]];
  const done = dryRun
    ? { fr: 'à renvoyer', en: 'to be sent again' }
    : { fr: 'renvoyés au travail', en: 'sent back to work' };
  const colon = { fr: ' :', en: ':' }[lang];
  return results.flatMap(({ queue, count, reasons }) => [
    `${queue}${colon} ${count} ${done[lang]}`,
    ...reasons.map((group) => `  ${group.count} × ${group.reason}`),
  ]);
}

const jsonOf = (results: readonly Result[], dryRun: boolean) => ({
  dry_run: dryRun,
  queues: Object.fromEntries(
    results.map(({ queue, count, reasons }) => [queue, dryRun ? { count, reasons } : { count }]),
  ),
});
