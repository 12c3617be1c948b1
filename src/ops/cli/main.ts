#!/usr/bin/env node
import { createRequire } from 'node:module';
import dotenv from 'dotenv';
import { loadConfig } from '../../config.js';
import { systemClock } from '../../platform/clock.js';
import { openOperator } from '../../platform/redis.js';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../../queue/jobs.js';
import { COMMANDS } from './commands.js';
import { run } from './run.js';
import type { Context } from './command.js';

/** `npx palier`: the process as the commands see it. */
function contextOfProcess(): Context {
  const { stdin, stdout, stderr } = process;
  return {
    env: process.env,
    cwd: process.cwd(),
    streams: {
      out: (line) => void stdout.write(`${line}\n`),
      err: (line) => void stderr.write(`${line}\n`),
      errText: (text) => void stderr.write(text),
      stdin,
      isTty: { stdin: stdin.isTTY, stderr: stderr.isTTY },
    },
    clock: systemClock,
    version: versionOf(createRequire(import.meta.url)('../../../package.json')),
    loadConfig,
    openRedis: openOperator,
    dataPrefix: DATA_PREFIX,
    queuePrefix: DEFAULT_PREFIX,
    onInterrupt,
    patienceMs: { redis: 3000, obf: 8000 },
  };
}

/** The first Ctrl-C is ours; a second one ends the process as it always would. */
function onInterrupt(stop: () => void): () => void {
  const release = (): void => {
    process.off('SIGINT', first);
    process.off('SIGTERM', first);
  };
  const first = (): void => {
    release();
    stop();
  };
  process.on('SIGINT', first);
  process.on('SIGTERM', first);
  return release;
}

const versionOf = (manifest: unknown): string =>
  manifest instanceof Object && 'version' in manifest ? String(manifest.version) : '';

// A reader may stop before the end: `npx palier explain ... | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
dotenv.config({ quiet: true });
// The code, not an exit: what was written must reach a pipe first.
process.exitCode = await run(process.argv.slice(2), COMMANDS, contextOfProcess());
