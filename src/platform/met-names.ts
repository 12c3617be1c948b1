/** Names that were met: eight bytes of a hash each, sixteen with the room to grow, however long they are. */
export class MetNames {
  #places = new Uint32Array(2 * 1024);
  #count = 0;

  /**
   * Of a million names, one is taken for another once in some thirty million times.
   * @returns whether it was not met before
   */
  add(name: string): boolean {
    if (3 * this.#count > this.#places.length) this.#grow();
    const { high, low } = hashOf(name);
    const isNew = put(this.#places, high, low);
    if (isNew) this.#count += 1;
    return isNew;
  }

  has(name: string): boolean {
    const { high, low } = hashOf(name);
    return isAt(this.#places, placeOf(this.#places, high, low), high, low);
  }

  #grow(): void {
    const former = this.#places;
    this.#places = new Uint32Array(2 * former.length);
    for (let at = 0; at < former.length; at += 2) {
      const [high = 0, low = 0] = [former[at], former[at + 1]];
      if (high + low > 0) put(this.#places, high, low);
    }
  }
}

const isAt = (places: Uint32Array, at: number, high: number, low: number): boolean =>
  places[at] === high && places[at + 1] === low;

/** Where it stands, or would stand: the first free place from where it belongs. Two zeros are a free place. */
function placeOf(places: Uint32Array, high: number, low: number): number {
  const mask = places.length - 1;
  let at = (2 * low) & mask;
  while (!isAt(places, at, 0, 0) && !isAt(places, at, high, low)) at = (at + 2) & mask;
  return at;
}

function put(places: Uint32Array, high: number, low: number): boolean {
  const at = placeOf(places, high, low);
  if (isAt(places, at, high, low)) return false;
  places[at] = high;
  places[at + 1] = low;
  return true;
}

/** cyrb53's two lanes, all of their 64 bits. @see https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js */
function hashOf(name: string): { readonly high: number; readonly low: number } {
  let [h1, h2] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    h1 = Math.imul(h1 ^ code, 2_654_435_761);
    h2 = Math.imul(h2 ^ code, 1_597_334_677);
  }
  const low = Math.imul(h1 ^ (h1 >>> 16), 2_246_822_507) ^ Math.imul(h2 ^ (h2 >>> 13), 3_266_489_909);
  const high = Math.imul(h2 ^ (h2 >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  return { high: high >>> 0, low: low === 0 ? 1 : low >>> 0 };
}
