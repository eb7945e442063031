import type { Environment } from 'vitest/runtime';

/** Rune modules as they run in the window (Svelte compiles them to something else for servers), without a DOM. */
export default {
  name: 'page',
  viteEnvironment: 'client',
  setup: () => ({ teardown: () => undefined }),
} satisfies Environment;
