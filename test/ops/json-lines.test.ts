import fc from 'fast-check';
import { jsonPieces } from '../../src/ops/cli/json-lines.js';
import { runs } from '../support/runs.js';

test('the pieces are what JSON.stringify makes of it, whatever it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect([...jsonPieces(value)].join('\n')).toBe(JSON.stringify(value, null, 2));
    }),
    { numRuns: runs(500) },
  );
});

test('what is iterated is a list, of which no more stands in memory than a piece', () => {
  let told = 0;
  function* many(): Iterable<string> {
    for (let at = 0; at < 100_000; at += 1) {
      told += 1;
      yield `key ${at}`;
    }
  }
  const pieces = jsonPieces({ before: undefined, earners: many(), after: [] })[Symbol.iterator]();
  const first = String(pieces.next().value);
  expect(told).toBeLessThan(2000);
  let text = first;
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) text += `\n${next.value}`;
  const { earners, ...others } = JSON.parse(text) as { readonly earners: readonly string[] };
  expect([earners.length, earners.at(-1), others]).toEqual([100_000, 'key 99999', { after: [] }]);
});
