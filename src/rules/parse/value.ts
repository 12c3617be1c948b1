import { DateTime } from 'luxon';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type Localized, say } from '../../localized.js';
import {
  formatFault,
  type SourcePlace,
  type SchemeFault,
  type SchemeFile,
  duplicateFault,
  wrongKindFault,
  missingKey,
  nearest,
  type Noun,
  quotedValue,
  syntaxFault,
  unknownNameFault,
} from './messages.js';

/** How many aliases are followed: a few lines of aliases can expand to billions of values. */
const MAX_ALIASES = 100;

type ReportKind = 'faults' | 'warnings';

/** One file that is being read, with its faults and warnings. */
export class Source {
  /** By their text, so that a value that an alias repeats is reported once. */
  readonly #reports = { faults: new Map<string, SchemeFault>(), warnings: new Map<string, SchemeFault>() };
  readonly #name: string;
  readonly #lines = new LineCounter();
  readonly #doc: ReturnType<typeof parseDocument>;
  #aliasesLeft = MAX_ALIASES;
  /** Undefined: the YAML is malformed. */
  readonly root: Value | undefined;

  constructor({ name, text }: SchemeFile) {
    this.#name = name;
    this.#doc = parseDocument(text.replace(/^\uFEFF/, ''), {
      version: '1.2',
      schema: 'core',
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
    // One syntax error a line: further ones mostly follow from the first.
    const faultyLines = new Set<number>();
    for (const { code, message, pos } of [...this.#doc.errors, ...this.#doc.warnings]) {
      const at = this.#placeAt(pos[0]);
      if (!faultyLines.has(at.line)) this.report('faults', at, syntaxFault(code, message));
      faultyLines.add(at.line);
    }
    this.root = faultyLines.size === 0 ? this.valueOf(this.#doc.contents, 0) : undefined;
  }

  report(kind: ReportKind, { file, line, column }: SourcePlace, { fr, en }: Localized): void {
    const fault = { file, line, column, fr, en };
    this.#reports[kind].set(formatFault(fault, 'en'), fault);
  }

  /** Returns the faults or the warnings, in the order of the lines. */
  reports(kind: ReportKind): readonly SchemeFault[] {
    return [...this.#reports[kind].values()].toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  /** Follows aliases; reports a broken one and returns undefined. @param offset used when the node has no place */
  valueOf(node: unknown, offset: number): Value | undefined {
    const at = this.#placeAt(offsetOf(node) ?? offset);
    if (!isAlias(node)) return new Value(this, node, at);
    this.#aliasesLeft -= 1;
    const target = node.resolve(this.#doc);
    if (target !== undefined && this.#aliasesLeft >= 0) return new Value(this, target, at);
    this.report('faults', at, target === undefined ? unresolved(node.source) : TOO_MANY_ALIASES);
    return undefined;
  }

  #placeAt(offset: number): SourcePlace {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#name, line, column: col };
  }
}

const offsetOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

const TOO_MANY_ALIASES = say`plus de ${MAX_ALIASES} alias (*nom) à suivre : écrire les valeurs
  more than ${MAX_ALIASES} aliases (*name) to follow: write the values out`;
const unresolved = (name: string): Localized => say`alias « *${name} » sans ancre « &${name} » au-dessus
  alias "*${name}" without an anchor "&${name}" above it`;

const NAME = { fr: 'un nom', en: 'a name' };
const ID = say`un identifiant (lettres sans accent, chiffres, « _ » et « - »)
  an id (letters without accents, digits, "_" and "-")`;
const TEXT = { fr: 'un texte', en: 'a text' };
const WHOLE_NUMBER = { fr: 'un nombre entier à partir de 1', en: 'a whole number from 1' };
const BOOLEAN = { fr: 'true ou false', en: 'true or false' };
const DAY = { fr: 'une date du calendrier, comme 2024-01-31', en: 'a date of the calendar, like 2024-01-31' };
const LIST = { fr: 'une liste', en: 'a list' };
const MAP = { fr: 'une table (clé : valeur)', en: 'a map' };
const NOTHING = { fr: 'rien', en: 'nothing' };
const KEY = { fr: 'un nom de clé', en: 'the name of a key' };
const EMPTY = say`attendu : une liste qui ne soit pas vide ; trouvé : []
  expected a list that is not empty, found []`;

/** No name may be a special key of JavaScript objects: an object would lose its entry. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
export const isId = (text: string): boolean => /^[\w-]+$/.test(text) && !RESERVED.has(text);

/** Reads a day like `2024-01-31`. Null: another form, or no such day. */
function calendarDay(text: string): DateTime | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const day = DateTime.fromISO(text, { zone: 'utc' });
  return day.isValid ? day : null;
}

/** A set of names, or a map with names as its keys. */
export type KnownNames = Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>;

interface Entry {
  readonly key: Value;
  readonly value: Value | undefined;
}

/**
 * A value and its place in the file. Its readers report a faulty value and return undefined. Any fault prevents a
 * scheme, so callers use `?? default` for absent and faulty values alike.
 */
export class Value {
  constructor(
    private readonly source: Source,
    private readonly node: unknown,
    readonly at: SourcePlace,
  ) {}

  fault(words: Localized): undefined {
    this.source.report('faults', this.at, words);
  }

  warn(words: Localized): undefined {
    this.source.report('warnings', this.at, words);
  }

  /** How many faults its file has so far. */
  get faultCount(): number {
    return this.source.reports('faults').length;
  }

  get isMap(): boolean {
    return isMap(this.node);
  }

  get isList(): boolean {
    return isSeq(this.node);
  }

  /** Reads a name as it is written: for YAML, the id `1E5` is a number. */
  name(): string | undefined {
    return this.#read(NAME, (value, written) =>
      ['string', 'number'].includes(typeof value) && written !== '' ? written : null,
    );
  }

  id(): string | undefined {
    const name = this.name();
    return name === undefined || isId(name) ? name : this.expected(ID);
  }

  text(): string | undefined {
    return this.#read(TEXT, (value) =>
      typeof value === 'string' && value.trim() !== '' ? value.trim() : null,
    );
  }

  wholeNumber(): number | undefined {
    return this.#read(WHOLE_NUMBER, (value) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : null,
    );
  }

  boolean(): boolean | undefined {
    return this.#read(BOOLEAN, (value) => (typeof value === 'boolean' ? value : null));
  }

  /** Reads a calendar day, in UTC. */
  day(): DateTime | undefined {
    return this.#read(DAY, (value) => (typeof value === 'string' ? calendarDay(value) : null));
  }

  /** Reads a text of that form. The fault does not show the value: it may be a secret, pasted by mistake. */
  matching(form: RegExp, words: Localized): string | undefined {
    const value = this.#scalar?.value;
    return typeof value === 'string' && form.test(value) ? value : this.fault(words);
  }

  /** Reads one of the known names. `known` null: they are unreadable, so every id passes. */
  nameAmong(noun: Noun, known: KnownNames | null): string | undefined {
    if (known === null) return this.id();
    const name = this.name();
    if (name === undefined || known.has(name)) return name;
    return this.fault(unknownNameFault(noun, name, [...known.keys()]));
  }

  choice<T extends string>(choices: readonly T[]): T | undefined {
    const name = this.nameAmong('value', new Set(choices));
    return choices.find((choice) => choice === name);
  }

  items(): readonly Value[] | undefined {
    if (!isSeq(this.node)) return this.expected(LIST);
    return this.node.items.flatMap((item) => this.source.valueOf(item, 0) ?? []);
  }

  /** Reads a list that is not empty: everybody would meet `all: []`. */
  filledItems(): readonly Value[] | undefined {
    return isSeq(this.node) && this.node.items.length === 0 ? this.fault(EMPTY) : this.items();
  }

  /** Reads a map with free keys, each once. Returns no object, since a key may be `__proto__`. */
  entries(): ReadonlyMap<string, Entry> | undefined {
    if (!isMap(this.node)) return this.expected(MAP);
    const entries = new Map<string, Entry>();
    for (const pair of this.node.items) {
      const offset = offsetOf(pair.key) ?? offsetOf(pair.value) ?? 0;
      const key = this.source.valueOf(pair.key, offset);
      const name = key && key.#read(KEY, (value, written) => (value === null ? null : written));
      if (key === undefined || name === undefined) continue;
      const first = entries.get(name);
      if (first !== undefined) key.fault(duplicateFault('key', name, first.key.at));
      else entries.set(name, { key, value: this.source.valueOf(pair.value, offset) });
    }
    return entries;
  }

  /**
   * Reads a map with fixed keys; reports unknown and missing ones. A misspelt key is read as the key it probably means:
   * its value is checked, and no further fault follows.
   */
  fields<K extends string>(required: readonly K[], optional: readonly K[] = []): Fields<K> | undefined {
    const given = this.entries();
    if (given === undefined) return undefined;
    const allowed = [...required, ...optional];
    const entries = new Map<K, Entry>();
    let hasUnknown = false;
    for (const [name, entry] of given) {
      let key = allowed.find((one) => one === name);
      if (key === undefined) {
        hasUnknown = true;
        entry.key.fault(unknownNameFault('key', name, allowed));
        const meant = nearest(name, allowed);
        key = allowed.find((one) => one === meant && !given.has(one));
      }
      if (key !== undefined) entries.set(key, entry);
    }
    for (const key of required) if (!entries.has(key)) this.fault(missingKey(key));
    return {
      get: (key) => entries.get(key)?.value,
      keys: new Map([...entries].map(([name, { key }]) => [name, key])),
      hasUnknown,
    };
  }

  /** The scalar's value and its text; null: a map or a list. */
  get #scalar(): { readonly value: unknown; readonly written: string } | null {
    if (this.isMap || this.isList) return null;
    return isScalar(this.node)
      ? { value: this.node.value, written: this.node.source ?? '' }
      : { value: null, written: '' };
  }

  /** @param read returns null for a value of another kind */
  #read<T>(what: Localized, read: (value: unknown, written: string) => T | null): T | undefined {
    const scalar = this.#scalar;
    return (scalar && read(scalar.value, scalar.written)) ?? this.expected(what);
  }

  /** Reports a value of the wrong kind. */
  expected(what: Localized): undefined {
    const scalar = this.#scalar;
    const isEmpty = scalar?.value === null;
    const found = scalar && (isEmpty ? NOTHING : quotedValue(scalar.written));
    return this.fault(wrongKindFault(what, found ?? (this.isMap ? MAP : LIST)));
  }
}

/** A map with fixed keys. */
export interface Fields<K extends string> {
  readonly get: (key: K) => Value | undefined;
  /** The allowed keys that are given, in the file's order. */
  readonly keys: ReadonlyMap<K, Value>;
  readonly hasUnknown: boolean;
}
