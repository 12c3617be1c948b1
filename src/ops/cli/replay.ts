import type { RedisConnection } from '../../platform/redis.js';
import { walkFailed, type Failure } from '../../queue/failures.js';
import { QUEUES, type QueueName } from '../../queue/jobs.js';
import { askForReplay, awaitReplay, isMeant, queuesOf, type ReplayFilter } from '../../queue/replay.js';
import { answer } from './answer.js';
import type { Command, Context } from './context.js';
import { EXIT } from './exit.js';
import { failedByReason, type FailedGroup } from '../shared/failed-jobs.js';
import { withProgress, type Report } from './progress.js';
import { withQueue } from './queue-session.js';
import { requireRedis } from './redis-session.js';
import { requireSettings } from './settings.js';
import { filterOf } from './replay/asked.js';
import type { Lang, Localized } from '../shared/words.js';

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
    {
      fr: "Un processus « worker » s'en charge, et continue si cette commande est interrompue ; « /ops/echecs » montre où il en est.",
      en: 'A worker process does it, and goes on if this command is interrupted; "/ops/echecs" shows how far it is.',
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
    const config = requireSettings(context, ['REDIS_URL', 'TZ_SCHEME']);
    const filter = filterOf(call, config.timeZone, context.clock());
    const dryRun = call.flags['dryRun'] === true;
    const about = dryRun
      ? { fr: 'Lecture des échecs', en: 'Reading what failed' }
      : { fr: 'Renvoi au travail', en: 'Sending back to work' };
    const results = await withProgress({ ...context, lang: call.lang }, about, (report) =>
      requireRedis(context, config.redis, (redis) =>
        dryRun ? wouldSend(context, redis, filter) : haveSent(context, redis, filter, report),
      ),
    );
    if (results === null) {
      answer(call, context, [NOT_BEGUN[call.lang]], { dry_run: false, begun: false, queues: {} });
      return EXIT.problem;
    }
    answer(call, context, linesOf(results, dryRun, call.lang), jsonOf(results, dryRun));
    return EXIT.good;
  },
};

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
  return withQueue(context, redis, 'maintenance', async (maintenance) => {
    const asked = { ...filter, by: 'npx palier replay' };
    const id = await askForReplay({ maintenance }, asked);
    const { begunMs, sent } = await awaitReplay({ maintenance }, id, (seen) => {
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
    const fits = isMeant({ ...filter, askedMs: context.clock() }, name);
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
