/** Tests run on the TypeScript sources, compiled to CommonJS by swc; types are checked by `npm run lint`. */
const swc = (syntax) => [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', ...syntax },
      transform: { react: { runtime: 'automatic', importSource: 'preact' } },
      target: 'es2023',
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

/**
 * `npm test` is what a change needs, on a machine that has Node and nothing else. The rest is named `*.full.test.ts`,
 * or wants a browser: `npm run test:full` runs all of it, and jest itself whatever it is given.
 */
const command = process.env.npm_lifecycle_event;
const daily = command === 'test';
// See test/support/runs.ts.
if (command === 'test:full') process.env.PROPERTY_RUNS ??= 'Infinity';

export default {
  testEnvironment: '<rootDir>/test/support/no-open-handles.ts',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.{ts,tsx}'],
  testPathIgnorePatterns: ['/node_modules/', ...(daily ? ['/test/browser/', '\\.full\\.test\\.'] : [])],
  transform: { '^.+\\.(ts|m?js)$': swc({}), '^.+\\.tsx$': swc({ tsx: true }) },
  // Compiled too: packages that are ES modules alone.
  transformIgnorePatterns: ['/node_modules/(?!(preact|openid-client|oauth4webapi|jose|p-map)/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  testSequencer: '<rootDir>/test/support/slowest-first.mjs',
  // The files wait more than they compute: four of them keep two cores busy.
  maxWorkers: 4,
  // What the files before have left in a worker's heap is not to be kept until the end: it came to 2.5 GB.
  workerIdleMemoryLimit: '1GB',
  // Four workers with a full heap that end together take over a second to be gone, and jest's own 0.5 s would report them.
  workerGracefulExitTimeout: 5000,
  // A guard against hanging, above the limit of a single wait.
  testTimeout: 120_000,
};
