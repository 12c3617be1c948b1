import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPassword } from '../platform/secrets.js';
import { openMailbox, type Mailbox } from '../sandbox/mailbox.js';
import { freePort } from '../sandbox/redis/run.js';
import { startRedis } from '../sandbox/redis/start.js';
import { startSandbox, type Sandbox } from '../sandbox/server.js';
import { GIVEN_BEFORE, givenBeforeOnS, INES, REGION, STRANGER } from './cast.js';
import type { Terminal } from './narrator.js';
import { startPalier, type Closing, type Environment } from './programs.js';
import { POLL_EVERY_S } from './scenes.js';

/** The scheme of the rules, as far as the story needs it. */
interface DemoScheme {
  readonly partners: readonly {
    readonly clientId: string;
    readonly name: string;
    /** Null: no API key. */
    readonly secretEnv: string | null;
    readonly badges: readonly { readonly badgeId: string; readonly name: string | null }[];
  }[];
  /** The Région's own, each after those that it builds upon. */
  readonly awards: readonly { readonly badgeId: string; readonly name: string }[];
}

/** A look into the running Palier, through the same Redis and the same rules. It changes nothing. */
export interface Insight {
  work(): Promise<Work>;
  progress(email: string, badgeId: string): Promise<{ readonly have: number; readonly need: number }>;
  eligibility(email: string, badgeId: string): Promise<Eligibility>;
  close(): Promise<void>;
}

/** How many jobs are waiting or under way. */
export interface Work {
  /** Notices that came or are read, earners to decide. */
  readonly deciding: number;
  /** Awards to gather and to issue. */
  readonly issuing: number;
  /** What Palier gave up, each with its reason. */
  readonly failed: readonly string[];
}

/** What somebody has and lacks for a badge of the Région, in French. */
export interface Eligibility {
  /** What earned it: partners' badges, or badges of the Région. */
  readonly earnedBy: readonly string[];
  /** What is missing; empty when nothing is. */
  readonly lacking: string;
  /** Each badge that does not count, and why. */
  readonly excluded: readonly string[];
}

export interface DemoOptions {
  /** No pauses for a reader. */
  readonly fast: boolean;
  /** Stays up after the story. */
  readonly keep: boolean;
  readonly terminal: Terminal;
  readonly projectDir: string;
  /** Where the compiled programs are: `dist`. */
  readonly programsDir: string;
  readonly configDir: string;
  readonly scheme: DemoScheme;
  /** What any program needs to run, such as PATH. */
  readonly surroundings: Environment;
  /** Opens a look into the Palier that has this environment. */
  readonly openInsight: (environment: Environment) => Insight;
  readonly stop: AbortSignal;
}

/** All that the story is played on, and that ends with it. */
export interface Stage {
  readonly sandbox: Sandbox;
  /** Takes every mail that Palier sends. */
  readonly mailbox: Mailbox;
  readonly keys: Keys;
  /** Of Palier's programs. */
  readonly environment: Environment;
  /** Without a slash at its end. */
  readonly webUrl: string;
  /** Holds the logs, and `palier.env`. */
  readonly runDir: string;
  /** Rejects when one of the programs ends before its time. */
  readonly watch: Promise<never>;
}

/**
 * Opens Redis, Open Badge Factory and Palier.
 * @param closing learns of each thing as soon as it is open
 * @param report called with each thing that is ready
 */
export async function openStage(
  options: DemoOptions,
  closing: Closing,
  report: (what: string) => void,
): Promise<Stage> {
  const { scheme, configDir } = options;
  const { cacheDir, runDir } = await makeFolders(options.projectDir);
  // Always a server of our own: whatever REDIS_URL says may be somebody's data.
  const redis = await startRedis({ cacheDir, dataDir: join(runDir, 'redis'), persist: false, log: report });
  await closing.opened(redis.stop);
  report(`Redis : ${redis.url}, ${redis.source}`);
  const keys = makeKeys();
  const sandbox = await startSandbox();
  furnish(sandbox, scheme, keys);
  await closing.opened(() => sandbox.close());
  report(`Open Badge Factory, en local : ${sandbox.url}`);
  const mailbox = await openMailbox();
  await closing.opened(() => mailbox.close());
  report(`Serveur d'e-mail, en local : ${mailbox.url}`);
  // Chosen here: the links in mails name it.
  const port = String(await freePort());
  // All that the real programs are given, and by nothing else: a `.env` of the project has no say.
  const own = {
    REDIS_URL: redis.url,
    OBF_BASE_URL: sandbox.url,
    SMTP_URL: mailbox.url,
    MAIL_FROM: 'badges@example.org',
    PARCOURS_CONTACT: 'contact@example.org',
    PORT: port,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    PALIER_CONFIG: configDir,
    POLL_EVERY_S: String(POLL_EVERY_S),
    OBF_CLIENT_ID: REGION.id,
    OBF_CLIENT_SECRET: keys.client,
    WEBHOOK_SECRETS: keys.webhookSecret,
    WEBHOOK_BASIC: `${keys.basic.key}:${keys.basic.secret}`,
    PALIER_KEY: randomBytes(32).toString('base64'),
    OPS_USERS: `${keys.ops.name}:${await hashPassword(keys.ops.password)}:operateur`,
    ...Object.fromEntries(
      scheme.partners.flatMap(({ secretEnv }) => (secretEnv ? [[secretEnv, keys.client]] : [])),
    ),
  };
  const file = join(runDir, 'palier.env');
  const lines = Object.entries(own).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, lines.join(''), { mode: 0o600 });
  await closing.opened(() => rm(file));
  const environment = { ...options.surroundings, ...own };
  const palier = await startPalier({ ...options, environment, runDir, report }, closing);
  return { sandbox, mailbox, keys, environment, runDir, ...palier };
}

/** Below the project's folder; `npm ci` empties it. */
const CACHE = 'node_modules/.cache/palier';

/**
 * Makes this run's folder, named after its process, and removes those of runs that have ended.
 * It stays until the next run, for its logs.
 */
async function makeFolders(projectDir: string): Promise<{ cacheDir: string; runDir: string }> {
  const cacheDir = join(projectDir, CACHE);
  const runs = join(cacheDir, 'demo');
  await mkdir(runs, { recursive: true });
  for (const name of await readdir(runs))
    if (Number(name) === process.pid || !isAlive(Number(name)))
      await rm(join(runs, name), { recursive: true, force: true });
  const runDir = join(runs, String(process.pid));
  await mkdir(runDir);
  return { cacheDir, runDir };
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    // Another user's process: alive.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Keys made up for one run; they open nothing but what it starts. */
interface Keys {
  /** Of each client of Open Badge Factory. */
  readonly client: string;
  readonly webhookSecret: string;
  readonly basic: { readonly key: string; readonly secret: string };
  /** To sign in to the ops pages. */
  readonly ops: { readonly name: string; readonly password: string };
}

const makeKeys = (): Keys => ({
  client: randomBytes(16).toString('hex'),
  webhookSecret: `whsec_${randomBytes(24).toString('base64')}`,
  basic: { key: 'obf', secret: randomBytes(16).toString('hex') },
  ops: { name: 'demo', password: `palier-${randomBytes(4).toString('hex')}` },
});

/** The accounts of a local Open Badge Factory, and what the Région gave before the story begins. */
function furnish(sandbox: Sandbox, { partners, awards }: DemoScheme, { client: secret }: Keys): void {
  const strangers = { clientId: STRANGER.id, name: STRANGER.name, badges: [STRANGER.badge] };
  const region = { clientId: REGION.id, name: REGION.name, badges: awards };
  for (const { clientId, name, badges } of [region, ...partners, strangers]) {
    sandbox.addClient({ id: clientId, name, secret });
    for (const { badgeId: id, name: own } of badges) sandbox.addBadge({ clientId, id, name: own ?? id });
  }
  const issuedOnS = givenBeforeOnS(Date.now());
  for (const badgeId of GIVEN_BEFORE)
    sandbox.issueByHand({ clientId: REGION.id, badgeId, recipients: [INES], issuedOnS });
}
