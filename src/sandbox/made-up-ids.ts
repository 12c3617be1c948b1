import { createHash, randomInt } from 'node:crypto';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BASE36_UPPER = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

const pick = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');

/** Like `SZWOJFaTPKMa4`: thirteen word characters. */
export const madeUpEventId = (): string =>
  `T${pick(BASE36_UPPER, 5)}a${pick(BASE36_UPPER, 4)}a${randomInt(10)}`;

/** Forty hexadecimal digits, as in the credential addresses that OBF gives out. */
export const madeUpAssertionId = (): string => createHash('sha1').update(pick(BASE58, 24)).digest('hex');

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
