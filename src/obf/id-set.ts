import { hash } from 'node:crypto';

const FIRST_SLOTS = 1024;

/**
 * Distinct ids by eight bytes of a hash each, 16 to 32 bytes in all: an account has a million. Two of a million are
 * taken for one once in some ten million readings.
 */
export class IdSet {
  /** 0: the slot is free. Their number is a power of two. */
  #slots = new BigUint64Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(id: string): this {
    const hashed = hashOf(id);
    const at = this.#slotOf(hashed);
    if (this.#slots[at] === hashed) return this;
    this.#slots[at] = hashed;
    this.#size += 1;
    // Never more than half full: a free slot is near.
    if (2 * this.#size > this.#slots.length) this.#grow();
    return this;
  }

  has(id: string): boolean {
    const hashed = hashOf(id);
    return this.#slots[this.#slotOf(hashed)] === hashed;
  }

  /** Where it is, or else where it belongs. */
  #slotOf(hashed: bigint): number {
    const last = this.#slots.length - 1;
    for (let at = Number(BigInt.asUintN(31, hashed)) & last; ; at = (at + 1) & last)
      if (this.#slots[at] === 0n || this.#slots[at] === hashed) return at;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new BigUint64Array(2 * before.length);
    for (const hashed of before) if (hashed !== 0n) this.#slots[this.#slotOf(hashed)] = hashed;
  }
}

/** Never 0, which is a free slot. */
function hashOf(id: string): bigint {
  const hashed = hash('sha1', id, 'buffer').readBigUInt64LE(0);
  return hashed === 0n ? 1n : hashed;
}
