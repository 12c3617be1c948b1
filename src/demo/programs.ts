import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterUs } from '../sandbox/redis/run.js';

/** What went wrong, in words for those who watch: no stack is to be shown. */
export class DemoError extends Error {}

/** What was opened, to be given back in the opposite order, whenever the end comes. */
export class Closing {
  readonly #disposers: (() => Promise<unknown> | void)[] = [];
  #closed: Promise<void> | null = null;

  /** Something was opened. After the end it is given back at once: opening took longer than the story. */
  async opened(dispose: () => Promise<unknown> | void): Promise<void> {
    this.#disposers.push(dispose);
    if (this.#closed !== null) await this.#disposeAll();
  }

  /** Gives everything back, once; one that fails does not keep the others. */
  close(): Promise<void> {
    return (this.#closed ??= this.#disposeAll());
  }

  async #disposeAll(): Promise<void> {
    for (let dispose = this.#disposers.pop(); dispose !== undefined; dispose = this.#disposers.pop())
      try {
        await dispose();
      } catch {
        // At the end there is nobody left to tell.
      }
  }
}

export type Environment = Readonly<Record<string, string>>;

interface PalierOptions {
  /** Where the compiled programs are: `dist`. */
  readonly programsDir: string;
  /** Holds the logs; a folder without a `.env`. */
  readonly runDir: string;
  /** What the programs are given, and nothing else. */
  readonly environment: Environment;
  readonly report: (what: string) => void;
  readonly stop: AbortSignal;
}

interface RunningPalier {
  readonly webUrl: string;
  /** Rejects when one of the programs ends before its time. */
  readonly watch: Promise<never>;
}

const START_LIMIT_MS = 30_000;

/** One web process and two workers, as the Procfile starts them. Resolves when all are ready. */
export async function startPalier(options: PalierOptions, closing: Closing): Promise<RunningPalier> {
  const { report, stop } = options;
  const web = startProgram(options, 'web', 'webhooks/main.js');
  const workers = ['worker-1', 'worker-2'].map((name) => startProgram(options, name, 'workers/main.js'));
  const programs = [web, ...workers];
  // It must not outlive the programs, whose ids may then be another program's.
  const callOff = afterUs(`kill ${programs.map(({ pid }) => pid).join(' ')}`);
  await closing.opened(async () => {
    await Promise.all(programs.map((program) => program.stop()));
    callOff();
  });
  const watch = Promise.race(programs.map((program) => program.watch));
  watch.catch(() => {});
  const webUrl = await Promise.race([watch, allReady(web, workers, stop)]);
  report(`Palier, un processus web : ${webUrl} (processus ${web.pid})`);
  report(`Palier, deux workers (processus ${workers.map(({ pid }) => pid).join(' et ')})`);
  return { webUrl, watch };
}

/** Resolves with the web process' address. */
async function allReady(web: Program, workers: readonly Program[], stop: AbortSignal): Promise<string> {
  const logged = async ({ name, log }: Program, line: RegExp): Promise<readonly string[]> => {
    let found: readonly string[] | null = null;
    const look = async (): Promise<boolean> => (found = line.exec(await log())) !== null;
    await waitFor(look, `le démarrage du processus « ${name} »`, stop, START_LIMIT_MS);
    return found ?? [];
  };
  const [, port = ''] = await logged(web, /"port":(\d+)[^\n]*"web started"/);
  const url = `http://127.0.0.1:${port}`;
  const isReady = (): Promise<boolean> =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitFor(isReady, `une réponse du processus « ${web.name} »`, stop, START_LIMIT_MS);
  for (const worker of workers) await logged(worker, /"worker started"/);
  return url;
}

/** One of Palier's real programs, as a process of its own. */
interface Program {
  readonly name: string;
  readonly pid: number;
  /** What it has printed so far. */
  readonly log: () => Promise<string>;
  /** Rejects when it ends before `stop`; never resolves. */
  readonly watch: Promise<never>;
  /** Asks it to end; resolves when it has. */
  readonly stop: () => Promise<void>;
}

/** How long a program may take to end before it is killed. */
const STOP_LIMIT_MS = 5000;

function startProgram(
  { programsDir, runDir, environment }: PalierOptions,
  name: string,
  file: string,
): Program {
  const logFile = join(runDir, `${name}.log`);
  const out = openSync(logFile, 'w');
  const child = spawn(process.execPath, [join(programsDir, file)], {
    cwd: runDir,
    env: environment,
    stdio: ['ignore', out, out],
    // Its own group: Ctrl-C in the terminal is for us, and we stop it when we are done with it.
    detached: true,
  });
  closeSync(out);
  let asked = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  const watch = ended.then(async (how): Promise<never> => {
    if (asked) return new Promise(() => {});
    throw new DemoError(`Le processus « ${name} » s'est arrêté (${how}).\n${await lastLines(logFile)}`);
  });
  watch.catch(() => {});
  const stop = async (): Promise<void> => {
    asked = true;
    child.kill('SIGTERM');
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(limit);
  };
  return { name, pid: child.pid ?? 0, log: () => readFile(logFile, 'utf8'), watch, stop };
}

const SHOWN_LINES = 6;
const SHOWN_CHARACTERS = 400;

async function lastLines(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return `Il n'a rien écrit (${file}).`;
  const shown = lines.slice(-SHOWN_LINES).map((line) => line.slice(0, SHOWN_CHARACTERS));
  return `Ses dernières lignes (${file}) :\n${shown.join('\n')}`;
}

const EVERY_MS = 25;

/**
 * Asks every 25 ms until the answer is yes.
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
    await sleep(EVERY_MS);
  }
}
