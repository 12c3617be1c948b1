import { parseArgs } from 'node:util';
import { redisKindOf } from '../support/redis-of-the-run.js';
import { INVARIANTS } from './invariants.js';
import { runChaos, type ChaosReport } from './run.js';

/**
 * `npm run test:chaos -- [--seed N] [--earners N] [--drop SHARE] [--flush] [--without-changes] [--redis KIND] [--json]`:
 * one run; the exit code says whether all held. `--drop 1`: nobody is told of anything, the poll finds it all.
 * `--flush`: Redis is emptied in the middle, and rebuilt from OBF. `--without-changes`: OBF does not write slowly,
 * change, hide or take back. `--redis cluster`, or `sentinel`: masters are killed, and replaced by replicas.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      earners: { type: 'string', default: '500' },
      drop: { type: 'string', default: '0.2' },
      flush: { type: 'boolean', default: false },
      'without-changes': { type: 'boolean', default: false },
      redis: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [seed, earners, dropRate] = [Number(values.seed), Number(values.earners), Number(values.drop)];
  if (!Number.isInteger(seed) || !Number.isInteger(earners) || earners < 1)
    throw new Error('--seed and --earners are whole numbers');
  const redis = redisKindOf(values.redis);
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  if (!values.json) say(`seed ${seed}, ${earners} earners, Redis: ${redis}`);
  const report = await runChaos({
    seed,
    earners,
    dropRate,
    redis,
    flush: values.flush,
    withChanges: !values['without-changes'],
  });
  say(values.json ? JSON.stringify(report) : inWords(report));
  process.exitCode = report.passed ? 0 : 1;
}

const list = (counts: object): string =>
  Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ');

function inWords(report: ChaosReport): string {
  const broken = (invariant: string): string[] =>
    report.violations.filter((text) => text.startsWith(`${invariant}:`));
  return [
    `${report.seconds.mayhem} s of faults, ${report.seconds.settling} s to settle`,
    `done to it:      ${list(report.blows)}`,
    `crash points:    ${list(report.crashed)}`,
    `answers of OBF:  ${list(report.faults)}`,
    `the wire:        ${list(report.wire)}`,
    `notices:         ${list(report.notices)}`,
    `awards:          ${list(report.awards)}`,
    `issue calls:     ${list(report.issueCalls)}`,
    ...(Object.keys(report.unsaid).length === 0 ? [] : [`untold:          ${list(report.unsaid)}`]),
    ...(report.drift === null ? [] : [`read again:      ${JSON.stringify(report.drift)}`]),
    '',
    ...INVARIANTS.flatMap((invariant) => {
      const found = broken(invariant);
      const shown = found.slice(0, 5).map((text) => `        ${text.slice(invariant.length + 2)}`);
      return [`${found.length === 0 ? 'holds ' : 'BROKEN'}  ${invariant}`, ...shown];
    }),
    '',
    report.passed
      ? `seed ${report.seed}: all hold`
      : `seed ${report.seed}: ${report.violations.length} violations; see ${report.folder}/story.txt\n` +
        `again: npm run test:chaos -- --seed ${report.seed} --earners ${report.earners} --redis ${report.redis}`,
  ].join('\n');
}

void main();
