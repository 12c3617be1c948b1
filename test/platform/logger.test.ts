import { createLogger, describeError, withoutAddresses } from '../../src/platform/logger.js';

function captured(): { lines: string[]; stream: { write(line: string): void } } {
  const lines: string[] = [];
  return { lines, stream: { write: (line) => void lines.push(line) } };
}

test('an error is logged without what an HTTP client hangs on it', () => {
  const { lines, stream } = captured();
  const error = Object.assign(new Error('no lou@example.org here'), {
    code: 'E1',
    config: { headers: { authorization: 'Bearer t0ken' }, data: 'lou@example.org' },
    cause: Object.assign(new Error('deeper: Lou@example.org'), { response: 't0ken' }),
  });
  createLogger('debug', 'test', stream).warn({ err: error, email: 'lou@example.org' }, 'it failed');
  expect(lines.join('')).not.toMatch(/lou@|t0ken/i);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { message: 'no [address] here', code: 'E1' } });
});

test('causes in a circle end', () => {
  const error = new Error('round');
  error.cause = error;
  expect(JSON.stringify(describeError(error)).length).toBeLessThan(1000);
});

test.each([
  ['to "Lou.M+x@example.org", twice: lou@x.fr', 'to "[address]", twice: [address]'],
  ['email=lou%40example.org&x', 'email=[address]&x'],
  ['élise@exemple.fr', '[address]'],
  ['"lou martin"@x.fr, "Lou \\"M\\" Martin"@example.org', '[address], [address]'],
  ['{"why":"no \\"lou martin\\"@x.fr"}', '{"why":[address]"}'],
  ['said "no" to "lou;martin"@x.fr', 'said "no" to [address]'],
  ['q=%22lou%20martin%22%40x.fr&r=lou%2Bx%40x.fr', 'q=[address]&r=[address]'],
  ['nobody at all', 'nobody at all'],
])('%j becomes %j', (text, expected) => {
  expect(withoutAddresses(text)).toBe(expected);
});

test.each(['a', '"a', '\\"', 'a%', '%40'])('a long text of %j is no trap', (part) => {
  const startedAt = performance.now();
  withoutAddresses(part.repeat(100_000));
  expect(performance.now() - startedAt).toBeLessThan(2000);
});
