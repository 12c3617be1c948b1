import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';
import { parseSync } from '@swc/core';

/** What one source file does that a house rule may forbid. Positions are left to the caller. */
export interface SourceFile {
  /** From the project's root, with `/`: `src/rules/evaluate.ts`. */
  readonly path: string;
  readonly lines: number;
  /** Files of the project that it imports, as `src/….ts`. */
  readonly imports: readonly SourceImport[];
  /** Packages and `node:` modules that it imports, by the package's name. */
  readonly packages: readonly string[];
  /** Names that it declares and exports. */
  readonly exports: ReadonlySet<string>;
  /** Dotted names read, such as `process.env` or `console.log`, and `any`, `import.meta`. */
  readonly names: ReadonlySet<string>;
  /** Names of methods called: `issue` for `account.issue(…)`. */
  readonly calls: ReadonlySet<string>;
  /** What happens at import: a call, or an `await`, outside any function. */
  readonly actsAtImport: boolean;
}

export interface SourceImport {
  readonly path: string;
  readonly typeOnly: boolean;
}

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const textOf = (node: unknown): string | null =>
  isNode(node) && typeof node['value'] === 'string' ? node['value'] : null;

/** Every source file below a folder of the project. */
export function sourcesBelow(folder: string): SourceFile[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .toSorted()
    .map((path) => readSource(path, readFileSync(resolve(path), 'utf8')));
}

/** Reads a file's syntax tree: a comment or a string that mentions a thing does not do it. */
export function readSource(path: string, text: string): SourceFile {
  const tree = parseSync(text, {
    syntax: 'typescript',
    tsx: path.endsWith('.tsx'),
    target: 'es2023',
  }) as unknown as Node;
  const seen = {
    specifiers: new Map<string, boolean>(),
    exports: new Set<string>(),
    names: new Set<string>(),
    calls: new Set<string>(),
  };
  walk(tree, (node) => note(node, seen));
  const specifiers = [...seen.specifiers];
  return {
    path,
    lines: text.trimEnd().split('\n').length,
    imports: specifiers
      .filter(([specifier]) => specifier.startsWith('.'))
      .map(([specifier, typeOnly]) => ({ path: fileOf(path, specifier), typeOnly })),
    packages: specifiers
      .map(([specifier]) => specifier)
      .filter((one) => !one.startsWith('.'))
      .map(packageOf),
    exports: seen.exports,
    names: seen.names,
    calls: seen.calls,
    actsAtImport: actsAtImport(tree),
  };
}

const fileOf = (from: string, specifier: string): string =>
  join(dirname(from), specifier).replaceAll('\\', '/').replace(/\.js$/, '.ts');

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

interface Seen {
  readonly specifiers: Map<string, boolean>;
  readonly exports: Set<string>;
  readonly names: Set<string>;
  readonly calls: Set<string>;
}

function note(node: Node, { specifiers, exports, names, calls }: Seen): void {
  if (node['type'] === 'ExportDeclaration')
    for (const name of declaredBy(node['declaration'])) exports.add(name);
  const specifier = specifierOf(node);
  if (specifier !== null) specifiers.set(specifier, isTypeOnly(node) && (specifiers.get(specifier) ?? true));
  if (node['type'] === 'TsKeywordType' && node['kind'] === 'any') names.add('any');
  if (node['type'] === 'MetaProperty' && node['kind'] === 'import.meta') names.add('import.meta');
  if (node['type'] === 'MemberExpression') {
    const name = memberOf(node);
    if (name !== null) names.add(name);
  }
  if (node['type'] === 'CallExpression' && isNode(node['callee'])) {
    const called = propertyOf(node['callee']);
    if (called !== null) calls.add(called);
  }
}

/** A function or class has an identifier, a type an id, and each of several constants an id of its own. */
function declaredBy(declaration: unknown): readonly string[] {
  if (!isNode(declaration)) return [];
  const { declarations, id, identifier } = declaration;
  if (Array.isArray(declarations)) return declarations.flatMap(declaredBy);
  const name = textOf(id ?? identifier);
  return name === null ? [] : [name];
}

function specifierOf(node: Node): string | null {
  if (['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration'].includes(String(node['type'])))
    return textOf(node['source']);
  if (node['type'] === 'TsImportType') return textOf(node['argument']);
  const callee = node['callee'];
  if (node['type'] !== 'CallExpression' || !isNode(callee) || callee['type'] !== 'Import') return null;
  const [first] = node['arguments'] as Node[];
  return textOf(first?.['expression']);
}

function isTypeOnly(node: Node): boolean {
  if (node['typeOnly'] === true || node['type'] === 'TsImportType') return true;
  const names = node['specifiers'];
  return (
    Array.isArray(names) &&
    names.length > 0 &&
    names.every((one) => isNode(one) && one['isTypeOnly'] === true)
  );
}

/** `account?.issue` is wrapped once more than `account.issue`. */
function propertyOf(node: Node): string | null {
  if (node['type'] === 'OptionalChainingExpression')
    return isNode(node['base']) ? propertyOf(node['base']) : null;
  if (node['type'] !== 'MemberExpression' || !isNode(node['property'])) return null;
  const property = node['property'];
  return textOf(property['type'] === 'Computed' ? property['expression'] : property);
}

function memberOf(node: Node): string | null {
  const [object, property] = [textOf(node['object']), propertyOf(node)];
  return object === null || property === null ? null : `${object}.${property}`;
}

const FUNCTIONS = [
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'MethodProperty',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
];

function actsAtImport(tree: Node): boolean {
  let acts = false;
  walk(tree, (node) => {
    if (node['type'] === 'AwaitExpression') acts = true;
    const expression = node['expression'];
    if (
      node['type'] === 'ExpressionStatement' &&
      isNode(expression) &&
      expression['type'] === 'CallExpression'
    )
      acts = true;
    return !FUNCTIONS.includes(String(node['type']));
  });
  return acts;
}

/** Visits every node; `visit` answers false to leave out what is below one. */
function walk(value: unknown, visit: (node: Node) => boolean | void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (isNode(value)) {
    if (visit(value) === false) return;
    for (const child of Object.values(value)) walk(child, visit);
  }
}
