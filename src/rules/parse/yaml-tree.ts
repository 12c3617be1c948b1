import {
  type Alias,
  Composer,
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node as YamlNode,
  Parser,
  type YAMLMap,
} from 'yaml';
import type { Entry, MapNode, Node, Place, Report, SchemeFile, Words } from './fault.js';
import { already, expected } from './messages.js';

/** What the YAML reader says in English, in French. */
const FRENCH: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'un alias (*nom) ne prend ni ancre ni étiquette',
  BAD_ALIAS: 'alias (*nom) ou ancre (&nom) mal formé',
  BAD_COLLECTION_TYPE: "l'étiquette (!nom) ne va pas avec cette valeur",
  BAD_DIRECTIVE: 'directive (%) inconnue ou mal formée',
  BAD_DQ_ESCAPE:
    'suite « \\ » inconnue entre guillemets doubles : doubler la barre, ou prendre des apostrophes',
  BAD_INDENT: "retrait (espaces en début de ligne) différent de celui des lignes d'à côté",
  BAD_PROP_ORDER: 'ancre ou étiquette mal placée',
  BAD_SCALAR_START: 'une valeur ne peut pas commencer par ce caractère : la mettre entre guillemets',
  BLOCK_AS_IMPLICIT_KEY:
    'retrait inattendu sous une valeur, ou deux « : » sur une ligne (mettre alors la valeur entre guillemets)',
  BLOCK_IN_FLOW: 'pas de liste à tirets ni de table en retrait entre { } ou [ ]',
  DUPLICATE_KEY: 'clé en double',
  IMPOSSIBLE: 'texte illisible',
  KEY_OVER_1024_CHARS: 'une clé de plus de 1024 caractères',
  MISSING_CHAR: 'il manque un caractère : guillemet, virgule, « : », espace, « ] » ou « } »',
  MULTILINE_IMPLICIT_KEY: 'une clé tient sur une ligne : un « : » manque sans doute',
  MULTIPLE_ANCHORS: 'une seule ancre (&nom) par valeur',
  MULTIPLE_DOCS: 'un seul document par fichier : enlever « --- »',
  MULTIPLE_TAGS: 'une seule étiquette (!nom) par valeur',
  NON_STRING_KEY: 'une clé est un nom',
  RESOURCE_EXHAUSTION: 'trop imbriqué',
  TAB_AS_INDENT: 'tabulation en début de ligne : mettre des espaces',
  TAG_RESOLVE_FAILED: 'étiquette (!nom) inconnue, ou qui ne va pas avec cette valeur',
  UNEXPECTED_TOKEN:
    "texte inattendu à cet endroit : vérifier les retraits, les tirets et les guillemets d'au-dessus",
};

/** A fault of the YAML itself, in both languages. */
export const syntaxFault = (code: ErrorCode, message: string): Words => ({
  fr: `YAML illisible : ${FRENCH[code]}`,
  en: `unreadable YAML: ${message}`,
});

/** Far above what a region writes by hand, far below what could hurt. */
const MAX_BYTES = 5 * 1024 * 1024;
const MAX_NESTING = 64;
/** How many times aliases may be followed: a few lines of them can stand for billions of nodes. */
const MAX_ALIASES = 100;

interface Reader {
  readonly file: SchemeFile;
  readonly report: Report;
  readonly lines: LineCounter;
}

interface Converter extends Reader {
  readonly doc: Document.Parsed;
  aliasesLeft: number;
  /** What aliases stand for, while they are followed. */
  readonly following: Set<unknown>;
}

/** The file as a tree that knows its places; null when it cannot be read, which `report` then tells. */
export function readTree({ name, text }: SchemeFile, report: Report): Node | null {
  const file = { name, text: text.replace(/^\uFEFF/, '') };
  const reader: Reader = { file, report, lines: new LineCounter() };
  reader.lines.addNewLine(0);
  const bytes = Buffer.byteLength(file.text);
  if (bytes > MAX_BYTES) return refuse(reader, 0, tooBig(bytes));
  const doc = compose(reader);
  if (doc === null) return null;
  return isSound(reader, doc)
    ? convertDocument({ ...reader, doc, aliasesLeft: MAX_ALIASES, following: new Set() })
    : null;
}

/** Of the syntax errors on one line, the first is told: the others mostly follow from it. */
function isSound(reader: Reader, { errors, warnings }: Document.Parsed): boolean {
  const lines = new Set<number>();
  for (const { code, message, pos } of [...errors, ...warnings]) {
    const at = placeAt(reader, pos[0]);
    if (!lines.has(at.line)) reader.report.fault(at, syntaxFault(code, message));
    lines.add(at.line);
  }
  return lines.size === 0;
}

function placeAt({ file, lines }: Reader, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file: file.name, line, column: col };
}

function refuse(reader: Reader, offset: number, words: Words): null {
  reader.report.fault(placeAt(reader, offset), words);
  return null;
}

/**
 * The parser keeps its own stack and can be watched; what comes after it calls itself, and would
 * overflow on a text that is nested deep enough.
 */
function compose(reader: Reader): Document.Parsed | null {
  const { file, lines } = reader;
  const parser = new Parser(lines.addNewLine);
  const tokens = [];
  for (const lexeme of new Lexer().lex(file.text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MAX_NESTING) return refuse(reader, parser.offset - lexeme.length, TOO_DEEP);
  }
  tokens.push(...parser.end());
  const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, logLevel: 'silent' });
  const [doc, second] = [...composer.compose(tokens, true, file.text.length)];
  if (second !== undefined) return refuse(reader, second.range[0], syntaxFault('MULTIPLE_DOCS', ONE_DOC));
  return doc ?? null;
}

const ONE_DOC = 'one document per file: remove "---"';
const TOO_DEEP = {
  fr: `imbriqué sur plus de ${MAX_NESTING} niveaux`,
  en: `nested more than ${MAX_NESTING} levels deep`,
};
const TOO_MANY_ALIASES = {
  fr: `plus de ${MAX_ALIASES} alias (*nom) à suivre : écrire les valeurs`,
  en: `more than ${MAX_ALIASES} aliases (*name) to follow: write the values out`,
};
const tooBig = (bytes: number) => ({
  fr: `fichier de ${bytes} octets : ${MAX_BYTES} au plus`,
  en: `a file of ${bytes} bytes: ${MAX_BYTES} at most`,
});

/** Thrown to leave a tree that is too big to be converted; the fault has been reported. */
class GaveUp extends Error {}

function convertDocument(converter: Converter): Node | null {
  try {
    return convert(converter, converter.doc.contents, 0, 0);
  } catch (error) {
    if (error instanceof GaveUp) return null;
    throw error;
  }
}

function convert(converter: Converter, node: unknown, offset: number, depth: number): Node {
  const at = placeAt(converter, startOf(node) ?? offset);
  if (depth > MAX_NESTING) giveUp(converter, at, TOO_DEEP);
  if (isAlias(node)) return convertAlias(converter, node, at, depth);
  if (isMap(node)) return convertMap(converter, node, at, depth);
  if (isSeq(node))
    return { kind: 'list', at, items: node.items.map((item) => convert(converter, item, offset, depth + 1)) };
  if (isScalar(node)) return { kind: 'scalar', at, value: node.value, text: node.source ?? '' };
  return { kind: 'scalar', at, value: null, text: '' };
}

const startOf = (node: unknown): number | undefined =>
  isAlias(node) || isMap(node) || isSeq(node) || isScalar(node)
    ? ((node satisfies YamlNode).range?.[0] ?? undefined)
    : undefined;

function giveUp({ report }: Converter, at: Place, words: Words): never {
  report.fault(at, words);
  throw new GaveUp();
}

function convertAlias(converter: Converter, alias: Alias, at: Place, depth: number): Node {
  converter.aliasesLeft -= 1;
  if (converter.aliasesLeft < 0) giveUp(converter, at, TOO_MANY_ALIASES);
  const target = alias.resolve(converter.doc);
  if (target === undefined) giveUp(converter, at, unresolved(alias.source));
  if (converter.following.has(target)) giveUp(converter, at, endless(alias.source));
  converter.following.add(target);
  const node = convert(converter, target, 0, depth + 1);
  converter.following.delete(target);
  return node;
}

const unresolved = (name: string): Words => ({
  fr: `alias « *${name} » sans ancre « &${name} » au-dessus`,
  en: `alias "*${name}" without an anchor "&${name}" above it`,
});
const endless = (name: string): Words => ({
  fr: `alias « *${name} » à l'intérieur de ce qu'il désigne`,
  en: `alias "*${name}" inside what it stands for`,
});

function convertMap(converter: Converter, map: YAMLMap, at: Place, depth: number): MapNode {
  const entries = new Map<string, Entry>();
  for (const pair of map.items) {
    const offset = startOf(pair.key) ?? startOf(pair.value) ?? 0;
    const keyNode = convert(converter, pair.key, offset, depth + 1);
    const entry = { keyAt: keyNode.at, value: convert(converter, pair.value, offset, depth + 1) };
    if (keyNode.kind !== 'scalar' || keyNode.value === null) {
      converter.report.fault(keyNode.at, expected({ fr: 'un nom de clé', en: 'the name of a key' }, keyNode));
      continue;
    }
    const first = entries.get(keyNode.text);
    if (first === undefined) entries.set(keyNode.text, { key: keyNode.text, ...entry });
    else converter.report.fault(keyNode.at, already('key', keyNode.text, first.keyAt));
  }
  return { kind: 'map', at, entries };
}
