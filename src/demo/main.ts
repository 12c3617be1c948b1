import { once } from 'node:events';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { asBadgeId } from '../ids.js';
import { secondsOf, systemClock } from '../platform/clock.js';
import { readConfigFolder } from '../platform/config-folder.js';
import { createLogger } from '../platform/logger.js';
import { closeRedis, openConsumer, raceAbort } from '../platform/redis.js';
import { evaluate } from '../rules/evaluate.js';
import { buildExplanation } from '../rules/explain/explanation.js';
import { ExplanationText } from '../rules/explain/text.js';
import { badgeName } from '../rules/explain/formatter.js';
import { schemeOrThrow } from '../rules/parse/parse-scheme.js';
import type { Scheme } from '../rules/types.js';
import { awardsIn, badgesIn, type Evaluation, tallyOf } from '../rules/evaluation.js';
import { earnerKeyOf, readPerson } from '../earners/person.js';
import { openStores } from '../workers/stores.js';
import {
  EVENT_PATH,
  PASSPORT_PATH,
  type PalierReader,
  type AwardProgress,
  type PendingWork,
} from './acts.js';
import { Narrator } from './narrator.js';
import { Closing, DemoError, openStage, type Environment, type Stage } from './stage.js';
import { FARID, showMail, tellStory } from './story.js';

const PROJECT_DIR = join(import.meta.dirname, '../..');
const CONFIG_DIR = join(PROJECT_DIR, 'src/demo/config');
const TIME_ZONE = 'Europe/Paris';

interface Options {
  readonly fast: boolean;
  /** Stays open after the story. */
  readonly keep: boolean;
}

/** Shortens the scenes' pauses, meant for 25 characters a second: the text stays on the screen. */
const READING_PACE = 0.55;

/**
 * Runs the demonstration: opens everything, plays the story, and always closes what it opened.
 * @returns the exit code; any error is already printed
 */
async function show({ fast, keep }: Options, stop: AbortController): Promise<number> {
  const { signal } = stop;
  const closing = new Closing();
  const narrator = new Narrator(fast ? 0 : READING_PACE, signal);
  try {
    const stage = await raceAbort(perform(signal, narrator, closing), signal);
    if (keep) await keepOpen(signal, narrator, stage);
    else
      narrator.say("L'histoire est finie ; tout s'arrête. (« npm run demo -- --keep » laisse tout ouvert.)");
    return 0;
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      process.stdout.write("\nInterrompu : tout s'arrête.\n");
      // As in shells: 128 plus the number of SIGINT.
      return 130;
    }
    process.stderr.write(`\nLa démonstration a échoué.\n${textOf(error)}\n`);
    return 1;
  } finally {
    stop.abort();
    await closing.close();
  }
}

async function perform(stop: AbortSignal, narrator: Narrator, closing: Closing): Promise<Stage> {
  const scheme = schemeOrThrow(await readConfigFolder(CONFIG_DIR), TIME_ZONE);
  narrator.heading('Palier : la démonstration');
  narrator.say(
    "Des organismes remettent des badges ; la Région remet le sien à qui en a réuni assez, une fois et une seule, sans que personne n'intervienne. " +
      'Tout se passe sur cette machine, avec les vrais programmes et les vraies règles ; les organismes et les personnes sont inventés.',
  );
  narrator.gap();
  narrator.fact(`règles et organismes : ${relative(PROJECT_DIR, CONFIG_DIR)}/`);
  const folders = { projectDir: PROJECT_DIR, configDir: CONFIG_DIR };
  const options = { ...folders, scheme, surroundings: surroundings(), stop };
  const stage = await openStage(options, closing, (line) => narrator.fact(line));
  showAddresses(narrator, stage);
  const insight = openInsight(scheme, stage.environment);
  await closing.opened(() => insight.close());
  const story = tellStory({ ...stage, scheme, insight, narrator }).catch(async (error: unknown) => {
    // The cause may be a program that ended: `watch` then rejects first, with its last lines.
    await sleep(500);
    throw error;
  });
  await Promise.race([stage.watch, story]);
  return stage;
}

async function keepOpen(stop: AbortSignal, narrator: Narrator, stage: Stage): Promise<void> {
  narrator.say("L'histoire est finie ; tout reste ouvert jusqu'à Ctrl-C.");
  showAddresses(narrator, stage);
  const envFile = relative(PROJECT_DIR, join(stage.runDir, 'palier.env'));
  const command = relative(PROJECT_DIR, join(stage.programsDir, 'ops/cli/main.js'));
  narrator.fact("regarder quelqu'un :");
  narrator.command(`node --env-file=${envFile} ${command} explain ${FARID}`);
  narrator.fact(`${stage.webUrl}/parcours : chaque lien demandé arrive ici`);
  stage.mailbox.onMail = (mail) => showMail(narrator, mail);
  await Promise.race([stage.watch, once(stop, 'abort')]);
}

function showAddresses(narrator: Narrator, { webUrl, runDir, keys }: Stage): void {
  const { name, password } = keys.ops;
  narrator.fact(`à ouvrir : ${webUrl}/ops (nom : ${name} ; mot de passe : ${password})`);
  narrator.fact(`aussi : ${webUrl}/healthz et ${webUrl}/readyz`);
  narrator.fact(`webhooks : POST ${EVENT_PATH} et POST ${PASSPORT_PATH}`);
  narrator.fact(`journaux : ${relative(PROJECT_DIR, runDir)}/`);
}

/** Returns the message of an error with a code; any other is a defect, and its stack says where. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOurs = error instanceof DemoError || 'code' in error;
  return isOurs ? error.message : (error.stack ?? error.message);
}

/** Opens a reader of Palier's state, through Redis and the rules; it writes nothing. */
function openInsight(scheme: Scheme, environment: Environment): PalierReader & { close(): Promise<void> } {
  const config = loadConfig(environment);
  const redis = openConsumer(config.redis);
  redis.on('error', () => {});
  const log = createLogger('silent', 'demo');
  const stores = openStores({ config, scheme, secrets: new Map(), redis, log, readOnly: true });
  const queues = Object.values(stores.queues);
  return {
    work: () => pendingWorkIn(queues),
    async progress(email, badgeId) {
      const { portfolio } = await readPerson(stores, earnerKeyOf(stores.vault, email));
      return progressIn(scheme, evaluate(scheme, portfolio, secondsOf(systemClock)), badgeId);
    },
    async close(): Promise<void> {
      await Promise.all(queues.map((queue) => queue.close()));
      closeRedis(redis);
    },
  };
}

async function pendingWorkIn(queues: readonly Queue[]): Promise<PendingWork> {
  const counts: Record<string, number> = {};
  const failed: string[] = [];
  for (const queue of queues) {
    const { waiting = 0, active = 0, prioritized = 0 } = await queue.getJobCounts();
    // Scheduled jobs (polls, the sweep) always wait for their next run.
    const delayed = (await queue.getDelayed()).filter((job) => job?.repeatJobKey === undefined);
    counts[queue.name] = waiting + active + prioritized + delayed.length;
    failed.push(...(await queue.getFailed()).map((job) => `${queue.name} : ${job.failedReason}`));
  }
  const { arrivals = 0, notices = 0, earners = 0, awards = 0 } = counts;
  return { deciding: arrivals + notices + earners, issuing: awards, failed };
}

function progressIn(scheme: Scheme, evaluation: Evaluation, badgeId: string): AwardProgress {
  const text = new ExplanationText(buildExplanation(scheme, evaluation));
  const verdict = evaluation.awards.find(({ award }) => award.badgeId === asBadgeId(badgeId));
  if (verdict === undefined) throw new Error(`The demo's scheme has no award with badge ${badgeId}`);
  const { tree, met, earnedBy } = verdict;
  const [badges] = badgesIn(tree);
  const held = awardsIn(tree, 'met').map((id) => `« ${text.awardName(id)} »`);
  return {
    ...((badges && tallyOf(badges, 'badges')) ?? { have: 0, need: 0 }),
    earnedBy: [...held, ...earnedBy.map((one) => badgeName(scheme, one.badgeId)).toSorted(inFrench)],
    lacking: met ? '' : text.shortfall(tree).fr,
    excluded: evaluation.excluded.map((one) => capitalised(text.exclusionLine(one).fr)),
  };
}

const inFrench = new Intl.Collator('fr').compare;
const capitalised = (line: string): string => line.charAt(0).toUpperCase() + line.slice(1);

/** Returns the environment that any program needs, without Palier's own. */
const surroundings = (): Environment =>
  Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'SystemRoot', 'TEMP'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

function abortOnSignals(): AbortController {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  process.stdout.on('error', () => stop.abort());
  return stop;
}

async function main(): Promise<void> {
  const command = new Command('npm run demo --')
    .option('--fast', 'sans pauses de lecture', false)
    .option('--keep', "tout reste ouvert après l'histoire, jusqu'à Ctrl-C ; d'office sur un terminal", false)
    .helpOption('--help', 'ceci')
    .parse();
  const { fast, keep } = command.opts<Options>();
  const isWatched = process.stdout.isTTY && process.stdin.isTTY;
  process.exitCode = await show({ fast, keep: keep || isWatched }, abortOnSignals());
}

/** Everything is closed by now; the process ends after this time even if something still runs. */
const EXIT_LIMIT_MS = 3000;

await main();
setTimeout(() => process.exit(), EXIT_LIMIT_MS).unref();
