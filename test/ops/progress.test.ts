import { withProgress } from '../../src/ops/cli/terminal.js';
import { rememberingStreams } from './support/cli.js';

const ABOUT = { fr: 'Lecture...', en: 'Reading...' };

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Work that lasts so many milliseconds, and what standard error showed before its end and after. */
async function shown(ms: number, stderr: boolean) {
  const { streams, err } = rememberingStreams({ isTty: { stdin: false, stderr } });
  let before: string[] = [];
  const work = async (): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    before = [...err];
    return 'done';
  };
  const running = withProgress({ streams, lang: 'fr' }, ABOUT, work);
  await jest.advanceTimersByTimeAsync(ms);
  expect(await running).toBe('done');
  expect(jest.getTimerCount()).toBe(0);
  return { before, after: err.slice(before.length) };
}

test('a terminal shows what takes more than a second, and is clean afterwards', async () => {
  const { before, after } = await shown(1500, true);
  expect(before.length).toBeGreaterThan(2);
  expect(before[0]).toContain('Lecture...');
  expect(after).toEqual(['\r\u001B[2K']);
});

test('how far the work is, as soon as that is known', async () => {
  const { streams, err } = rememberingStreams({ isTty: { stdin: false, stderr: true } });
  const running = withProgress({ streams, lang: 'fr' }, ABOUT, async (report) => {
    report(0, 0);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    report(12, 48);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  });
  await jest.advanceTimersByTimeAsync(2100);
  await running;
  expect(err[0]).toMatch(/Lecture\.\.\.$/);
  expect(err.at(-2)).toContain(`Lecture... ${'█'.repeat(5)}${'░'.repeat(15)} 12/48`);
});

test.each([
  ['quick work on a terminal', 900, true],
  ['long work without a terminal', 5000, false],
])('%s shows nothing', async (_, ms, stderr) => {
  expect(await shown(ms, stderr)).toEqual({ before: [], after: [] });
});

test('work that fails leaves the terminal clean, and the failure is its own', async () => {
  const { streams, err } = rememberingStreams({ isTty: { stdin: false, stderr: true } });
  const failing = withProgress({ streams, lang: 'fr' }, ABOUT, async () => {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    throw new Error('no');
  });
  const [outcome] = await Promise.allSettled([failing, jest.advanceTimersByTimeAsync(2000)]);
  expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'no' } });
  expect(err.at(-1)).toBe('\r\u001B[2K');
  expect(jest.getTimerCount()).toBe(0);
});
