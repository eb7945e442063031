import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** The programs that Node runs. Those that are not written yet are not built. */
const programs = { cli: 'src/cli/main.ts', 'engine-host': 'src/engine-host/main.ts' };

/**
 * `vite build --app` makes everything in out/: the Node programs, the preload script (one CommonJS file, as Electron's sandbox
 * wants it) and the interface (out/renderer). Small pure-JavaScript packages are bundled so that the programs start quickly;
 * everything else (native code, WebAssembly, Electron) is loaded at run time.
 */
export default defineConfig({
  root: 'src/renderer',
  base: './',
  plugins: [svelte({ configFile: false })],
  build: { target: 'es2023', sourcemap: true, reportCompressedSize: false, emptyOutDir: true },
  builder: {
    buildApp: async ({ build, environments }) => {
      for (const name of ['client', 'programs']) {
        const environment = environments[name];
        if (environment !== undefined) await build(environment);
      }
    },
  },
  environments: {
    client: { build: { outDir: '../../out/renderer' } },
    programs: {
      consumer: 'server',
      resolve: { noExternal: ['birpc', 'commander', 'zod'], external: ['electron'] },
      build: {
        outDir: '../../out',
        emptyOutDir: false,
        rolldownOptions: {
          input: Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, new URL(path, import.meta.url).pathname])),
          output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name].js' },
        },
      },
    },
  },
  logLevel: 'warn',
});
