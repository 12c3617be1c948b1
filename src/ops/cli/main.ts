#!/usr/bin/env node
import { createRequire } from 'node:module';
import dotenv from 'dotenv';
import { loadConfig } from '../../config.js';
import { systemClock } from '../../platform/clock.js';
import { openOperator } from '../../platform/redis.js';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../../queue/jobs.js';
import { run } from './run.js';

const { stdin, stdout, stderr } = process;
// A reader may stop early: `npx palier explain ... | head`.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
dotenv.config({ quiet: true });
const manifest: { readonly version: string } = createRequire(import.meta.url)('../../../package.json');
// Sets the exit code and does not exit: a pipe must get the whole output first.
process.exitCode = await run(process.argv.slice(2), {
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
  version: manifest.version,
  loadConfig,
  openRedis: openOperator,
  dataPrefix: DATA_PREFIX,
  queuePrefix: DEFAULT_PREFIX,
  // A second Ctrl-C ends the process.
  onInterrupt: (stop) => {
    process.once('SIGINT', stop).once('SIGTERM', stop);
    return () => void process.off('SIGINT', stop).off('SIGTERM', stop);
  },
  patienceMs: { redis: 3000, obf: 8000 },
});
