import { Problem } from './problem.js';
import type { VerifiedBody } from './verify.js';

class Parsed {
  /** Told apart from anything that merely looks like it; and the class stays in this file. */
  declare protected readonly made: never;
  constructor(readonly value: unknown) {}
}
/** The JSON of a verified body. Only `parseJson` makes one: nothing is read of a body before. */
export type VerifiedJson = Parsed;

/** Strict UTF-8, strict JSON. Depth is no danger here, only to code that walks the value. */
export function parseJson({ bytes }: VerifiedBody): VerifiedJson | Problem {
  try {
    return new Parsed(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return new Problem('json_invalid');
  }
}

/** Keys that stand for something else than data in JavaScript: nobody sends them in good faith. */
const HOSTILE = ['__proto__', 'constructor', 'prototype'];

/** A JSON object, its own keys only; null for anything else, and for one with a hostile key. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  if (HOSTILE.some((key) => Object.hasOwn(value, key))) return null;
  return Object.fromEntries(Object.entries(value));
}
