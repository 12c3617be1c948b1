import { hash } from 'node:crypto';

const FIRST_SLOTS = 1024;

/**
 * Distinct ids by eight bytes of a hash each, 16 to 32 bytes in all: an account has a million. Two of a million are
 * taken for one once in some ten million readings.
 */
export class IdSet {
  /** Two numbers a slot; both 0: the slot is free. */
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(id: string): this {
    const { high, low, at } = this.#find(id);
    if (this.#slots[at + 1] !== 0) return this;
    this.#slots.set([high, low], at);
    this.#size += 1;
    // Never more than half full: a free slot is near.
    if (4 * this.#size > this.#slots.length) this.#grow();
    return this;
  }

  has(id: string): boolean {
    return this.#slots[this.#find(id).at + 1] !== 0;
  }

  #find(id: string) {
    const digest = hash('sha1', id, 'buffer');
    const high = digest.readUInt32LE(0);
    const low = Math.max(1, digest.readUInt32LE(4));
    return { high, low, at: this.#slotOf(high, low) };
  }

  /** Where it is, or else where it belongs. */
  #slotOf(high: number, low: number): number {
    const last = this.#slots.length - 2;
    for (let at = (2 * high) & last; ; at = (at + 2) & last) {
      const found = this.#slots[at + 1];
      if (found === 0 || (found === low && this.#slots[at] === high)) return at;
    }
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(2 * before.length);
    for (let at = 0; at < before.length; at += 2) {
      const pair = before.subarray(at, at + 2);
      const [high = 0, low = 0] = pair;
      if (low !== 0) this.#slots.set(pair, this.#slotOf(high, low));
    }
  }
}
