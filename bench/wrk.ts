import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { requestOf } from '../test/support/hand-fed.js';

/** What a run of load met, as wrk counted it. */
export interface Load {
  readonly answered: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were no 2xx, and connections that broke. */
  readonly faults: number;
}

const SCRIPT = new URL('./requests.lua', import.meta.url).pathname;

/**
 * So many connections that send one prepared request after the other, each once.
 * @param requestsFile whole requests, parted by a zero byte; the run ends early where they do not last
 * @param on the command that keeps it to a processor: see `pinned`
 * @throws when wrk is not there
 */
export async function loadWith(
  url: string,
  requestsFile: string,
  { connections, seconds, on }: { connections: number; seconds: number; on: readonly string[] },
): Promise<Load> {
  const wrk = ['wrk', '-t1', '--timeout', '10s', `-c${connections}`, `-d${seconds}s`, '-s', SCRIPT, url];
  const [command = '', ...args] = [...on, ...wrk];
  const child = spawn(command, args, { env: { ...process.env, REQUESTS: requestsFile } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)));
  await new Promise((resolve) =>
    child.once('error', (error) => resolve((said = String(error)))).once('close', resolve),
  );
  const found = /^RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)$/m.exec(said)?.slice(1).map(Number);
  if (found === undefined) throw new Error(`The load is made with wrk (sudo apt-get install wrk):\n${said}`);
  const [answered = 0, us = 0, p50Ms = NaN, p99Ms = NaN, faults = 0] = found;
  return { answered, perSecond: (answered * 1e6) / us, p50Ms, p99Ms, faults };
}

/** Writes so many signed notices as whole requests, all of different events, with bodies of 600 bytes. */
export async function writeRequests(file: string, count: number, secret: string): Promise<void> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const run = randomBytes(4).toString('hex');
  // The reader of the file parts them at the zero byte.
  const requests = function* () {
    for (let at = 0; at < count; at += 1)
      yield Buffer.concat([requestOf(key, `${run}${at.toString(36).padStart(5, '0')}`), Buffer.of(0)]);
  };
  await pipeline(Readable.from(requests()), createWriteStream(file));
}
