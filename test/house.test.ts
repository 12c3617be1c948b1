import { readFileSync, readdirSync } from 'node:fs';
import { readSource, sourcesBelow, type SourceFile } from './support/source.js';

/**
 * Who may enter whose room. `main.ts` files wire a program together and may import every room but the
 * sandbox and the demo. All may import `src/ids.ts`, `src/localized.ts` and the types of `src/config.ts`.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  earners: ['platform'],
  obf: ['platform'],
  queue: ['platform'],
  rules: ['earners'],
  journal: ['earners', 'platform'],
  issuing: ['earners', 'journal', 'obf', 'platform'],
  scheme: ['rules', 'earners', 'queue', 'platform'],
  privacy: ['rules', 'earners', 'journal', 'issuing', 'scheme', 'queue', 'platform'],
  webhooks: ['queue', 'platform'],
  workers: ['rules', 'earners', 'journal', 'obf', 'issuing', 'scheme', 'privacy', 'queue', 'platform'],
  ops: ['rules', 'earners', 'journal', 'obf', 'issuing', 'scheme', 'privacy', 'workers', 'queue', 'platform'],
  parcours: ['rules', 'earners', 'ops/shared', 'queue', 'platform'],
  sandbox: ['obf/wire', 'platform'],
  demo: ['sandbox', 'platform'],
};
/** Another room's part that is known by its types alone. */
const TYPES_ONLY = [
  { from: 'rules', to: 'earners' },
  { from: 'issuing', to: 'journal' },
];
/** Rooms that are pure: the only packages they may use. */
const PURE: Readonly<Record<string, readonly string[]>> = {
  // node:crypto hashes the scheme's meaning to its version.
  rules: ['zod', 'yaml', 'luxon', 'fastest-levenshtein', 'node:crypto'],
  'ids.ts': [],
  'localized.ts': [],
  'config.ts': ['zod'],
  'config-environment.ts': ['zod'],
};
/** Every room may import them, and they import nothing. */
const LEAVES = ['src/ids.ts', 'src/localized.ts'];
/** Imported by tests and the demo alone, and free to use what is not there in production. */
const STAND_INS = ['sandbox', 'demo'];
const MAY_PRINT = /^src\/(demo|ops\/cli)\//;
/** Ops replays by enqueueing: it never issues. */
const ISSUING_CALLS = ['src/issuing/issue-batch.ts', 'src/issuing/send.ts'];
const MAX_LINES = 350;

const roomOf = (path: string): string => path.split('/')[1] ?? '';
const isMain = (path: string): boolean => path.endsWith('/main.ts');
const inside = (path: string, part: string): boolean =>
  path === `src/${part}.ts` || path.startsWith(`src/${part}/`);

function mayImport(from: string, to: string): boolean {
  const room = roomOf(from);
  if (LEAVES.includes(to) || roomOf(to) === room) return true;
  if (/^src\/config-\w+\.ts$/.test(to)) return /^src\/config(-\w+)?\.ts$/.test(from);
  if (to === 'src/config.ts') return true;
  if (isMain(from) && !STAND_INS.includes(roomOf(to))) return true;
  return (ROOMS[room] ?? []).some((part) => inside(to, part));
}

const declared = (
  JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> }
).dependencies;

/** Each rule of the house: what of a file breaks it. */
const RULES: Readonly<Record<string, (file: SourceFile) => readonly string[]>> = {
  'imports only the rooms of the table': ({ path, imports }) =>
    imports.filter((one) => !mayImport(path, one.path)).map((one) => one.path),
  'knows the configuration by its type, unless it is main.ts': ({ path, imports }) =>
    isMain(path) || path.startsWith('src/config')
      ? []
      : imports.filter((one) => one.path === 'src/config.ts' && !one.typeOnly).map((one) => one.path),
  'knows some rooms by their types alone': ({ path, imports }) =>
    imports
      .filter((one) => !one.typeOnly)
      .filter((one) => TYPES_ONLY.some(({ from, to }) => roomOf(path) === from && roomOf(one.path) === to))
      .map((one) => one.path),
  'a pure room uses few packages': ({ path, packages }) =>
    packages.filter((one) => !(PURE[roomOf(path)] ?? [one]).includes(one)),
  'production uses production packages': ({ path, packages }) =>
    STAND_INS.includes(roomOf(path))
      ? []
      : packages.filter((one) => !one.startsWith('node:') && declared[one] === undefined),
  'ops never issues': ({ path, imports, calls }) =>
    roomOf(path) !== 'ops'
      ? []
      : [
          ...imports.filter((one) => ISSUING_CALLS.includes(one.path)).map((one) => one.path),
          ...(calls.has('issue') ? ['.issue()'] : []),
        ],
  'only main.ts reads the environment': ({ path, names, packages }) =>
    (names.has('process.env') || packages.includes('node:process')) && !isMain(path) ? ['process.env'] : [],
  'only main.ts acts when it is imported': ({ path, actsAtImport, names }) =>
    (actsAtImport || names.has('import.meta')) && !isMain(path) ? ['acts at import'] : [],
  'nothing prints but the command line and the demo': ({ path, names }) =>
    MAY_PRINT.test(path) ? [] : [...names].filter((name) => name.startsWith('console.')),
  'no any': ({ names }) => (names.has('any') ? ['any'] : []),
  [`at most ${MAX_LINES} lines`]: ({ lines }) => (lines > MAX_LINES ? [`${lines} lines`] : []),
};

const sources = sourcesBelow('src');

test('every folder of src is a room of the table', () => {
  const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const rooms = folders.map((folder) => folder.name).filter((name) => ROOMS[name] === undefined);
  expect(rooms).toEqual([]);
});

/** The folders with more than 20 files, and how many they have: each has two subjects. */
function crowded(paths: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const path of paths.map((one) => one.slice(0, one.lastIndexOf('/'))))
    counts.set(path, (counts.get(path) ?? 0) + 1);
  return [...counts].filter(([, files]) => files > 20).map(([folder, files]) => `${folder}: ${files} files`);
}

test('a folder holds at most 20 files', () => {
  expect(crowded(sources.map(({ path }) => path))).toEqual([]);
  const bad = Array.from({ length: 21 }, (_, at) => `src/rules/${at}.ts`);
  expect(crowded([...bad, 'src/rules/parse/a.ts'])).toEqual(['src/rules: 21 files']);
});

test.each(Object.entries(RULES))('%s', (_, broken) => {
  const found = sources.flatMap((file) => broken(file).map((what) => `${file.path}: ${what}`));
  expect(found).toEqual([]);
});

/** A chain of files that ends where it begins, types included; null: there is none. */
function circleIn(importsOf: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const done = new Set<string>();
  const walk = (path: string, above: readonly string[]): readonly string[] | null => {
    if (above.includes(path)) return [...above.slice(above.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const next of importsOf.get(path) ?? []) {
      const found = walk(next, [...above, path]);
      if (found !== null) return found;
    }
    done.add(path);
    return null;
  };
  for (const path of importsOf.keys()) {
    const found = walk(path, []);
    if (found !== null) return found;
  }
  return null;
}

test('no import runs in a circle', () => {
  const importsOf = sources.map(({ path, imports }) => [path, imports.map((one) => one.path)] as const);
  expect(circleIn(new Map(importsOf))).toBeNull();
  // It would be seen: three files, of which the last leads back to the second.
  const bad = new Map(Object.entries({ a: ['b'], b: ['c'], c: ['b'] }));
  expect(circleIn(bad)).toEqual(['b', 'c', 'b']);
});

/** The names that several files export: each has two meanings, or is written twice. */
function namedTwice(files: readonly SourceFile[]): readonly string[] {
  const names = files.flatMap(({ exports }) => [...exports]);
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}

test('an exported name has one meaning', () => {
  expect(namedTwice(sources)).toEqual([]);
  const texts = [
    'export interface Plan {}',
    'export const Plan = 1, b = 2;',
    'export function b() {}',
    'Plan;',
  ];
  expect(namedTwice(texts.map((text, at) => readSource(`src/rules/${at}.ts`, text)))).toEqual(['Plan', 'b']);
});

/** One file a rule, that breaks it: a rule that sees nothing would pass for ever. */
const BREAKS: readonly [rule: string, path: string, text: string][] = [
  ['imports only the rooms of the table', 'src/webhooks/a.ts', `import { x } from '../rules/evaluate.js';`],
  ['imports only the rooms of the table', 'src/platform/a.ts', `export * from '../queue/names.js';`],
  ['imports only the rooms of the table', 'src/rules/a.ts', `import type { S } from '../queue/store.js';`],
  ['imports only the rooms of the table', 'src/workers/main.ts', `import { x } from '../sandbox/server.js';`],
  [
    'imports only the rooms of the table',
    'src/ops/cli/a.ts',
    `const x = () => import('../../webhooks/app.js');`,
  ],
  ['imports only the rooms of the table', 'src/sandbox/a.ts', `import { x } from '../obf/http.js';`],
  [
    'knows the configuration by its type, unless it is main.ts',
    'src/workers/a.ts',
    `import { loadConfig, type Config } from '../config.js';`,
  ],
  ['imports only the rooms of the table', 'src/issuing/a.ts', `import { x } from '../queue/enqueue.js';`],
  ['knows some rooms by their types alone', 'src/issuing/a.ts', `import { x } from '../journal/journal.js';`],
  ['a pure room uses few packages', 'src/rules/a.ts', `import { Redis } from 'ioredis';`],
  ['production uses production packages', 'src/obf/a.ts', `import x from 'redis-memory-server/lib/a.js';`],
  ['ops never issues', 'src/ops/cli/a.ts', `import { x } from '../../issuing/issue-batch.js';`],
  ['ops never issues', 'src/ops/cli/a.ts', `export const x = (a: A) => a?.issue({});`],
  ['only main.ts reads the environment', 'src/obf/a.ts', `export const x = () => process.env['A'];`],
  ['only main.ts reads the environment', 'src/obf/a.ts', `export const x = () => process['env'];`],
  ['only main.ts acts when it is imported', 'src/obf/a.ts', `const x = await fetch('a');`],
  ['only main.ts acts when it is imported', 'src/obf/a.ts', `start();`],
  ['only main.ts acts when it is imported', 'src/obf/a.ts', `export const x = import.meta.url;`],
  [
    'nothing prints but the command line and the demo',
    'src/obf/a.ts',
    `export const x = () => console.log(1);`,
  ],
  ['no any', 'src/obf/a.ts', `export const x = (a: any): number => a;`],
  [`at most ${MAX_LINES} lines`, 'src/obf/a.ts', 'export {};\n'.repeat(MAX_LINES + 1)],
];

test.each(BREAKS)('a file is seen to break "%s" (%s)', (rule, path, text) => {
  expect(RULES[rule]?.(readSource(path, text))).toHaveLength(1);
});

test('a rule is not broken by what only mentions it', () => {
  const text = `
    // console.log, process.env, any, import.meta
    export const words = 'import { x } from "../rules/a.js"; console.log(process.env.any)';
    export async function later(): Promise<void> { await start(words); }`;
  const file = readSource('src/webhooks/a.ts', text);
  expect(Object.values(RULES).flatMap((broken) => broken(file))).toEqual([]);
});
