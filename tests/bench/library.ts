import { fork } from 'node:child_process';
import { copyFile, link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import type { LibraryCosts } from './library-app.ts';
import { makePhoto } from './photos.ts';

/**
 * `npm run bench -- library`: what a library of 50,000 photos costs the application's process, in 200 folders and in one.
 * Prints a table; nothing is asserted.
 */
const root = join(import.meta.dirname, '..', '..');
const built = join(root, 'out', 'bench');
const photos = process.argv.includes('quick') ? 1000 : 50_000;
/** File systems differ in how many names a file may have. */
const namesOfOne = 1000;

/** One small photo under many names, so that the disk holds few copies. */
async function makePhotos(folder: string, folders: number): Promise<void> {
  let original = '';
  for (let index = 0; index < photos; index += 1) {
    const place = join(folder, `trip ${index % folders}`);
    if (index < folders) await mkdir(place, { recursive: true });
    const path = join(place, `IMG_${index}.jpg`);
    if (index % namesOfOne !== 0) await link(original, path);
    else if (index === 0) await makePhoto(path, 64, 48);
    else await copyFile(original, path);
    if (index % namesOfOne === 0) original = path;
  }
}

async function run(folder: string): Promise<LibraryCosts> {
  const child = fork(join(built, 'library-app.js'), [folder]);
  return new Promise((resolve, reject) => {
    let answer: LibraryCosts | null = null;
    child.once('message', (message) => (answer = message as unknown as LibraryCosts));
    child.once('error', reject);
    child.once('exit', (code) => {
      if (answer === null) reject(new Error(`the application ended with ${String(code)}`));
      else resolve(answer);
    });
  });
}

/** Seconds until the first photos are in the list and until all are, and what the process needed meanwhile. */
async function measure(folders: number): Promise<LibraryCosts> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-bench-library-'));
  try {
    await makePhotos(join(folder, 'photos'), folders);
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const row = (what: string, few: string, one: string, wanted: string): void => {
  console.log(`${what.padEnd(60)} ${few.padStart(14)} ${one.padStart(10)}   ${wanted}`);
};

await build({
  ...{ configFile: false, root, logLevel: 'warn' },
  build: { ssr: 'tests/bench/library-app.ts', outDir: built, emptyOutDir: true, target: 'node20' },
});
try {
  console.log(`${cpus()[0]?.model ?? ''}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1) ?? ''}\n`);
  const results = [await measure(200), await measure(1)] as const;
  const told = (read: (costs: LibraryCosts) => string): [few: string, one: string] => [read(results[0]), read(results[1])];
  row(`${photos} photos`, 'in 200 folders', 'in one', '');
  row('first photos in the list, s', ...told(({ firstSeconds }) => firstSeconds.toFixed(2)), '≤ 0.5');
  row('all photos in the list, s', ...told(({ allSeconds }) => allSeconds.toFixed(1)), '');
  row('another sort order, ms', ...told(({ sortMilliseconds }) => sortMilliseconds.toFixed(0)), '');
  row('a search, ms', ...told(({ searchMilliseconds }) => searchMilliseconds.toFixed(0)), '');
  row('resident memory of the process, MB', ...told(({ residentBytes }) => (residentBytes / 1e6).toFixed(0)), '');
  row('longest turn of the event loop, ms of computing', ...told(({ longestTurn }) => longestTurn.toFixed(0)), '≤ 20');
} finally {
  await rm(built, { recursive: true, force: true });
}
