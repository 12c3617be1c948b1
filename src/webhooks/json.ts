import { Problem } from './problems.js';
import type { VerifiedBody } from './authenticate.js';

class Parsed {
  /** Told apart from anything that merely looks like it; and the class stays in this file. */
  declare protected readonly made: never;
  constructor(readonly value: unknown) {}
}
/** The JSON of a verified body. Only `parseJson` makes one: nothing is read of a body before. */
export type VerifiedJson = Parsed;

/** Without `stream` it keeps nothing from one body to the next. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Strict UTF-8, strict JSON. Depth is no danger here, only to code that walks the value. */
export function parseJson({ bytes }: VerifiedBody): VerifiedJson | Problem {
  try {
    return new Parsed(JSON.parse(UTF_8.decode(bytes)));
  } catch {
    return new Problem('json_invalid');
  }
}

/** Keys that stand for something else than data in JavaScript: nobody sends them in good faith. */
const HOSTILE = ['__proto__', 'constructor', 'prototype'];

/** A JSON object; null for anything else, and for one with a hostile key. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  if (!isObject(value) || HOSTILE.some((key) => Object.hasOwn(value, key))) return null;
  return value;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
