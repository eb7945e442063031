import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/build-first.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
