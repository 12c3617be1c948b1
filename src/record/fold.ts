import { unknownForm } from './error.js';

/**
 * An id that stands in one part of a record stands in another as well: an award's event in the portfolio and the
 * ledger, the assertions that counted for it in the portfolio and the account. Folded, what has stood before
 * is two bytes that say where:
 *
 *     0nnnnnnn                    n + 1 bytes as they are follow
 *     1lllllpp pppppppp           l + 5 bytes from place p of all that is known
 *
 * What is known is `before`, and then what was unfolded so far.
 */
const COPY = 0x80;
const MOST_AS_THEY_ARE = 0x80;
const SHORTEST = 5;
const LONGEST = SHORTEST + 31;
const PLACES = 1024;

/** @param before is to be the same, to the byte, when it is unfolded */
export function folded(before: Buffer, bytes: Buffer): Buffer {
  const all = Buffer.concat([before, bytes]);
  const parts: Buffer[] = [];
  let [from, at] = [before.length, before.length];
  while (at < all.length) {
    const copy = copyAt(all, at);
    if (copy === null) {
      at += 1;
      continue;
    }
    parts.push(...asTheyAre(all.subarray(from, at)), wordOf(copy));
    at += copy.length;
    from = at;
  }
  parts.push(...asTheyAre(all.subarray(from)));
  return Buffer.concat(parts);
}

/** @throws RecordError for what `folded` never makes */
export function unfolded(before: Buffer, bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let known = before;
  for (let at = 0; at < bytes.length;) {
    const head = bytes.readUInt8(at);
    if (head < COPY) {
      const part = bytes.subarray(at + 1, at + 2 + head);
      if (part.length !== head + 1) throw unknownForm();
      at += 2 + head;
      parts.push(part);
    } else {
      if (at + 1 >= bytes.length) throw unknownForm();
      const word = bytes.readUInt16BE(at);
      const [from, length] = [word % PLACES, ((word >> 10) & 0x1f) + SHORTEST];
      if (from + length > known.length) known = Buffer.concat([before, ...parts]);
      if (from + length > known.length) throw unknownForm();
      parts.push(known.subarray(from, from + length));
      at += 2;
    }
  }
  return Buffer.concat(parts);
}

interface Copy {
  readonly from: number;
  readonly length: number;
}

/** Of what stood before, the first that begins as what stands here, as long as it goes on so. */
function copyAt(all: Buffer, at: number): Copy | null {
  if (at + SHORTEST > all.length) return null;
  const from = all.indexOf(all.subarray(at, at + SHORTEST));
  if (from + SHORTEST > at || from >= PLACES) return null;
  const most = Math.min(LONGEST, at - from, all.length - at);
  let length = SHORTEST;
  while (length < most && all[from + length] === all[at + length]) length += 1;
  return { from, length };
}

function wordOf({ from, length }: Copy): Buffer {
  const word = Buffer.alloc(2);
  word.writeUInt16BE((COPY << 8) | ((length - SHORTEST) << 10) | from);
  return word;
}

function asTheyAre(bytes: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += MOST_AS_THEY_ARE) {
    const part = bytes.subarray(at, at + MOST_AS_THEY_ARE);
    parts.push(Buffer.of(part.length - 1), part);
  }
  return parts;
}
