import type { Pipeline } from '../../../workers/pipeline.js';
import type { Words } from '../words.js';

/** What a section has to tell, to people and to programs. */
export interface Told {
  readonly lines: readonly Words[];
  readonly json: unknown;
}

/**
 * One part of `stats`: a file with what is read (plain figures, for whoever else wants them) and how it
 * is told. A new part is a file like its neighbours, and a line in stats.ts.
 * @typeParam Needs exactly what it reads from
 */
export interface Section<Needs = Pipeline> {
  /** Its name in the JSON. */
  readonly id: string;
  readonly title: Words;
  readonly tell: (needs: Needs) => Promise<Told>;
}

/** `name : value`, as each language writes it. */
export const line = (name: Words, value: Words | number | string): Words => {
  const told = typeof value === 'object' ? value : { fr: String(value), en: String(value) };
  return { fr: `${name.fr} : ${told.fr}`, en: `${name.en}: ${told.en}` };
};

export const indented = ({ fr, en }: Words): Words => ({ fr: `  ${fr}`, en: `  ${en}` });
