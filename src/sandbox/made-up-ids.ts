import { createHash, randomBytes } from 'node:crypto';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BASE36_UPPER = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

const pick = (alphabet: string, length: number): string =>
  Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % alphabet.length)).join('');

/** Like `SZWOJFaTPKMa4`: thirteen word characters. */
export const madeUpEventId = (): string =>
  `T${pick(BASE36_UPPER, 5)}a${pick(BASE36_UPPER, 4)}a${pick('0123456789', 1)}`;

/** Forty hexadecimal digits, as in the credential addresses that OBF gives out. */
export const madeUpAssertionId = (): string => randomBytes(20).toString('hex');

export const madeUpSalt = (): string => pick(BASE58, 10);

export const madeUpToken = (): string => pick(BASE58, 40);

/** `length` base58 characters that are always the same for `seed`: the look of a key or a signature, and no more. */
export function lookOfBase58(seed: string, length: number): string {
  const bytes = Array.from({ length: Math.ceil(length / 32) }, (_, block) => [
    ...createHash('sha256').update(`${seed}/${block}`).digest(),
  ]).flat();
  return bytes
    .slice(0, length)
    .map((byte) => BASE58.charAt(byte % BASE58.length))
    .join('');
}
