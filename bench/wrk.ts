import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { requestOf } from '../test/support/hand-fed.js';

/** What a run of load met, as wrk counted it. */
export interface Load {
  readonly answered: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were no 2xx, and connections that broke: a run with any measures nothing. */
  readonly faults: number;
}

const has = (): boolean => spawnSync('wrk', ['-v']).error === undefined;
const apt = (...args: string[]): boolean =>
  spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;

/** Debian's wrk, installed where that may be done. @throws where there is none, with what to do */
export function requireWrk(): void {
  const install = ['install', '-y', '-q', '--no-install-recommends', 'wrk'];
  if (!has() && process.getuid?.() === 0 && !apt(...install) && apt('update', '-q')) apt(...install);
  if (!has()) throw new Error('The bench makes its load with wrk: sudo apt-get install wrk');
}

const SCRIPT = new URL('./requests.lua', import.meta.url).pathname;

/**
 * So many connections that send one prepared request after the other, each once.
 * @param requestsFile whole requests, parted by a zero byte; the run ends early where they do not last
 * @param on the command that keeps it to a processor: see `pinned`
 */
export async function loadWith(
  url: string,
  requestsFile: string,
  { connections, seconds, on }: { connections: number; seconds: number; on: readonly string[] },
): Promise<Load> {
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s', SCRIPT, url];
  const [command = '', ...args] = [...on, ...wrk];
  const child = spawn(command, args, { env: { ...process.env, REQUESTS: requestsFile } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)));
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [, ...found] = /^RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)$/m.exec(said) ?? [];
  const [answered, us, p50Ms, p99Ms, faults] = found.map(Number);
  if (answered === undefined || us === undefined || p50Ms === undefined || p99Ms === undefined)
    throw new Error(`wrk told nothing that is understood:\n${said}`);
  return { answered, perSecond: (answered * 1e6) / us, p50Ms, p99Ms, faults: faults ?? 0 };
}

/** The reader of the file parts them at it. */
const END = Buffer.of(0);

/** Writes so many signed notices as whole requests, all of different events, with bodies of 600 bytes. */
export async function writeRequests(file: string, count: number, secret: string): Promise<void> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const out = createWriteStream(file);
  const run = randomBytes(4).toString('hex');
  for (let at = 0; at < count; at += 1)
    if (!out.write(Buffer.concat([requestOf(key, `${run}${at.toString(36).padStart(5, '0')}`), END])))
      await once(out, 'drain');
  out.end();
  await once(out, 'close');
}
