import type { Place } from './fault.js';

/** A YAML value that knows where it stands. Aliases are resolved; keys are unique. */
export type Node = MapNode | ListNode | ScalarNode;

export interface MapNode {
  readonly kind: 'map';
  readonly at: Place;
  /** A Map, never an object: a key may be named `__proto__`. */
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly key: string;
  readonly keyAt: Place;
  readonly value: Node;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Place;
  readonly items: readonly Node[];
}

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: Place;
  /** As YAML 1.2 reads it: a date is a string. Null where nothing is written. */
  readonly value: unknown;
  /** As written, without quotes. */
  readonly text: string;
}
