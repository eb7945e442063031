import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** The programs that Node and Electron run, and the script that Electron runs in front of the page. */
const programs = { cli: 'src/cli/main.ts', 'engine-host': 'src/engine-host/main.ts', web: 'src/web/main.ts', main: 'src/main/main.ts' };
const preload = { preload: 'src/preload/preload.ts' };

const inputs = (paths: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, new URL(path, import.meta.url).pathname]));

/** Loaded by a fleet alone. Bundled, they bring a package a sixth of what they have: 2 MB. */
const ofFleet =
  /^(bullmq|@?ioredis|pg|pg-\w+|pgpass|postgres-\w+|split2|xtend|cron-parser|luxon|msgpackr|node-abort-controller|cluster-key-slot|denque|lodash\.\w+|redis-\w+|standard-as-callback|semver|debug|ms|tslib)(\/|$)/;

/**
 * `vite build --app` makes everything in out/: the programs, the preload script (one CommonJS file, as Electron's sandbox wants
 * it) and the interface (out/renderer). Small pure-JavaScript packages are bundled so that the programs start quickly; everything
 * else (native code, WebAssembly, Electron) is loaded at run time.
 */
export default defineConfig({
  root: 'src/renderer',
  base: './',
  plugins: [svelte({ configFile: false })],
  build: { target: 'es2023', sourcemap: true, reportCompressedSize: false, emptyOutDir: true },
  builder: {
    buildApp: async (builder) => {
      for (const name of ['client', 'programs', 'preload']) {
        const environment = builder.environments[name];
        if (environment !== undefined) await builder.build(environment);
      }
    },
  },
  environments: {
    // Read from this computer: nobody waits for a larger file.
    client: { build: { outDir: '../../out/renderer', chunkSizeWarningLimit: 2000 } },
    programs: {
      consumer: 'server',
      resolve: {
        noExternal: ['birpc', 'commander', 'zod', 'intl-messageformat', /^@formatjs\//, '@xmldom/xmldom', ofFleet],
        external: ['electron'],
      },
      build: {
        outDir: '../../out',
        emptyOutDir: false,
        rolldownOptions: {
          input: inputs(programs),
          output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name].js' },
        },
      },
    },
    preload: {
      consumer: 'server',
      resolve: { external: ['electron'] },
      build: {
        outDir: '../../out',
        emptyOutDir: false,
        rolldownOptions: { input: inputs(preload), output: { format: 'cjs', entryFileNames: '[name].cjs' } },
      },
    },
  },
  logLevel: 'warn',
});
