import { unknownForm } from '../record/error.js';

/**
 * Addresses and names in some five bits a letter, that of their kind being more frequent than others: a code of
 * Huffman's, whose lengths were made from how often French names and addresses have each. A code's place in this
 * table is its meaning for ever. `UPPER` says that the next letter is a capital, `BYTE` that eight bits of UTF-8
 * follow: so any text can be packed.
 */
const END = 'END';
const UPPER = 'UPPER';
const BYTE = 'BYTE';
const letters = (text: string): readonly string[] => text.split('');
const BY_LENGTH: readonly (readonly [bits: number, symbols: readonly string[]])[] = [
  [4, [END, ...letters('aeilnr')]],
  [5, [UPPER, ' ', '.', ...letters('cdmostu')]],
  [6, ['@gmail.com', ...letters('bghpv')]],
  [7, ['-', '.fr', '@', ...letters('fjyé')]],
  [8, [BYTE, '@hotmail.fr', '@orange.fr', '@yahoo.fr', '_', ...letters('0123456789kqxz')]],
  [9, ['.com', '@free.fr', '@hotmail.com', '@laposte.net', '@outlook.com', '@outlook.fr', '@sfr.fr']],
  [9, ['@wanadoo.fr', 'w', 'è']],
  [10, ['@icloud.com', '@live.fr', '@yahoo.com', ...letters('çëï')]],
  [11, ["'"]],
  [12, [...letters('+âêîôü')]],
];

interface Code {
  readonly bits: number;
  readonly code: number;
}

/** Each code is the one before and one more, of its own length. */
const CODES: ReadonlyMap<string, Code> = codes();

function codes(): ReadonlyMap<string, Code> {
  const all = new Map<string, Code>();
  let [next, before] = [0, 0];
  for (const [bits, symbols] of BY_LENGTH)
    for (const symbol of symbols) {
      next *= 2 ** (bits - before);
      before = bits;
      all.set(symbol, { bits, code: next });
      next += 1;
    }
  return all;
}

const nameOf = ({ bits, code }: Code): number => bits * 0x1_0000 + code;
const SYMBOLS: ReadonlyMap<number, string> = new Map(
  [...CODES].map(([symbol, code]) => [nameOf(code), symbol]),
);
const MOST_BITS = 12;
/** Those of several letters, longest first: each begins with `@` or a dot. */
const WORDS = [...CODES.keys()]
  .filter((symbol) => symbol.length > 1 && ![END, UPPER, BYTE].includes(symbol))
  .toSorted((a, b) => b.length - a.length);

/** Several texts, of any letters, one after the other. */
export function packTexts(texts: readonly string[]): Buffer {
  const bytes: number[] = [];
  let [held, count] = [0, 0];
  const put = (value: number, bits: number): void => {
    held = held * 2 ** bits + value;
    for (count += bits; count >= 8; held %= 2 ** count) {
      count -= 8;
      bytes.push(Math.floor(held / 2 ** count));
    }
  };
  for (const text of texts)
    for (const part of [...partsOf(text), END]) {
      const { code, bits } = codeOf(typeof part === 'number' ? BYTE : part);
      put(code, bits);
      if (typeof part === 'number') put(part, 8);
    }
  if (count > 0) put(0, 8 - count);
  return Buffer.from(bytes);
}

function codeOf(symbol: string): Code {
  const code = CODES.get(symbol);
  if (code === undefined) throw new TypeError('No code for this symbol');
  return code;
}

/** Symbols, and bytes where there is none. */
function* partsOf(text: string): Generator<string | number> {
  for (let at = 0; at < text.length;) {
    const first = text.charAt(at);
    const word = first === '@' || first === '.' ? WORDS.find((one) => text.startsWith(one, at)) : undefined;
    const letter = word ?? String.fromCodePoint(text.codePointAt(at) ?? 0);
    const small = letter.toLowerCase();
    if (CODES.has(letter)) yield letter;
    else if (CODES.has(small) && small.toUpperCase() === letter) yield* [UPPER, small];
    else yield* Buffer.from(letter);
    at += letter.length;
  }
}

/** @throws RecordError when there are fewer than so many */
export function unpackTexts(bytes: Buffer, count: number): readonly string[] {
  let at = 0;
  const bit = (): number => {
    if (at >= bytes.length * 8) throw unknownForm();
    at += 1;
    return (bytes.readUInt8((at - 1) >> 3) >> (7 - ((at - 1) & 7))) & 1;
  };
  return Array.from({ length: count }, () => unpackText(bit));
}

function unpackText(bit: () => number): string {
  const parts: Buffer[] = [];
  let isCapital = false;
  for (;;) {
    const symbol = symbolFrom(bit);
    if (symbol === END) return Buffer.concat(parts).toString();
    if (symbol === BYTE) {
      let byte = 0;
      for (let count = 0; count < 8; count += 1) byte = byte * 2 + bit();
      parts.push(Buffer.of(byte));
    } else if (symbol !== UPPER) parts.push(Buffer.from(isCapital ? symbol.toUpperCase() : symbol));
    isCapital = symbol === UPPER;
  }
}

function symbolFrom(bit: () => number): string {
  let code = 0;
  for (let bits = 1; bits <= MOST_BITS; bits += 1) {
    code = code * 2 + bit();
    const symbol = SYMBOLS.get(nameOf({ bits, code }));
    if (symbol !== undefined) return symbol;
  }
  throw unknownForm();
}
