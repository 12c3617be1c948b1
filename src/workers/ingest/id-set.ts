import { createHash } from 'node:crypto';

/** 48 bits of a hash tell millions of ids apart; the rest of them is not held in memory. */
const hashOf = (id: string): number => createHash('sha1').update(id).digest().readUIntBE(0, 6);

/** Which ids were seen, at eight bytes each: a list of all assertions of an account may have hundreds of thousands. */
export class IdSet {
  private hashes = new Float64Array(1024);
  private length = 0;
  private isSorted = true;

  /** Each id once. */
  add(id: string): void {
    if (this.length === this.hashes.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.hashes);
      this.hashes = larger;
    }
    this.hashes[this.length] = hashOf(id);
    this.length += 1;
    this.isSorted = false;
  }

  get size(): number {
    return this.length;
  }

  has(id: string): boolean {
    if (!this.isSorted) this.hashes.subarray(0, this.length).sort();
    this.isSorted = true;
    const wanted = hashOf(id);
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.hashes[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low < this.length && this.hashes[low] === wanted;
  }
}
