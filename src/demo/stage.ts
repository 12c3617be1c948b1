import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPassword } from '../platform/secrets.js';
import { openMailbox, type Mailbox } from '../sandbox/mailbox.js';
import { freePort } from '../sandbox/redis/run.js';
import { startRedis } from '../sandbox/redis/start.js';
import { startSandbox, type Sandbox } from '../sandbox/server.js';
import { GIVEN_BEFORE, givenBeforeOnS, INES, REGION, STRANGER } from './cast.js';
import { startPalier, type Closing, type Environment } from './programs.js';
import { POLL_EVERY_S } from './scenes.js';

/** The demo's scheme, as far as the story needs it. */
export interface DemoScheme {
  readonly partners: readonly DemoPartner[];
  /** The Région's own. */
  readonly regionBadges: readonly DemoBadge[];
}

interface DemoPartner {
  readonly clientId: string;
  readonly name: string;
  /** Null: no API key. */
  readonly secretEnv: string | null;
  readonly badges: readonly DemoBadge[];
}

export interface DemoBadge {
  readonly id: string;
  readonly name: string;
}

export interface StageOptions {
  readonly projectDir: string;
  /** Where the compiled programs are: `dist`. */
  readonly programsDir: string;
  readonly configDir: string;
  readonly scheme: DemoScheme;
  /** What any program needs to run, such as PATH. */
  readonly surroundings: Environment;
  /** Called with each thing that is ready. */
  readonly report: (what: string) => void;
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

/** Opens Redis, Open Badge Factory and Palier; `closing` learns of each thing as soon as it is open. */
export async function openStage(options: StageOptions, closing: Closing): Promise<Stage> {
  const { scheme, report } = options;
  const { cacheDir, runDir } = await makeFolders(options.projectDir, process.pid);
  // Always a server of our own: whatever REDIS_URL says may be somebody's data.
  const redis = await startRedis({ cacheDir, dataDir: join(runDir, 'redis'), persist: false, log: report });
  await closing.opened(redis.stop);
  report(`Redis : ${redis.url}, ${redis.source}`);
  const keys = await makeKeys();
  const sandbox = await openObf(scheme, keys);
  await closing.opened(() => sandbox.close());
  report(`Open Badge Factory, en local : ${sandbox.url}`);
  const mailbox = await openMailbox();
  await closing.opened(() => mailbox.close());
  report(`Serveur d'e-mail, en local : ${mailbox.url}`);
  // Chosen here: the links in mails name it.
  const port = await freePort();
  const own = {
    REDIS_URL: redis.url,
    OBF_BASE_URL: sandbox.url,
    SMTP_URL: mailbox.url,
    MAIL_FROM: 'badges@example.org',
    PARCOURS_CONTACT: 'contact@example.org',
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    PALIER_CONFIG: options.configDir,
    ...environmentOf(scheme, keys),
  };
  const file = join(runDir, 'palier.env');
  await writeFile(
    file,
    Object.entries(own)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    { mode: 0o600 },
  );
  await closing.opened(() => rm(file));
  const environment = { ...options.surroundings, ...own };
  const { watch, webUrl } = await startPalier({ ...options, environment, runDir }, closing);
  return { sandbox, mailbox, keys, environment, webUrl, runDir, watch };
}

/** Below the project's folder; `npm ci` empties it. */
const CACHE = 'node_modules/.cache/palier';

/**
 * Makes this run's folder, named after its process, and removes those of runs that have ended.
 * It stays until the next run, for its logs.
 */
async function makeFolders(projectDir: string, pid: number): Promise<{ cacheDir: string; runDir: string }> {
  const cacheDir = join(projectDir, CACHE);
  const runs = join(cacheDir, 'demo');
  await mkdir(runs, { recursive: true });
  for (const name of await readdir(runs))
    if (Number(name) === pid || !isAlive(Number(name)))
      await rm(join(runs, name), { recursive: true, force: true });
  const runDir = join(runs, String(pid));
  await mkdir(runDir);
  return { cacheDir, runDir };
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
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
  readonly palierKey: string;
  /** To sign in to the ops pages. */
  readonly ops: { readonly name: string; readonly password: string; readonly hash: string };
}

async function makeKeys(): Promise<Keys> {
  const password = `palier-${randomBytes(4).toString('hex')}`;
  return {
    client: randomBytes(16).toString('hex'),
    webhookSecret: `whsec_${randomBytes(24).toString('base64')}`,
    basic: { key: 'obf', secret: randomBytes(16).toString('hex') },
    palierKey: randomBytes(32).toString('base64'),
    ops: { name: 'demo', password, hash: await hashPassword(password) },
  };
}

/** All that the real programs are given, and by nothing else: a `.env` of the project has no say. */
const environmentOf = ({ partners }: DemoScheme, keys: Keys): Environment => ({
  POLL_EVERY_S: String(POLL_EVERY_S),
  OBF_CLIENT_ID: REGION.id,
  OBF_CLIENT_SECRET: keys.client,
  WEBHOOK_SECRETS: keys.webhookSecret,
  WEBHOOK_BASIC: `${keys.basic.key}:${keys.basic.secret}`,
  PALIER_KEY: keys.palierKey,
  OPS_USERS: `${keys.ops.name}:${keys.ops.hash}:operateur`,
  ...Object.fromEntries(
    partners.flatMap(({ secretEnv }) => (secretEnv === null ? [] : [[secretEnv, keys.client]])),
  ),
});

/** A local Open Badge Factory with OBF's own limits, and what the Région gave before the story begins. */
async function openObf({ partners, regionBadges }: DemoScheme, { client }: Keys): Promise<Sandbox> {
  const sandbox = await startSandbox();
  const addAccount = (id: string, name: string, badges: readonly DemoBadge[]): void => {
    sandbox.addClient({ id, name, secret: client });
    for (const badge of badges) sandbox.addBadge({ clientId: id, ...badge });
  };
  addAccount(REGION.id, REGION.name, regionBadges);
  for (const { clientId, name, badges } of partners) addAccount(clientId, name, badges);
  addAccount(STRANGER.id, STRANGER.name, [STRANGER.badge]);
  const issuedOnS = givenBeforeOnS(Date.now());
  for (const badgeId of GIVEN_BEFORE)
    sandbox.issueByHand({ clientId: REGION.id, badgeId, recipients: [INES], issuedOnS });
  return sandbox;
}
