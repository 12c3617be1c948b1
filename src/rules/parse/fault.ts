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
