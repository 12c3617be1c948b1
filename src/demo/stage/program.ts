import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Environment } from './environment.js';

/** How long one of our programs may take to end before it is killed. */
const STOP_LIMIT_MS = 5000;
const SHOWN_LINES = 6;
const SHOWN_CHARACTERS = 400;

/** One of Palier's real programs, as a process of its own. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  /** What it has printed so far. */
  readonly log: () => Promise<string>;
  /** Rejects with ProgramEnded when it ends before `stop`; never resolves. */
  readonly watch: Promise<never>;
  /** Asks it to end; resolves when it has. */
  readonly stop: () => Promise<void>;
}

/** A program ended though nobody asked it to. The message is for whoever watches. */
export class ProgramEnded extends Error {
  readonly code = 'program_ended';
}

export interface ProgramOptions {
  readonly name: string;
  /** The JavaScript file to run. */
  readonly file: string;
  readonly logFile: string;
  /** Where it runs: a folder without a `.env`. */
  readonly cwd: string;
  readonly environment: Environment;
}

export function startProgram({ name, file, logFile, cwd, environment }: ProgramOptions): Program {
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [file], {
    cwd,
    env: environment,
    stdio: ['ignore', log, log],
    // Its own group: Ctrl-C in the terminal is for us, and we stop it when we are done with it.
    detached: true,
  });
  closeSync(log);
  let asked = false;
  const ended = endOf(child);
  const watch = ended.then(async (how): Promise<never> => {
    if (asked) return new Promise(() => {});
    throw new ProgramEnded(`Le processus « ${name} » s'est arrêté (${how}).\n${await lastLines(logFile)}`);
  });
  watch.catch(() => {});
  return {
    name,
    pid: child.pid ?? 0,
    log: () => readFile(logFile, 'utf8'),
    watch,
    stop: async () => {
      asked = true;
      await stop(child, ended);
    },
  };
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(limit);
}

async function lastLines(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return `Il n'a rien écrit (${file}).`;
  const shown = lines.slice(-SHOWN_LINES).map((line) => line.slice(0, SHOWN_CHARACTERS));
  return `Ses dernières lignes (${file}) :\n${shown.join('\n')}`;
}
