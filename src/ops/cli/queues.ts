import { DateTime } from 'luxon';
import { withoutAddresses } from '../../platform/logger.js';
import type { Queues } from '../../queue/enqueue.js';
import { type Failure, walkFailed } from '../../queue/failures.js';
import { type QueueName, QUEUES } from '../../queue/jobs.js';
import { askForReplay, awaitReplay, isMeant, queuesOf, type ReplayFilter } from '../../queue/replay.js';
import { failedByReason, type FailedGroup } from '../shared/jobs.js';
import { type Localized, say } from '../../localized.js';
import { withQueues, withRedis } from './session.js';
import { requireSettings } from './settings.js';
import { type CommandAnswer, type CommandCall, type Command, wrongUsage, wordOf } from './command.js';

const ONE_MOMENT = { fr: 'Un instant', en: 'One moment' };

export const pause: Command = {
  help: `
    suspend les envois, et eux seuls
      pauses issuing, and nothing else
    Les avis sont toujours reçus et les personnes évaluées ; les badges dus attendent, et rien n'est perdu. Les révocations par Palier attendent aussi ; plans, mises en vigueur et conservation continuent.
      Notices are still taken and people evaluated; what is due waits, and nothing is lost. Revocations by Palier wait too; plans, applications and retention go on.`,
  progress: ONE_MOMENT,
  run: async (call) => {
    const { changed, inFlight } = await turn(call, true);
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
    const { changed } = await turn(call, false);
    const words = changed
      ? { fr: 'Envois relancés.', en: 'Issuing goes on.' }
      : { fr: "Les envois n'étaient pas suspendus.", en: 'Issuing was not paused.' };
    return { lines: [words], json: { paused: false, changed } };
  },
};

/** @returns `inFlight`: issue calls and the like that had begun */
function turn(call: CommandCall, paused: boolean) {
  const config = requireSettings(call, ['REDIS_URL']);
  return withRedis(call, config.redis, (redis) =>
    withQueues(call, redis, async ({ awards }) => {
      const before = await awards.isPaused();
      await (paused ? awards.pause() : awards.resume());
      return { changed: before !== paused, inFlight: await awards.getActiveCount() };
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
        call.has('dryRun') ? wouldSend(queues, filter) : haveSent(call, queues, filter),
      ),
    );
  },
};

/** Has a worker send them; none has begun within the time that Redis is given to answer: it is said. */
async function haveSent(
  { patienceMs, report }: CommandCall,
  queues: Queues,
  filter: ReplayFilter,
): Promise<CommandAnswer> {
  const limitMs = performance.now() + patienceMs.redis;
  const id = await askForReplay(queues, { ...filter, by: 'npx palier replay' });
  const { begunMs, sent } = await awaitReplay(queues, id, (seen) => {
    report(seen.looked, seen.toLookAt);
    return seen.begunMs === null && performance.now() >= limitMs;
  });
  if (begunMs === null)
    return { lines: [NOT_BEGUN], json: { dry_run: false, begun: false, queues: {} }, ok: false };
  const counts = queuesOf(filter).map((queue) => [queue, { count: sent[queue] ?? 0 }] as const);
  const lines = linesOf(counts, { fr: 'renvoyés au travail', en: 'sent back to work' });
  return { lines, json: { dry_run: false, queues: Object.fromEntries(counts) } };
}

const NOT_BEGUN = say`Le renvoi est demandé, mais aucun processus « worker » ne l'a commencé : il se fera dès qu'il en tournera un de libre.
  It is asked for, but no worker process has begun: it will be done as soon as one runs and is free.`;

const PAGE = 200;

async function wouldSend(queues: Queues, filter: ReplayFilter): Promise<CommandAnswer> {
  const found: Counts[number][] = [];
  for (const queue of queuesOf(filter)) {
    const fits = isMeant({ ...filter, askedMs: Infinity }, queue);
    const meant = new Map<string, Failure>();
    for await (const failures of walkFailed(queues[queue], PAGE))
      for (const failure of failures.filter(fits)) meant.set(failure.id, failure);
    found.push([queue, { count: meant.size, reasons: failedByReason([...meant.values()]) }]);
  }
  const lines = linesOf(found, { fr: 'à renvoyer', en: 'to be sent again' });
  return { lines, json: { dry_run: true, queues: Object.fromEntries(found) } };
}

type Counts = readonly (readonly [QueueName, { count: number; reasons?: readonly FailedGroup[] }])[];

function linesOf(found: Counts, done: Localized): CommandAnswer['lines'] {
  if (found.every(([, { count }]) => count === 0))
    return [{ fr: "Rien de tel n'est en échec.", en: 'Nothing of the kind stands in failed.' }];
  return found.flatMap(([queue, { count, reasons = [] }]) => [
    say`${queue} : ${count} ${done}
      ${queue}: ${count} ${done}`,
    ...reasons.map((group) => `  ${group.count} × ${group.reason}`),
  ]);
}

/** Which failed jobs. @throws CommandProblem for a queue that there is not, or an instant that cannot be read */
function readFilter({ text, clock }: CommandCall, timeZone: string): ReplayFilter {
  const [error, since] = [text('error'), text('since')];
  return {
    queue: wordOf({ fr: 'File inconnue', en: 'Unknown queue' }, text('queue'), QUEUES),
    group: null,
    // It is kept with the job, which anybody may read.
    error: error === null ? null : withoutAddresses(error).slice(0, MAX_ERROR_CHARS),
    sinceMs: since === null ? null : readSince(since, timeZone, clock()),
  };
}

const MAX_ERROR_CHARS = 200;

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, j: 86_400_000 };

/**
 * `2h` or `3d` (before now), or an ISO date, as Unix milliseconds.
 * @throws CommandProblem when it is neither, or lies ahead
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
