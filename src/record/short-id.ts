import { unknownForm } from './error.js';

/** How many bytes a short id takes, whatever its length. */
export const SHORT_ID_BYTES = 10;

/** The letters of OBF's ids, six bits each. A letter's number stands for it for ever. */
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-';
const NUMBERS: ReadonlyMap<string, number> = new Map(LETTERS.split('').map((letter, at) => [letter, at]));

/** What the first two bits say: 13 letters follow, or 12, or a number of letters (four bits) and those, or none. */
const THIRTEEN = 0;
const TWELVE = 1;
const FEWER = 2;
const NONE = 3;
const MOST_OF_FEWER = 11;

/**
 * An id of at most 13 letters, digits, `_` and `-`, as OBF's ids of events and badges are, or no id at all.
 * @returns null for one of another form: it is to be written otherwise
 */
export function encodeShortId(id: string | null): Buffer | null {
  const bits = new BitWriter(SHORT_ID_BYTES);
  if (id === null) {
    bits.put(NONE, 2);
    return bits.bytes;
  }
  if (id.length > 13) return null;
  bits.put(id.length === 13 ? THIRTEEN : id.length === 12 ? TWELVE : FEWER, 2);
  if (id.length <= MOST_OF_FEWER) bits.put(id.length, 4);
  for (const letter of id) {
    const number = NUMBERS.get(letter);
    if (number === undefined) return null;
    bits.put(number, 6);
  }
  return bits.bytes;
}

/** @param at where it begins in `bytes`. @throws RecordError for what `encodeShortId` never makes */
export function decodeShortId(bytes: Buffer, at: number): string | null {
  const first = bytes.readUInt8(at);
  const form = first >> 6;
  if (form === NONE) return null;
  let [value, held] = [first & 0x3f, 6];
  let next = at + 1;
  let length = form === THIRTEEN ? 13 : 12;
  if (form === FEWER) {
    length = value >> 2;
    [value, held] = [value & 3, 2];
    if (length > MOST_OF_FEWER) throw unknownForm();
  }
  let id = '';
  for (let count = 0; count < length; count += 1) {
    if (held < 6) {
      value = ((value << 8) | bytes.readUInt8(next)) & 0x3fff;
      next += 1;
      held += 8;
    }
    held -= 6;
    id += LETTERS.charAt((value >> held) & 0x3f);
  }
  return id;
}

/** Bits one after the other; what is not written is zero. */
class BitWriter {
  readonly bytes: Buffer;
  #at = 0;
  #held = 0;
  #count = 0;

  constructor(length: number) {
    this.bytes = Buffer.alloc(length);
  }

  /** @param bits at most 8 */
  put(value: number, bits: number): void {
    this.#held = ((this.#held << bits) | value) & 0xffff;
    this.#count += bits;
    if (this.#count >= 8) {
      this.#count -= 8;
      this.bytes[this.#at] = this.#held >> this.#count;
      this.#at += 1;
    }
    if (this.#at < this.bytes.length) this.bytes[this.#at] = this.#held << (8 - this.#count);
  }
}
