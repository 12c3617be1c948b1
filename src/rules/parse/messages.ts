import { distance } from 'fastest-levenshtein';
import type { ErrorCode } from 'yaml';
import { type Lang, type Localized, localized, quoted as plainlyQuoted, say } from '../../localized.js';

/** A file of the scheme: its name as a person would type it, and its text. */
export interface SchemeFile {
  readonly name: string;
  readonly text: string;
}

/** A place in a file; line and column count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A fault or a warning of the scheme, in words, and its place. */
export interface SchemeFault extends SourcePlace, Localized {}

/** Writes `config/scheme.yaml:12:9: ...`, which editors and terminals turn into a link. */
export const formatFault = (fault: SchemeFault, lang: Lang): string =>
  `${fault.file}:${fault.line}:${fault.column}: ${fault[lang]}`;

/** Carries every fault of the scheme. A program that gets it does not start. */
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

/** Removes differences that people often get wrong: case, accents, and the kind of dash. */
const folded = (name: string): string =>
  name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[\s_]/g, '-');

/** Sorts the known names by their edit distance, nearest first; equal ones keep their order. */
const byDistance = (name: string, known: readonly string[]) =>
  known
    .map((candidate) => ({ name: candidate, edits: distance(folded(name), folded(candidate)) }))
    .toSorted((a, b) => a.edits - b.edits);

/** Returns the known name that was probably meant: at most a third of its letters differ. Null: there is none. */
export function nearest(name: string, known: readonly string[]): string | null {
  const [best] = byDistance(name, known);
  if (best === undefined || name.length < 2) return null;
  return best.edits <= Math.ceil(best.name.length / 3) && best.edits < best.name.length ? best.name : null;
}

const MAX_LISTED = 12;

/** Returns all known names when they are few; else the nearest ones and the total number. */
export function shortList(
  name: string,
  known: readonly string[],
): { names: readonly string[]; total: number | null } {
  if (known.length <= MAX_LISTED) return { names: known, total: null };
  const near = byDistance(name, known).slice(0, MAX_LISTED);
  return { names: near.map((candidate) => candidate.name), total: known.length };
}

/** The kind of thing that a fault names. */
export type Noun = 'key' | 'competency' | 'ability' | 'award' | 'partner' | 'badge' | 'value';

interface NounWords extends Localized {
  /** The feminine ending of a French adjective. */
  readonly e: '' | 'e';
  /** Follows an unknown name. */
  readonly why?: Localized;
}

const NOUNS: Readonly<Record<Noun, NounWords>> = {
  key: { fr: 'clé', en: 'key', e: 'e' },
  competency: { fr: 'compétence', en: 'competency', e: 'e' },
  ability: { fr: 'capacité', en: 'ability', e: 'e' },
  award: { fr: 'badge Région', en: 'award', e: '' },
  partner: { fr: 'partenaire', en: 'partner', e: '' },
  badge: {
    fr: 'badge',
    en: 'badge',
    e: '',
    why: { fr: ", que personne n'a inscrit", en: ', which nobody enrolled' },
  },
  value: { fr: 'valeur', en: 'value', e: 'e' },
};

const MAX_SHOWN = 60;

/** Makes a value safe to show: short, on one line, and never an address. */
export function safeToShow(value: string): string {
  if (value.includes('@')) return '[...@...]';
  const line = value.replace(/[\s\p{Cc}]+/gu, ' ');
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}...` : line;
}

export const quotedValue = (value: string): Localized => plainlyQuoted(safeToShow(value));

/** The fault of a value of the wrong kind. */
export const wrongKindFault = (
  what: Localized,
  found: Localized,
): Localized => say`attendu : ${what} ; trouvé : ${found}
  expected ${what}, found ${found}`;

/** Writes `: did you mean "X"?`, or nothing. */
export const didYouMean = (meant: string | null): Localized =>
  meant === null
    ? { fr: '', en: '' }
    : say` : vouliez-vous dire ${quotedValue(meant)} ?
        : did you mean ${quotedValue(meant)}?`;

/** Returns the fault of an unknown name, with the known name that was probably meant. */
export function unknownNameFault(noun: Noun, name: string, known: readonly string[]): Localized {
  const { fr, en, e, why = '' } = NOUNS[noun];
  const meant = didYouMean(nearest(name, known));
  const { names, total } = shortList(name, known);
  const list = names.map(safeToShow).join(', ');
  const totalNote = total === null ? '' : { fr: `, ... ${total} en tout`, en: `, ... ${total} in all` };
  const among =
    known.length === 0
      ? { fr: `aucun${e} n'est déclaré${e}`, en: 'none is declared' }
      : say`connu${e}s : ${list}${totalNote}
          known: ${list}${totalNote}`;
  return say`${fr} inconnu${e} ${quotedValue(name)}${why}${meant} (${among})
    unknown ${en} ${quotedValue(name)}${why}${meant} (${among})`;
}

export const missingKey = (key: string): Localized => say`la clé « ${key} » manque
  the key "${key}" is missing`;

/** Returns the fault of a repeated name, with the place of the first. */
export function duplicateFault(noun: Noun, name: string, first: SourcePlace): Localized {
  const { fr, en } = NOUNS[noun];
  const where = `${first.file}:${first.line}`;
  return say`${fr} ${quotedValue(name)} en double : déjà en ${where}
    ${en} ${quotedValue(name)} is given twice: already at ${where}`;
}

/** The fault of a circle of dependencies. @param path begins and ends with the same name */
export const cycleFault = (verb: Localized, path: readonly string[]): Localized => {
  const names = localized((lang) => path.map((name) => quotedValue(name)[lang]).join(` ${verb[lang]} `));
  return say`boucle : ${names}
    circle: ${names}`;
};

/** French for the frequent errors of the YAML parser; rare ones stay in English. */
const FRENCH: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: 'alias (*nom) ou ancre (&nom) mal formé',
  BAD_DQ_ESCAPE:
    'suite « \\ » inconnue entre guillemets doubles : doubler la barre, ou prendre des apostrophes',
  BAD_INDENT: "retrait (espaces en début de ligne) différent de celui des lignes d'à côté",
  BAD_SCALAR_START: 'une valeur ne peut pas commencer par ce caractère : la mettre entre guillemets',
  BLOCK_AS_IMPLICIT_KEY:
    'retrait inattendu sous une valeur, ou deux « : » sur une ligne (mettre alors la valeur entre guillemets)',
  BLOCK_IN_FLOW: 'pas de liste à tirets ni de table en retrait entre { } ou [ ]',
  MISSING_CHAR: 'il manque un caractère : guillemet, virgule, « : », espace, « ] » ou « } »',
  MULTILINE_IMPLICIT_KEY: 'une clé tient sur une ligne : un « : » manque sans doute',
  MULTIPLE_DOCS: 'un seul document par fichier : enlever « --- »',
  RESOURCE_EXHAUSTION: 'trop imbriqué',
  TAB_AS_INDENT: 'tabulation en début de ligne : mettre des espaces',
  TAG_RESOLVE_FAILED: 'étiquette (!nom) inconnue, ou qui ne va pas avec cette valeur',
  UNEXPECTED_TOKEN:
    "texte inattendu à cet endroit : vérifier les retraits, les tirets et les guillemets d'au-dessus",
};

/** Replaces messages of the YAML parser that help nobody. */
const ENGLISH: Readonly<Partial<Record<ErrorCode, string>>> = {
  MULTIPLE_DOCS: 'one document per file: remove "---"',
  RESOURCE_EXHAUSTION: 'nested too deeply',
};

/** The fault of malformed YAML. */
export const syntaxFault = (code: ErrorCode, message: string): Localized => ({
  fr: `YAML illisible : ${FRENCH[code] ?? message}`,
  en: `unreadable YAML: ${ENGLISH[code] ?? message}`,
});
