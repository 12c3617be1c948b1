import { asEarnerKey, type EarnerKey } from '../ids.js';

/** People by their keys, in order: some twenty bytes each, so that a plan of a million fits into a small process. */
export class EarnerKeys implements Iterable<EarnerKey> {
  /** By the first character: put in order one at a time, when they are read. */
  readonly #shelves = new Map<string, Shelf>();
  #length = 0;
  readonly #most: number;

  /** @param most so many are kept, and the others counted alone: those who are met first */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /** Of all who were added, kept or not. */
  get length(): number {
    return this.#length;
  }

  /** @param key without a line break; once */
  add(key: EarnerKey): void {
    this.#length += 1;
    if (this.#length > this.#most) return;
    const first = key.slice(0, 1);
    let shelf = this.#shelves.get(first);
    if (shelf === undefined) this.#shelves.set(first, (shelf = []));
    put(shelf, `${key}\n`);
  }

  /** The first so many of those who are kept. */
  first(count: number): readonly EarnerKey[] {
    const found: EarnerKey[] = [];
    for (const key of this) {
      if (found.length >= count) break;
      found.push(key);
    }
    return found;
  }

  *[Symbol.iterator](): Iterator<EarnerKey> {
    for (const first of [...this.#shelves.keys()].toSorted()) {
      const lines = this.#shelves.get(first)?.flatMap(linesIn) ?? [];
      for (const key of lines.toSorted()) yield asEarnerKey(key);
    }
  }
}

/** Keys that begin with the same character, a line each. What is full stays as it is: nothing is copied as it grows. */
type Shelf = Block[];
interface Block {
  readonly bytes: Buffer;
  used: number;
}
const [SMALLEST, LARGEST] = [128, 16_384];

function put(shelf: Shelf, line: string): void {
  const length = Buffer.byteLength(line);
  let block = shelf.at(-1);
  if (block === undefined || block.used + length > block.bytes.length) {
    const size = Math.min(LARGEST, 2 * (block?.bytes.length ?? SMALLEST / 2));
    shelf.push((block = { bytes: Buffer.alloc(Math.max(size, length)), used: 0 }));
  }
  block.used += block.bytes.write(line, block.used);
}

const linesIn = ({ bytes, used }: Block): readonly string[] =>
  bytes.toString('utf8', 0, used).split('\n').slice(0, -1);
