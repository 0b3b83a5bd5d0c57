/**
 * Jest runs what the compiler made, so that nothing is transformed twice: `npm test` compiles first.
 * Failures still point at the .ts lines, through the source maps beside the compiled files.
 * @type {import('jest').Config}
 */
export default {
  rootDir: '.',
  roots: ['<rootDir>/dist'],
  testMatch: ['<rootDir>/dist/test/**/*.test.js'],
  testEnvironment: 'node',
  transform: {},
  testTimeout: 90_000,
  // Two cores must be enough for everything; more workers would only make timings worse.
  maxWorkers: 2,
  // Not the default reporter's progress lines over and over in a log, and the counts for `npm test`'s last line.
  reporters: ['default', '<rootDir>/src/setup/reporter.mjs'],
};
