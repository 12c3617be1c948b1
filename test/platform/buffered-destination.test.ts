import { spawnSync } from 'node:child_process';

/** A process that writes these lines to its log, and ends. */
function said(lines: string): string {
  const script = `import { bufferedDestination } from './src/platform/logger.ts';
    const out = bufferedDestination();
    for (const line of ${lines}) out.write(line + '\\n');`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { maxBuffer: 2 ** 26 });
  expect([status, String(stderr)]).toEqual([0, '']);
  return String(stdout);
}

test('every line arrives, in its order, whatever its letters and its length, and the last ones as well', () => {
  const lines = `Array.from({ length: 2000 }, (_, at) => at + 'é→😀'.repeat(at % 97))`;
  const expected = Array.from({ length: 2000 }, (_, at) => `${at}${'é→😀'.repeat(at % 97)}\n`);
  expect(said(lines) === expected.join('')).toBe(true);
});

test('a line that is longer than what leaves at once arrives between those before and after it', () => {
  expect(said(`['first', 'é'.repeat(100_000), 'last']`)).toBe(`first\n${'é'.repeat(100_000)}\nlast\n`);
});

test('a line that ends exactly where the room does', () => {
  const length = Math.floor(65_536 / 3) - 1;
  expect(said(`['a'.repeat(${length}), '€'.repeat(${length}), 'b']`)).toBe(
    `${'a'.repeat(length)}\n${'€'.repeat(length)}\nb\n`,
  );
});
