import { svelte } from '@sveltejs/vite-plugin-svelte';
import { configDefaults, defineConfig } from 'vitest/config';

const windowTests = 'tests/unit/renderer/**/*.test.ts';

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  test: {
    pool: 'forks',
    globalSetup: ['tests/support/build-first.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'node', include: ['tests/**/*.test.ts'], exclude: [...configDefaults.exclude, windowTests] } },
      {
        extends: true,
        test: {
          name: 'window',
          include: [windowTests],
          environment: './tests/support/page-environment.ts',
          // Svelte as browsers get it, not as servers do.
          server: { deps: { inline: [/svelte/] } },
        },
      },
    ],
  },
});
