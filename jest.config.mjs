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

export default {
  testEnvironment: '<rootDir>/test/support/no-open-handles.ts',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.{ts,tsx}'],
  transform: { '^.+\\.(ts|m?js)$': swc({}), '^.+\\.tsx$': swc({ tsx: true }) },
  // Compiled too: packages that are ES modules alone.
  transformIgnorePatterns: ['/node_modules/(?!(preact|openid-client|oauth4webapi|jose|p-map)/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  maxWorkers: 2,
  // What the files before have left in a worker's heap is not to be kept until the end: it came to 2.5 GB.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 30_000,
};
