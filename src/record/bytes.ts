import { unknownForm } from './error.js';

/** A number of 0 or more, in as few bytes as may be: seven bits each, the lowest first. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Bytes with their number in front. */
export const sized = (bytes: Buffer): readonly Buffer[] => [varint(bytes.length), bytes];

/** Takes bytes apart, in order. Every method @throws RecordError when there are fewer than it needs. */
export class ByteReader {
  #at: number;

  constructor(
    readonly bytes: Buffer,
    from = 0,
    private readonly before = bytes.length,
  ) {
    this.#at = from;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.before;
  }

  /** Passes over so many; @returns where they begin in `bytes` */
  pass(count: number): number {
    const from = this.#at;
    if (from + count > this.before) throw unknownForm();
    this.#at = from + count;
    return from;
  }

  take(count: number): Buffer {
    const from = this.pass(count);
    return this.bytes.subarray(from, from + count);
  }

  byte(): number {
    return this.bytes.readUInt8(this.pass(1));
  }

  varint(): number {
    let [value, weight] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * weight;
      if (value > Number.MAX_SAFE_INTEGER) throw unknownForm();
      if (byte < 0x80) return value;
      weight *= 0x80;
    }
  }

  sized(): Buffer {
    return this.take(this.varint());
  }

  rest(): Buffer {
    return this.take(this.before - this.#at);
  }
}
