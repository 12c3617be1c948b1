import { scryptSync } from 'node:crypto';
import { hashPassword, isPasswordHash, verifyPassword } from '../../src/platform/secrets.js';

const PASSWORD = 'une phrase de passe';

test('a hash lets its own password in, and no other', async () => {
  const hash = await hashPassword(PASSWORD);
  expect(await verifyPassword(hash, PASSWORD)).toBe(true);
  expect(await verifyPassword(hash, `${PASSWORD} `)).toBe(false);
  expect(await verifyPassword(hash, '')).toBe(false);
});

test('the same password has another hash each time, of a form that fits into OPS_USERS', async () => {
  const [one, other] = await Promise.all([hashPassword(PASSWORD), hashPassword(PASSWORD)]);
  expect(one).not.toBe(other);
  expect(one).toMatch(/^scrypt\$15\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
});

test('a hash made elsewhere, with other costs, is checked under those', async () => {
  const salt = Buffer.from('SodiumChloride16');
  const key = scryptSync('pleaseletmein', salt, 32, { N: 1024, r: 8, p: 2 });
  const hash = `scrypt$10$8$2$${salt.toString('base64url')}$${key.toString('base64url')}`;
  expect(await verifyPassword(hash, 'pleaseletmein')).toBe(true);
});

test('accents typed as one character or as two are the same password', async () => {
  const hash = await hashPassword('mot de passé'.normalize('NFC'));
  expect(await verifyPassword(hash, 'mot de passé'.normalize('NFD'))).toBe(true);
});

const SALT = 'A'.repeat(22);
const KEY = 'A'.repeat(43);
test.each([
  ['empty', ''],
  ['plain text', PASSWORD],
  ['another method', '$2b$12$abcdefghijklmnopqrstuv'],
  ['no cost', `scrypt$0$8$1$${SALT}$${KEY}`],
  ['a cost that would stop the process', `scrypt$30$8$1$${SALT}$${KEY}`],
  ['too many rounds', `scrypt$15$8$99$${SALT}$${KEY}`],
  ['a short key, which something short would match', `scrypt$15$8$3$${SALT}$AA`],
  ['a line after it', `scrypt$15$8$3$${SALT}$${KEY}\nx`],
])('a hash of another form lets nobody in: %s', async (_, hash) => {
  expect(isPasswordHash(hash)).toBe(false);
  expect(await verifyPassword(hash, PASSWORD)).toBe(false);
});
