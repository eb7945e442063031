import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type InlineConfig } from 'vite';

const sources = import.meta.dirname;
const root = join(sources, '../../..');
/** Laid out as an unpacked Electron: what `ELECTRON_OVERRIDE_DIST_PATH` and electron-builder's `electronDist` expect. */
export const standinFolder = join(root, 'out', 'electron-standin');
const programs = join(standinFolder, 'standin');

/** Electron's fuses as its program carries them (a mark, a version, their number, their states): flipped when packaged. */
const fuses = '#dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\u0001\u000a1000100101\n';

const shared: InlineConfig = { configFile: false, root: sources, logLevel: 'warn' };

/** Builds the stand-in where its sources have changed. */
export async function buildStandin(): Promise<void> {
  const stamp = join(standinFolder, '.sources');
  const digest = sourceDigest();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  rmSync(standinFolder, { recursive: true, force: true });
  mkdirSync(programs, { recursive: true });
  await build({
    ...shared,
    build: {
      ssr: true,
      target: 'es2023',
      outDir: programs,
      emptyOutDir: false,
      rolldownOptions: {
        input: Object.fromEntries(['boot', 'electron', 'utility-child', 'asar'].map((name) => [name, join(sources, `${name}.ts`)])),
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: 'chunk-[name].cjs' },
      },
    },
  });
  for (const world of ['main-world', 'isolated-world']) await buildPageScript(world);
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8')) as { version: string };
  writeFileSync(join(standinFolder, 'version'), version);
  writeFileSync(join(standinFolder, 'electron'), readFileSync(join(sources, 'electron.sh'), 'utf8') + fuses);
  chmodSync(join(standinFolder, 'electron'), 0o755);
  writeFileSync(stamp, digest);
}

/** One script without imports, as it is put into a page. */
async function buildPageScript(world: string): Promise<void> {
  await build({
    ...shared,
    build: {
      target: 'es2023',
      outDir: programs,
      emptyOutDir: false,
      minify: false,
      lib: { entry: join(sources, 'page', `${world}.ts`), formats: ['iife'], name: 'standinPage', fileName: () => `${world}.js` },
    },
  });
}

function sourceDigest(): string {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  const names = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|sh)$/.test(name));
  for (const name of names.sort())
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(sources, name)))
      .update('\0');
  return hash.digest('hex');
}
