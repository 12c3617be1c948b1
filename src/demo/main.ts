import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Queue } from 'bullmq';
import { loadConfig } from '../config.js';
import { asBadgeId, asClientId } from '../ids.js';
import { secondsOf, systemClock } from '../platform/clock.js';
import { readConfigFolder } from '../platform/config-folder.js';
import { createLogger } from '../platform/logger.js';
import { closeRedis, openConsumer } from '../platform/redis.js';
import { createVault } from '../platform/vault.js';
import { earnerKeyOf } from '../earners/earner-key.js';
import { createEarnerStore } from '../earners/store.js';
import { openQueue } from '../queue/enqueue.js';
import { DATA_PREFIX, QUEUES } from '../queue/jobs.js';
import { evaluate } from '../rules/evaluate.js';
import { buildExplanation, noBackground } from '../rules/explain/explanation.js';
import { ExplanationText } from '../rules/explain/text.js';
import { badgeName, CATALOGUES } from '../rules/explain/formatter.js';
import { schemeOrThrow } from '../rules/parse/parse-scheme.js';
import type { Scheme } from '../rules/types.js';
import { type AwardVerdict, awardsIn, badgesIn, type Evaluation, tallyOf } from '../rules/evaluation.js';
import { readPerson } from '../earners/person.js';
import type { Terminal } from './narrator.js';
import type { Environment } from './programs.js';
import { show } from './show.js';
import type { Eligibility, Insight, Work } from './stage.js';

/** The compiled programs, this one among them, and the project they belong to. */
const PROGRAMS_DIR = dirname(import.meta.dirname);
const PROJECT_DIR = dirname(PROGRAMS_DIR);
const CONFIG_DIR = join(PROJECT_DIR, 'src/demo/config');
const TIME_ZONE = 'Europe/Paris';

/** Reads what the workers read, through Redis and the rules; writes nothing. */
function openInsight(scheme: Scheme, environment: Environment): Insight {
  const config = loadConfig(environment);
  const redis = openConsumer(config.redis);
  redis.on('error', () => {});
  const log = createLogger('silent', 'demo');
  const vault = createVault(config.palierKey);
  const region = asClientId(config.obfClientId);
  const sources = { region, earners: createEarnerStore(redis, DATA_PREFIX, vault) };
  const queues = QUEUES.map((name) => openQueue(name, redis, log));
  const evaluationOf = async (email: string): Promise<Evaluation> => {
    const { portfolio } = await readPerson(sources, earnerKeyOf(vault, email));
    return evaluate(scheme, portfolio, secondsOf(systemClock));
  };
  return {
    work: () => workIn(queues),
    async progress(email, badgeId) {
      const { tree } = verdictOn(await evaluationOf(email), badgeId);
      const [badges] = badgesIn(tree);
      return (badges && tallyOf(badges, 'badges')) ?? { have: 0, need: 0 };
    },
    eligibility: async (email, badgeId) => eligibilityIn(scheme, await evaluationOf(email), badgeId),
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
      closeRedis(redis);
    },
  };
}

async function workIn(queues: readonly Queue[]): Promise<Work> {
  const counts: Record<string, number> = {};
  const failed: string[] = [];
  for (const queue of queues) {
    const { waiting = 0, active = 0, prioritized = 0 } = await queue.getJobCounts();
    // What the clock starts (polls, the sweep) always waits for its next turn.
    const delayed = (await queue.getDelayed()).filter((job) => job?.repeatJobKey === undefined);
    counts[queue.name] = waiting + active + prioritized + delayed.length;
    failed.push(...(await queue.getFailed()).map((job) => `${queue.name} : ${job.failedReason}`));
  }
  const { arrivals = 0, notices = 0, earners = 0, awards = 0 } = counts;
  return { deciding: arrivals + notices + earners, issuing: awards, failed };
}

function verdictOn({ awards }: Evaluation, badgeId: string): AwardVerdict {
  const found = awards.find(({ award }) => award.badgeId === asBadgeId(badgeId));
  if (found === undefined) throw new Error(`The demo's scheme has no award with badge ${badgeId}`);
  return found;
}

function eligibilityIn(scheme: Scheme, evaluation: Evaluation, badgeId: string): Eligibility {
  const text = new ExplanationText(buildExplanation(scheme, evaluation, noBackground), CATALOGUES.fr);
  const { tree, met, earnedBy } = verdictOn(evaluation, badgeId);
  const awards = awardsIn(tree, 'met').map((id) => `« ${text.awardName(id)} »`);
  return {
    earnedBy: [...awards, ...earnedBy.map((one) => badgeName(scheme, one.badgeId)).toSorted(inFrench)],
    lacking: met ? '' : text.shortfall(tree),
    excluded: evaluation.excluded.map((one) => capitalised(text.exclusionLine(one))),
  };
}

const inFrench = new Intl.Collator('fr').compare;
const capitalised = (line: string): string => line.charAt(0).toUpperCase() + line.slice(1);

/** What a program needs to run at all; nothing of it is Palier's. */
const surroundings = (): Environment =>
  Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'SystemRoot', 'TEMP'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const terminal = (): Terminal => ({
  write: (text) => void process.stdout.write(text),
  writeFault: (text) => void process.stderr.write(text),
  columns: process.stdout.columns,
  colour: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
});

/** Aborted by Ctrl-C, by a signal, and when the output is closed. */
function stopOfProcess(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  process.stdout.on('error', () => stop.abort());
  return stop.signal;
}

const USAGE = `npm run demo [-- options]

  --fast   sans pauses de lecture
  --keep   tout reste ouvert après l'histoire, jusqu'à Ctrl-C ; d'office sur un terminal
  --help   ceci
`;

/** Null for what cannot be read. */
function readArguments() {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ options: { fast: flag, keep: flag, help: flag } }).values;
  } catch {
    return null;
  }
}

async function main(): Promise<void> {
  const args = readArguments();
  if (args === null || args.help) {
    (args === null ? process.stderr : process.stdout).write(USAGE);
    process.exitCode = args === null ? 2 : 0;
    return;
  }
  const scheme = schemeOrThrow(await readConfigFolder(CONFIG_DIR), TIME_ZONE);
  process.exitCode = await show({
    ...args,
    keep: args.keep || (process.stdout.isTTY && process.stdin.isTTY),
    terminal: terminal(),
    projectDir: PROJECT_DIR,
    programsDir: PROGRAMS_DIR,
    configDir: CONFIG_DIR,
    scheme,
    surroundings: surroundings(),
    openInsight: (environment) => openInsight(scheme, environment),
    stop: stopOfProcess(),
  });
}

/** Everything was closed by now. Should something be left, the demo ends all the same. */
const PATIENCE_MS = 3000;

main()
  .catch((error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  })
  .finally(() => setTimeout(() => process.exit(), PATIENCE_MS).unref());
