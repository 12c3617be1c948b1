import { runSoak, SOAK, type SoakResult } from './soak/run.js';

/** `npm run bench:soak [-- --minutes 10] [--json]`: steady load on real processes; does anything grow? */
async function main(): Promise<void> {
  const at = process.argv.indexOf('--minutes');
  const minutes = at === -1 ? SOAK.minutes : Number(process.argv[at + 1]);
  const result = await runSoak({ minutes });
  say(process.argv.includes('--json') ? JSON.stringify(result) : wordsOf(result));
  process.exitCode = Object.values(result.series).some(({ grows }) => grows) ? 1 : 0;
}

const kib = (bytes: number): string => (bytes / 1024).toFixed(1);

const wordsOf = ({ minutes, notices, series, peakRssBytes, keysMore }: SoakResult): string =>
  [
    `${minutes} minutes, ${notices} notices; keys in Redis: ${keysMore >= 0 ? '+' : ''}${keysMore}`,
    `peak RSS of a worker as it is deployed: ${kib(peakRssBytes)} KiB`,
    ...Object.entries(series).map(
      ([name, { mean, perMinute, bound, late, grows }]) =>
        `${name}: mean ${kib(mean)} KiB, slope ${kib(perMinute)} +- ${kib(bound)} KiB a minute, ` +
        `${kib(late.perMinute)} +- ${kib(late.bound)} in the second half: ` +
        (grows ? 'GROWS' : 'flat'),
    ),
  ].join('\n');

const say = (text: string): void => void process.stdout.write(`${text}\n`);

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
