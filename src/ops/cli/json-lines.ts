/** A value whose lists may be told one by one, without standing in memory as a whole. */
export type Told<T> = T extends readonly (infer Each)[]
  ? Iterable<Told<Each>>
  : T extends object
    ? { readonly [Name in keyof T]: Told<T[Name]> }
    : T;

/** So much text is handed on at once, characters. */
const PIECE = 16_384;

/**
 * What `JSON.stringify(value, null, 2)` gives, in pieces that end where a line does. What can be iterated is a list.
 * @param value of what JSON knows
 */
export function* jsonPieces(value: unknown): Iterable<string> {
  let lines: string[] = [];
  let length = 0;
  for (const line of linesOf(value, '', '', '')) {
    lines.push(line);
    length += line.length;
    if (length < PIECE) continue;
    yield lines.join('\n');
    [lines, length] = [[], 0];
  }
  if (lines.length > 0) yield lines.join('\n');
}

/** @param before stands in front of the value, on its first line; `after` behind it, on its last */
function* linesOf(value: unknown, indent: string, before: string, after: string): Iterable<string> {
  if (typeof value !== 'object' || value === null) {
    yield `${indent}${before}${JSON.stringify(value) ?? 'null'}${after}`;
    return;
  }
  const [open, close] = isList(value) ? '[]' : '{}';
  const parts = isList(value) ? listOf(value) : fieldsOf(value);
  // Of the parts, each is told when it is known whether another follows.
  let last: Part | null = null;
  for (const part of parts) {
    if (last === null) yield `${indent}${before}${open}`;
    else yield* linesOf(last.value, `${indent}  `, last.name, ',');
    last = part;
  }
  if (last === null) yield `${indent}${before}${open}${close}${after}`;
  else {
    yield* linesOf(last.value, `${indent}  `, last.name, '');
    yield `${indent}${close}${after}`;
  }
}

interface Part {
  readonly name: string;
  readonly value: unknown;
}

const isList = (value: object): value is Iterable<unknown> => Symbol.iterator in value;

function* listOf(list: Iterable<unknown>): Iterable<Part> {
  for (const value of list) yield { name: '', value };
}

function* fieldsOf(fields: object): Iterable<Part> {
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) yield { name: `${JSON.stringify(name)}: `, value };
}
