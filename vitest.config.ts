import { svelte } from '@sveltejs/vite-plugin-svelte';
import { configDefaults, defineConfig } from 'vitest/config';

const windowTests = 'tests/unit/renderer/**/*.test.ts';
const endToEndTests = 'tests/e2e/**/*.test.ts';
/** They put modules of their own in the place of others: in a process of their own, where nobody has loaded those before. */
const mockingTests = ['tests/contract/adding-a-kind.test.ts', 'tests/unit/import/quantise-model.test.ts'];

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  test: {
    pool: 'forks',
    // By itself it leaves a processor to whoever watches: of two, one.
    maxWorkers: '100%',
    globalSetup: ['tests/support/build-first.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One second is little for a page on a machine that runs other tests beside it.
    expect: { poll: { timeout: 15_000 } },
    unstubEnvs: true,
    unstubGlobals: true,
    // As the engine does: tests that open sessions of their own tell ONNX Runtime's makers nothing either.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['tests/**/*.test.ts'],
          exclude: [...configDefaults.exclude, windowTests, endToEndTests, ...mockingTests],
          // One process for many files: small ones took most of their time to load what the one before had loaded.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'mocking', include: mockingTests } },
      {
        extends: true,
        test: {
          name: 'window',
          include: [windowTests],
          environment: './tests/support/page-environment.ts',
          isolate: false,
          // Svelte as browsers get it, not as servers do.
          server: { deps: { inline: [/svelte/] } },
        },
      },
      {
        extends: true,
        // A browser, an application and its engine each: one at a time, when the others are done. Two take as long with the kit beside them.
        test: {
          name: 'e2e',
          include: [endToEndTests],
          globalSetup: ['tests/support/e2e-first.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
