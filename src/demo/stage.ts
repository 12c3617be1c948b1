import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashPassword } from '../platform/secrets.js';
import { openMailbox } from '../sandbox/mailbox.js';
import { runIfKilled, freePort, startChild } from '../sandbox/processes.js';
import { startRedis } from '../sandbox/redis/run.js';
import { startSandbox, type Sandbox } from '../sandbox/server.js';
import { emailOf, GIVEN_BEFORE, givenBeforeOnS, POLL_EVERY_S, REGION, STRANGER } from './scenes.js';

/** An error in words for the audience, shown without its stack. */
export class DemoError extends Error {}

/** The part of the scheme that the story needs. */
export interface DemoScheme {
  readonly partners: readonly {
    readonly clientId: string;
    readonly name: string;
    /** Null: no API key. */
    readonly secretEnv: string | null;
    readonly badges: readonly { readonly badgeId: string; readonly name: string | null }[];
  }[];
  /** The Région's awards, each after those that it builds upon. */
  readonly awards: readonly { readonly badgeId: string; readonly name: string }[];
}

export type Environment = Readonly<Record<string, string>>;

export interface StageOptions {
  readonly projectDir: string;
  readonly configDir: string;
  readonly scheme: DemoScheme;
  /** What any program needs to run, such as PATH. */
  readonly surroundings: Environment;
  readonly stop: AbortSignal;
}

/** The disposers of what was opened, called in reverse order at the end. */
export class Closing {
  readonly #disposers: (() => Promise<unknown> | void)[] = [];
  #isClosed = false;

  /** Adds a disposer. After `close` it is called at once: opening took longer than the story. */
  async opened(dispose: () => Promise<unknown> | void): Promise<void> {
    this.#disposers.push(dispose);
    if (this.#isClosed) await this.close();
  }

  /** Calls every disposer once; one that fails does not stop the others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (let dispose = this.#disposers.pop(); dispose !== undefined; dispose = this.#disposers.pop())
      try {
        await dispose();
      } catch {
        // The demo is over: a disposer's failure changes nothing.
      }
  }
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/**
 * Opens Redis, Open Badge Factory and Palier.
 * @param closing gets the disposer of each thing as soon as it is open
 * @param report called with a line for each thing that is ready
 */
export async function openStage(options: StageOptions, closing: Closing, report: (line: string) => void) {
  const { scheme, projectDir, configDir } = options;
  const { cacheDir, runDir } = await makeFolders(projectDir);
  // Always a server of our own: REDIS_URL may name somebody's data.
  const redis = await startRedis({ cacheDir, dataDir: join(runDir, 'redis'), log: report });
  await closing.opened(redis.stop);
  report(`Redis : ${redis.url}, ${redis.source}`);
  const keys = makeKeys();
  const sandbox = await startSandbox();
  fillSandbox(sandbox, scheme, keys.client);
  await closing.opened(() => sandbox.close());
  report(`Open Badge Factory, en local : ${sandbox.url}`);
  const mailbox = await openMailbox();
  await closing.opened(() => mailbox.close());
  report(`Serveur d'e-mail, en local : ${mailbox.url}`);
  // Chosen here, since the links in mails contain it.
  const port = String(await freePort());
  const webUrl = `http://127.0.0.1:${port}`;
  // The whole configuration of the real programs: the project's `.env` is not read.
  const settings = {
    REDIS_URL: redis.url,
    OBF_BASE_URL: sandbox.url,
    SMTP_URL: mailbox.url,
    MAIL_FROM: 'badges@example.org',
    PARCOURS_CONTACT: 'contact@example.org',
    PORT: port,
    PUBLIC_URL: webUrl,
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
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, lines.join(''), { mode: 0o600 });
  await closing.opened(() => rm(file));
  const environment: Environment = { ...options.surroundings, ...settings };
  const run = { programsDir: join(projectDir, 'dist'), runDir, environment, webUrl, stop: options.stop };
  return { ...run, sandbox, mailbox, keys, ...(await startPalier(run, closing, report)) };
}

/**
 * Makes this run's folder, named after its process id, and removes those of ended runs. It stays until the next run,
 * for its logs; `npm ci` removes all.
 */
async function makeFolders(projectDir: string): Promise<{ cacheDir: string; runDir: string }> {
  const cacheDir = join(projectDir, 'node_modules/.cache/palier');
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
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Makes the keys of one run, which open only what it starts. `client` is the secret of every OBF client. */
const makeKeys = () => ({
  client: randomBytes(16).toString('hex'),
  webhookSecret: `whsec_${randomBytes(24).toString('base64')}`,
  basic: { key: 'obf', secret: randomBytes(16).toString('hex') },
  ops: { name: 'demo', password: `palier-${randomBytes(4).toString('hex')}` },
});

/** Adds clients and badges to the sandbox, and what the Région issued before the story. */
function fillSandbox(sandbox: Sandbox, { partners, awards }: DemoScheme, secret: string): void {
  const strangers = { clientId: STRANGER.id, name: STRANGER.name, badges: [STRANGER.badge] };
  const region = { clientId: REGION.id, name: REGION.name, badges: awards };
  for (const { clientId, name, badges } of [region, ...partners, strangers]) {
    sandbox.addClient({ id: clientId, name, secret });
    for (const { badgeId: id, name: own } of badges) sandbox.addBadge({ clientId, id, name: own ?? id });
  }
  const issuedOnS = givenBeforeOnS(Date.now());
  const recipients = [{ name: 'Inès', email: emailOf('Inès') }];
  for (const badgeId of GIVEN_BEFORE)
    sandbox.issueByHand({ clientId: REGION.id, badgeId, recipients, issuedOnS });
}

const START_LIMIT_MS = 30_000;

interface RunContext {
  readonly programsDir: string;
  /** Holds the logs, and `palier.env`; a folder without a `.env`. */
  readonly runDir: string;
  /** The programs' whole environment. */
  readonly environment: Environment;
  readonly webUrl: string;
  readonly stop: AbortSignal;
}

/**
 * Starts one web process and two workers, as the Procfile does. Resolves when all are ready; `watch` rejects as soon
 * as one of them ends.
 */
async function startPalier(run: RunContext, closing: Closing, report: (line: string) => void) {
  const { webUrl, stop } = run;
  const web = startProgram(run, 'web', 'webhooks/main.js');
  const workers = ['worker-1', 'worker-2'].map((name) => startProgram(run, name, 'workers/main.js'));
  const programs = [web, ...workers];
  // The guard ends with the programs: other programs may get their ids.
  const cancelGuard = runIfKilled(`kill ${programs.map(({ pid }) => pid).join(' ')}`);
  await closing.opened(async () => {
    await Promise.all(programs.map(({ end }) => end('SIGTERM')));
    cancelGuard();
  });
  const watch = Promise.race(programs.map((program) => program.watch));
  // At the end, nobody awaits it any more.
  watch.catch(() => {});
  const isReady = (): Promise<boolean> =>
    fetch(`${webUrl}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const allReady = async (): Promise<void> => {
    await waitFor(isReady, `une réponse du processus « ${web.name} »`, stop, START_LIMIT_MS);
    for (const { name, logFile } of programs) {
      const isStarted = async () => /"\w+ started"/.test(await readFile(logFile, 'utf8'));
      await waitFor(isStarted, `le démarrage du processus « ${name} »`, stop, START_LIMIT_MS);
    }
  };
  await Promise.race([watch, allReady()]);
  report(`Palier, un processus web : ${webUrl} (processus ${web.pid})`);
  report(`Palier, deux workers (processus ${workers.map(({ pid }) => pid).join(' et ')})`);
  return { watch };
}

/** Starts one of Palier's real programs as a process. `watch` rejects when it ends. */
function startProgram({ programsDir, runDir, environment }: RunContext, name: string, file: string) {
  const logFile = join(runDir, `${name}.log`);
  const out = openSync(logFile, 'w');
  const { pid, ended, end } = startChild(process.execPath, [join(programsDir, file)], {
    cwd: runDir,
    env: environment,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const watch = ended.then(async (how): Promise<never> => {
    throw new DemoError(`Le processus « ${name} » s'est arrêté (${how}).\n${await lastLines(logFile)}`);
  });
  return { name, pid, logFile, watch, end };
}

async function lastLines(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return `Il n'a rien écrit (${file}).`;
  const shown = lines.slice(-6).map((line) => line.slice(0, 400));
  return `Ses dernières lignes (${file}) :\n${shown.join('\n')}`;
}

/**
 * Checks a condition every 25 ms until it is true.
 * @throws DemoError, naming `what`, after `limitMs`; the signal's reason when the story is stopped
 */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  what: string,
  stop: AbortSignal,
  limitMs = 60_000,
): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await condition())) {
    stop.throwIfAborted();
    if (performance.now() > limit)
      throw new DemoError(`Attendu, et pas venu en ${Math.round(limitMs / 1000)} s : ${what}.`);
    await sleep(25);
  }
}
