import { DateTime } from 'luxon';
import { withoutAddresses } from '../../platform/logger.js';
import type { Queues } from '../../queue/enqueue.js';
import { type Failure, walkFailed } from '../../queue/failures.js';
import { type QueueName, QUEUES } from '../../queue/jobs.js';
import { askForReplay, awaitReplay, matchesReplay, queuesOf, type ReplayFilter } from '../../queue/replay.js';
import { failedByReason, type FailedGroup } from '../shared/jobs.js';
import { type Localized, say } from '../../localized.js';
import { withQueues, withRedis } from './session.js';
import { requireSettings } from './settings.js';
import { type CommandAnswer, type CommandCall, type Command, wrongUsage, requireWord } from './command.js';

const ONE_MOMENT = { fr: 'Un instant', en: 'One moment' };

export const pause: Command = {
  help: `
    suspend les envois, et eux seuls
      pauses issuing, and nothing else
    Les avis sont toujours reçus et les personnes évaluées ; les badges dus attendent, et rien n'est perdu. Les révocations par Palier attendent aussi ; plans, mises en vigueur et conservation continuent.
      Notices are still taken and people evaluated; what is due waits, and nothing is lost. Revocations by Palier wait too; plans, applications and retention go on.`,
  progress: ONE_MOMENT,
  run: async (call) => {
    const { changed, inFlight } = await setPaused(call, true);
    return {
      lines: [
        changed
          ? say`Envois suspendus. « npx palier resume » les relance.
            Issuing is paused. "npx palier resume" starts it again.`
          : say`Les envois étaient déjà suspendus. « npx palier resume » les relance.
            Issuing was paused already. "npx palier resume" starts it again.`,
        inFlight > 0 &&
          say`Travaux d'envoi déjà commencés, qui s'achèvent : ${inFlight}.
            Work on issuing that had begun, and ends: ${inFlight}.`,
      ],
      json: { paused: true, changed, under_way: inFlight },
    };
  },
};

export const resume: Command = {
  help: `
    relance les envois suspendus par « pause »
      starts issuing again after "pause"
    Ce qui est dû part alors, par envois groupés ; chaque personne est réévaluée juste avant.
      What is due leaves then, in batches; everyone is evaluated anew just before.`,
  progress: ONE_MOMENT,
  run: async (call) => {
    const { changed } = await setPaused(call, false);
    const words = changed
      ? { fr: 'Envois relancés.', en: 'Issuing goes on.' }
      : { fr: "Les envois n'étaient pas suspendus.", en: 'Issuing was not paused.' };
    return { lines: [words], json: { paused: false, changed } };
  },
};

/** Pauses or resumes issuing. @returns `inFlight`: award jobs that had already begun */
function setPaused(call: CommandCall, paused: boolean) {
  const config = requireSettings(call, ['REDIS_URL']);
  return withRedis(call, config.redis, (redis) =>
    withQueues(call, redis, async ({ awards }) => {
      const wasPaused = await awards.isPaused();
      await (paused ? awards.pause() : awards.resume());
      return { changed: wasPaused !== paused, inFlight: await awards.getActiveCount() };
    }),
  );
}

export const replay: Command = {
  help: `
    renvoie au travail ce qui a échoué
      sends what failed back to work
    Chaque travail retrouve toutes ses tentatives. À taper quand la cause est réglée ; « npx palier stats » dit les causes. Rien n'est délivré deux fois pour autant.
      Each gets its full attempts again. To be typed when the cause is mended; "npx palier stats" tells the causes. Nothing is given twice by it.
    Un processus « worker » s'en charge, et continue si cette commande est interrompue ; « /ops/echecs » montre où il en est.
      A worker process does it, and goes on if this command is interrupted; "/ops/echecs" shows how far it is.`,
  options: {
    '--queue <file|queue>': say`cette file seulement : ${QUEUES.join(', ')}
      this queue only: ${QUEUES.join(', ')}`,
    '--error <texte|text>': say`seulement les causes qui contiennent ce texte
      only causes that contain this text`,
    '--since <quand|when>': say`seulement les échecs depuis une durée (30m, 2h, 3j) ou une date (2026-01-31)
      only failures since a duration (30m, 2h, 3d) or a date (2026-01-31)`,
    '--dry-run': say`dit ce qui serait renvoyé, et ne renvoie rien
      tells what would be sent, and sends nothing`,
  },
  progress: { fr: 'Parcours des échecs', en: 'Going through what failed' },
  run: async (call) => {
    const config = requireSettings(call, ['REDIS_URL', 'TZ_SCHEME']);
    const filter = readFilter(call, config.timeZone);
    return withRedis(call, config.redis, (redis) =>
      withQueues(call, redis, (queues) =>
        call.has('dryRun') ? countMatching(queues, filter) : requestReplay(call, queues, filter),
      ),
    );
  },
};

/** Asks a worker to replay, and waits until it is done; gives up if none begins within Redis' timeout. */
async function requestReplay(
  { patienceMs, report }: CommandCall,
  queues: Queues,
  filter: ReplayFilter,
): Promise<CommandAnswer> {
  const deadlineMs = performance.now() + patienceMs.redis;
  const id = await askForReplay(queues, { ...filter, by: 'npx palier replay' });
  const { begunMs, sent } = await awaitReplay(queues, id, (progress) => {
    report(progress.looked, progress.toLookAt);
    return progress.begunMs === null && performance.now() >= deadlineMs;
  });
  if (begunMs === null)
    return { lines: [NOT_BEGUN], json: { dry_run: false, begun: false, queues: {} }, ok: false };
  const counts = queuesOf(filter).map((queue) => [queue, { count: sent[queue] ?? 0 }] as const);
  const lines = linesOf(counts, { fr: 'renvoyés au travail', en: 'sent back to work' });
  return { lines, json: { dry_run: false, queues: Object.fromEntries(counts) } };
}

const NOT_BEGUN = say`Le renvoi est demandé, mais aucun processus « worker » ne l'a commencé : il se fera dès qu'il en tournera un de libre.
  It is asked for, but no worker process has begun: it will be done as soon as one runs and is free.`;

const PAGE_SIZE = 200;

/** Counts what a replay would send, and why it failed (`--dry-run`). */
async function countMatching(queues: Queues, filter: ReplayFilter): Promise<CommandAnswer> {
  const counts: QueueCount[] = [];
  for (const queue of queuesOf(filter)) {
    const matches = matchesReplay({ ...filter, askedMs: Infinity }, queue);
    const matching = new Map<string, Failure>();
    for await (const failures of walkFailed(queues[queue], PAGE_SIZE))
      for (const failure of failures.filter(matches)) matching.set(failure.id, failure);
    counts.push([queue, { count: matching.size, reasons: failedByReason([...matching.values()]) }]);
  }
  const lines = linesOf(counts, { fr: 'à renvoyer', en: 'to be sent again' });
  return { lines, json: { dry_run: true, queues: Object.fromEntries(counts) } };
}

type QueueCount = readonly [QueueName, { count: number; reasons?: readonly FailedGroup[] }];

function linesOf(counts: readonly QueueCount[], action: Localized): CommandAnswer['lines'] {
  if (counts.every(([, { count }]) => count === 0))
    return [{ fr: "Rien de tel n'est en échec.", en: 'Nothing of the kind stands in failed.' }];
  return counts.flatMap(([queue, { count, reasons = [] }]) => [
    say`${queue} : ${count} ${action}
      ${queue}: ${count} ${action}`,
    ...reasons.map((group) => `  ${group.count} × ${group.reason}`),
  ]);
}

/** Reads which failed jobs are meant. @throws CommandProblem for an unknown queue or a wrong instant */
function readFilter({ text, clock }: CommandCall, timeZone: string): ReplayFilter {
  const [error, since] = [text('error'), text('since')];
  return {
    queue: requireWord({ fr: 'File inconnue', en: 'Unknown queue' }, text('queue'), QUEUES),
    group: null,
    // Job data is plain text in Redis: an address must not be there.
    error: error === null ? null : withoutAddresses(error).slice(0, MAX_ERROR_CHARS),
    sinceMs: since === null ? null : readSince(since, timeZone, clock()),
  };
}

const MAX_ERROR_CHARS = 200;

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, j: 86_400_000 };

/**
 * Reads `2h` or `3d` (before now), or an ISO date, as Unix milliseconds.
 * @throws CommandProblem for another form, or an instant in the future
 */
export function readSince(typed: string, timeZone: string, nowMs: number): number {
  const [, amount, unit = ''] = /^(\d{1,6})([mhdj])$/i.exec(typed.trim()) ?? [];
  const ms =
    amount === undefined
      ? DateTime.fromISO(typed.trim(), { zone: timeZone }).toMillis()
      : nowMs - Number(amount) * (UNITS[unit.toLowerCase()] ?? NaN);
  if (Number.isNaN(ms))
    throw wrongUsage(say`--since attend une durée (30m, 2h, 3j) ou une date (2026-01-31, 2026-01-31T14:00).
      --since takes a duration (30m, 2h, 3d) or a date (2026-01-31, 2026-01-31T14:00).`);
  if (ms > nowMs)
    throw wrongUsage(say`--since est dans l'avenir : rien ne peut avoir échoué depuis.
      --since lies ahead: nothing can have failed since.`);
  return ms;
}
