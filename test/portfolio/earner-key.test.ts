import { createVault } from '../../src/platform/vault.js';
import { earnerKeyOf, normaliseAddress } from '../../src/portfolio/earner-key.js';

const vault = createVault(Buffer.alloc(32, 7));

test.each([
  ['Lou.Martin@Example.ORG', 'lou.martin@example.org'],
  ['  lou@example.org \n', 'lou@example.org'],
  ['e\u0301lise@example.org', '\u00e9lise@example.org'],
])('%j is the person of %j', (typed, same) => {
  expect(normaliseAddress(typed)).toBe(same);
  expect(earnerKeyOf(vault, typed)).toBe(earnerKeyOf(vault, same));
});

test.each([
  ['lou+palier@example.org', 'lou@example.org'],
  ['l.ou@example.org', 'lou@example.org'],
])('%j is not the person of %j: nothing cleverer than case and form', (typed, other) => {
  expect(earnerKeyOf(vault, typed)).not.toBe(earnerKeyOf(vault, other));
});

test('the key of an address depends on PALIER_KEY, and fits a job id', () => {
  const other = createVault(Buffer.alloc(32, 8));
  expect(earnerKeyOf(other, 'lou@example.org')).not.toBe(earnerKeyOf(vault, 'lou@example.org'));
  expect(earnerKeyOf(vault, 'lou@example.org')).toMatch(/^[\w-]{22}$/);
});
