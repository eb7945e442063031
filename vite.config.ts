import { defineConfig } from 'vite';

/**
 * Builds the two Node programs: the command line and the engine process. Small pure-JavaScript packages are bundled so that
 * the programs start quickly; everything else (native code, WebAssembly) is loaded from node_modules at run time.
 */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'out',
    sourcemap: true,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { cli: 'src/cli/main.ts', 'engine-host': 'src/engine-host/main.ts' },
      output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name].js' },
    },
  },
  ssr: { noExternal: ['birpc', 'commander', 'zod'] },
  logLevel: 'warn',
});
