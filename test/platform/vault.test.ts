import { createVault, VaultError } from '../../src/platform/vault.js';

const vault = createVault(Buffer.alloc(32, 1));
const other = createVault(Buffer.alloc(32, 2));

test('what is sealed opens under the same key and context alone', () => {
  const sealed = vault.seal('lou@example.org', 'k1');
  expect(vault.open(sealed, 'k1')).toBe('lou@example.org');
  expect(() => vault.open(sealed, 'k2')).toThrow(VaultError);
  expect(() => other.open(sealed, 'k1')).toThrow(VaultError);
});

test('the same text is never sealed the same way twice', () => {
  expect(vault.seal('lou@example.org', 'k1')).not.toBe(vault.seal('lou@example.org', 'k1'));
});

test('every altered byte is found', () => {
  const sealed = Buffer.from(vault.seal('lou@example.org', 'k1'), 'base64url');
  for (const [at, byte] of sealed.entries()) {
    const altered = Buffer.from(sealed);
    altered[at] = byte ^ 1;
    expect(() => vault.open(altered.toString('base64url'), 'k1')).toThrow(VaultError);
  }
  expect(() => vault.open('', 'k1')).toThrow(VaultError);
});

test('a fingerprint serves one purpose', () => {
  expect(vault.fingerprint('a', 'earner')).not.toBe(vault.fingerprint('a', 'other'));
});

describe('with the key before', () => {
  const both = createVault(Buffer.alloc(32, 1), Buffer.alloc(32, 2));

  test('what was sealed under it opens, and all that is sealed opens without it', () => {
    expect(both.open(other.seal('lou', 'k1'), 'k1')).toBe('lou');
    expect(vault.open(both.seal('lou', 'k1'), 'k1')).toBe('lou');
    expect(() => other.open(both.seal('lou', 'k1'), 'k1')).toThrow('Sealed text is of another PALIER_KEY');
  });

  test('what is sealed under it is sealed anew, once', () => {
    const anew = both.reseal(other.sealBytes(Buffer.from('lou'), 'k1'), 'k1');
    if (anew === null) throw new Error('not sealed anew');
    expect(vault.openBytes(anew, 'k1').toString()).toBe('lou');
    expect(both.reseal(anew, 'k1')).toBeNull();
    const third = createVault(Buffer.alloc(32, 3)).sealBytes(Buffer.from('lou'), 'k1');
    expect(() => both.reseal(third, 'k1')).toThrow(VaultError);
  });

  test('two keys of one id are told apart', () => {
    const idOf = (key: Buffer) => createVault(key).sealBytes(Buffer.alloc(0), '')[0];
    const key = Buffer.alloc(32, 1);
    const twin = Array.from({ length: 5000 }, (_, at) => Buffer.alloc(32, `twin ${at}`)).find(
      (one) => idOf(one) === idOf(key),
    );
    if (twin === undefined) throw new Error('no twin found');
    const [before, twins] = [createVault(twin), createVault(key, twin)];
    const sealed = before.sealBytes(Buffer.from('lou'), 'k1');
    expect(twins.openBytes(sealed, 'k1').toString()).toBe('lou');
    expect(twins.reseal(sealed, 'k1')).not.toBeNull();
    expect(() => vault.openBytes(sealed, 'k1')).toThrow(VaultError);
  });
});

test('people are named by a key that is told, sealed, and kept', () => {
  const waiting = createVault(Buffer.alloc(32, 1), Buffer.alloc(32, 2), false);
  expect(() => waiting.name('lou', 'earner')).toThrow(VaultError);
  waiting.names.derive('old');
  expect(waiting.name('lou', 'earner')).toBe(other.name('lou', 'earner'));
  expect(waiting.name('lou', 'earner')).not.toBe(vault.name('lou', 'earner'));
  const alone = createVault(Buffer.alloc(32, 1), null, false);
  alone.names.open(waiting.names.seal());
  expect(alone.name('lou', 'earner')).toBe(other.name('lou', 'earner'));
  expect([vault.names.areOwn, alone.names.areOwn]).toEqual([true, false]);
});
