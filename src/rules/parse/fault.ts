/** A file of the scheme: its name as a reader would type it, and its text. */
export interface SchemeFile {
  readonly name: string;
  readonly text: string;
}

/** Where something stands; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One message in both languages. */
export interface Words {
  readonly fr: string;
  readonly en: string;
}

/** What is wrong in the scheme (or odd, for a warning), and where. */
export interface SchemeFault extends Place, Words {}

/** `config/scheme.yaml:12:9: ...`, a form that editors and terminals turn into a link. */
export const formatFault = (fault: SchemeFault, lang: keyof Words): string =>
  `${fault.file}:${fault.line}:${fault.column}: ${fault[lang]}`;

/** Every fault of the scheme at once; nothing starts. */
export class SchemeFaults extends Error {
  readonly code = 'scheme_faults';
  constructor(readonly faults: readonly SchemeFault[]) {
    const lines = faults.map((fault) => formatFault(fault, 'en'));
    super(
      `The scheme has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${lines.join('\n')}`,
    );
    this.name = 'SchemeFaults';
  }
}

/** Collects faults and warnings while the scheme is read. */
export class Report {
  /** By their text: what an alias repeats is told once. */
  readonly #faults = new Map<string, SchemeFault>();
  readonly #warnings = new Map<string, SchemeFault>();

  /** Answers undefined, so that a reader can end with it: nothing was read. */
  fault(at: Place, words: Words): undefined {
    add(this.#faults, at, words);
  }

  warn(at: Place, words: Words): undefined {
    add(this.#warnings, at, words);
  }

  /** How many so far: a reader compares two to tell whether what it read in between was faultless. */
  get faultCount(): number {
    return this.#faults.size;
  }

  /** In the order of the files, then of the lines. */
  faults(files: readonly SchemeFile[]): readonly SchemeFault[] {
    return inOrder(this.#faults, files);
  }

  warnings(files: readonly SchemeFile[]): readonly SchemeFault[] {
    return inOrder(this.#warnings, files);
  }
}

function add(to: Map<string, SchemeFault>, { file, line, column }: Place, { fr, en }: Words): undefined {
  const fault = { file, line, column, fr, en };
  to.set(formatFault(fault, 'en'), fault);
}

function inOrder(
  found: ReadonlyMap<string, SchemeFault>,
  files: readonly SchemeFile[],
): readonly SchemeFault[] {
  const rank = new Map(files.map(({ name }, index) => [name, index]));
  const rankOf = ({ file }: Place): number => rank.get(file) ?? files.length;
  return [...found.values()].toSorted(
    (a, b) => rankOf(a) - rankOf(b) || a.line - b.line || a.column - b.column,
  );
}

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
