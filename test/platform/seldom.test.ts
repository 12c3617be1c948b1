import { rateLimitedLog } from '../../src/platform/logger.js';

const HALF_A_MINUTE_MS = 30_000;

function listening() {
  const [said, otherwise]: [string[], string[]] = [[], []];
  let nowMs = 0;
  const tell = rateLimitedLog(
    (err) => void said.push(String(err)),
    (err) => void otherwise.push(String(err)),
    () => nowMs,
  );
  return { said, otherwise, tell, later: (ms: number) => void (nowMs += ms) };
}

test('the same error is said once in half a minute, and each time otherwise', () => {
  const { said, otherwise, tell, later } = listening();
  for (let attempt = 0; attempt < 100; attempt += 1) tell(new Error('connect ECONNREFUSED'));
  expect([said.length, otherwise.length]).toEqual([1, 99]);
  later(HALF_A_MINUTE_MS - 1);
  tell(new Error('connect ECONNREFUSED'));
  expect(said).toHaveLength(1);
  later(1);
  tell(new Error('connect ECONNREFUSED'));
  expect(said).toHaveLength(2);
});

test('another error is not hidden by one that comes all the time', () => {
  const { said, tell } = listening();
  tell(new Error('connect ECONNREFUSED'));
  tell(new Error('Missing lock for job 7. moveToFinished'));
  tell(new TypeError('connect ECONNREFUSED'));
  tell('words');
  expect(said).toHaveLength(4);
});

test('errors that are never the same are all said', () => {
  const { said, otherwise, tell } = listening();
  for (let nth = 0; nth < 1000; nth += 1) tell(new Error(`the ${nth}th`));
  expect([said.length, otherwise.length]).toEqual([1000, 0]);
});
