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
