import { join } from 'node:path';
import type { Closing } from './closing.js';
import type { Environment } from './environment.js';
import { guard } from './guard.js';
import { startProgram, type Program } from './program.js';
import { waitFor } from './wait.js';

export interface PalierOptions {
  readonly programsDir: string;
  /** Holds the logs. */
  readonly runDir: string;
  /** What any program needs of its surroundings, such as PATH. */
  readonly surroundings: Environment;
  readonly environment: Environment;
  readonly report: (what: string) => void;
  readonly stop: AbortSignal;
}

export interface RunningPalier {
  readonly webUrl: string;
  /** Rejects when one of the programs ends before its time. */
  readonly watch: Promise<never>;
}

const START_LIMIT_MS = 30_000;

/** One web process and two workers, as the Procfile starts them. Resolves when all are ready. */
export async function startPalier(options: PalierOptions, closing: Closing): Promise<RunningPalier> {
  const { runDir, surroundings, environment, report } = options;
  const start = (name: string, program: string): Program =>
    startProgram({
      name,
      file: join(options.programsDir, program),
      logFile: join(runDir, `${name}.log`),
      cwd: runDir,
      environment: { ...surroundings, ...environment },
    });
  const web = start('web', 'webhooks/main.js');
  const workers = ['worker-1', 'worker-2'].map((name) => start(name, 'workers/main.js'));
  const programs = [web, ...workers];
  const letGo = guard(programs.map(({ pid }) => pid));
  await closing.opened(async () => {
    await Promise.all(programs.map((program) => program.stop()));
    letGo();
  });
  const watch = Promise.race(programs.map((program) => program.watch));
  watch.catch(() => {});
  const webUrl = await Promise.race([watch, allReady(web, workers, options.stop)]);
  report(`Palier, un processus web : ${webUrl} (processus ${web.pid})`);
  report(`Palier, deux workers (processus ${workers.map(({ pid }) => pid).join(' et ')})`);
  return { webUrl, watch };
}

/** Resolves with the web process' address. */
async function allReady(web: Program, workers: readonly Program[], stop: AbortSignal): Promise<string> {
  const [, port = ''] = await logged(web, /"port":(\d+)[^\n]*"web started"/, stop);
  const url = `http://127.0.0.1:${port}`;
  const answers = (): Promise<boolean> =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitFor(answers, `une réponse du processus « ${web.name} »`, stop, START_LIMIT_MS);
  for (const worker of workers) await logged(worker, /"worker started"/, stop);
  return url;
}

/** Waits until a program has written this. */
async function logged(program: Program, line: RegExp, stop: AbortSignal): Promise<readonly string[]> {
  let found: readonly string[] | null = null;
  const look = async (): Promise<boolean> => (found = line.exec(await program.log())) !== null;
  await waitFor(look, `le démarrage du processus « ${program.name} »`, stop, START_LIMIT_MS);
  return found ?? [];
}
