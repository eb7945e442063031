import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import sharp from 'sharp';
import { nodeLauncher } from '../../src/app/node-launcher.ts';
import { PhotoPixels } from '../../src/app/photos/photo-pixels.ts';
import { PhotoRegister } from '../../src/app/photos/photo-register.ts';
import { SupervisedEngine } from '../../src/app/supervised-engine.ts';
import { defaultOptions } from '../../src/shared/options.ts';
import type { PhotoAddress, ThumbnailEdge } from '../../src/shared/photo-addresses.ts';
import { Problem } from '../../src/shared/problem.ts';
import { makePhoto } from './photos.ts';

/**
 * `npm run bench -- view`: how quickly thumbnails and zoom tiles come while a photo is being enhanced with all cores, through
 * the same parts as in the application. Prints a table; nothing is asserted. `npm run bench -- view idle` measures without
 * enhancing, `npm run bench -- view equal` with an enhancement that does not give way, `quick` with fewer and smaller photos.
 */
const root = join(import.meta.dirname, '..', '..');
const host = join(root, 'out', 'engine-host.js');
if (!existsSync(host)) throw new Error('Build first: npm run build');

const mode = ['idle', 'equal'].find((word) => process.argv.includes(word)) ?? 'giving way';
const threads = availableParallelism();
const quick = process.argv.includes('quick');
/** Cold thumbnails: so many photos, each at these edges. */
const photoCount = quick ? 4 : 36;
const photoSize = quick ? { width: 1500, height: 1000 } : { width: 6000, height: 4000 };
const megapixels = (photoSize.width * photoSize.height) / 1e6;
const differentPhotos = 4;
const edges: readonly ThumbnailEdge[] = [256, 512];
/** What a pan brings into view at once, and how long a person looks before the next. */
const tilesPerPan = 8;
const lookMilliseconds = 50;

const folder = await mkdtemp(join(tmpdir(), 'onestep-bench-'));
const photos = join(folder, 'photos');
await mkdir(photos);

function row(what: string, milliseconds: readonly number[]): void {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0);
  console.log(`${what.padEnd(44)} ${[String(sorted.length), at(0.5), at(0.95), at(1)].map((text) => text.padStart(7)).join('')}`);
}

const launch = nodeLauncher(host);
const engineSettings = {
  modelFolders: [join(root, 'models')],
  cacheFolder: join(folder, 'engine'),
  temporaryFolder: join(folder, 'temporary'),
  threads,
};
const register = new PhotoRegister();
const pixels = new PhotoPixels({
  register,
  launch,
  engine: engineSettings,
  cacheFolder: join(folder, 'cache'),
  cacheMegabytes: () => 8192,
  onPyramidProgress: () => undefined,
  onSize: () => undefined,
});
const enhancer = new SupervisedEngine({ launch, settings: engineSettings, ...(mode === 'equal' ? {} : { background: 'enhancing' }) });
const over = new AbortController();

try {
  console.log(`${cpus()[0]?.model ?? ''}, ${threads} threads, Node ${process.version}, enhancing: ${mode === 'idle' ? 'nothing' : mode}`);
  console.log(`load before: ${loadavg()[0]?.toFixed(2) ?? ''}\n`);

  const source = join(folder, 'source.jpg');
  await makePhoto(source, photoSize.width, photoSize.height);
  const paths = Array.from({ length: photoCount }, (_, index) => join(photos, `${index}.jpg`));
  for (const [index, path] of paths.entries()) {
    // As large on disk as those of a camera.
    const image = sharp(source)
      .sharpen({ sigma: 1, m2: 4 + index })
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' });
    await (index < differentPhotos ? image.toFile(path) : copyFile(paths[index % differentPhotos]!, path));
  }
  console.log(`photos of ${((await stat(paths[0]!)).size / 1e6).toFixed(1)} MB`);
  await register.allow(photos);
  const ids = paths.map((path) => register.idOf(path));

  const first = ids[0]!;
  const opening = performance.now();
  const pyramid = await pixels.pyramid(first);
  row(`making a pyramid of ${megapixels} megapixels, ms`, [performance.now() - opening]);

  let enhancing: Promise<unknown> = Promise.resolve();
  if (mode !== 'idle') {
    const begun = new Promise<void>((resolve) => {
      enhancing = enhancer.photos
        .enhance(
          { source, options: { ...defaultOptions, target: { kind: 'scale', scale: 4 }, output: folder } },
          {
            signal: over.signal,
            onProgress: ({ stage, pixelsPerSecond }) => {
              if (stage === 'enhance' && pixelsPerSecond > 0) resolve();
            },
          },
        )
        .catch((error: unknown) => {
          if (!(error instanceof Problem) || error.code !== 'cancelled') throw error;
        });
    });
    await begun;
  }

  const timed = async (address: PhotoAddress, into: number[]): Promise<void> => {
    const asked = performance.now();
    await pixels.pixels(address, new AbortController().signal);
    into.push(performance.now() - asked);
  };
  const times = { thumbnails: new Map(edges.map((edge) => [edge, [] as number[]])), tiles: [] as number[] };
  const wanted = edges.flatMap((edge) => ids.map((photo) => ({ kind: 'thumbnail', photo, edge }) as const));
  let scrolling = true;
  const scroll = async (): Promise<void> => {
    for (let address = wanted.shift(); address !== undefined; address = wanted.shift())
      await timed(address, times.thumbnails.get(address.edge)!);
  };
  const pan = async (): Promise<void> => {
    for (let step = 0; scrolling; step += 1) {
      const level = pyramid.levels.length - 1 - (step % 3);
      const { width, height } = pyramid.levels[level]!;
      const columns = Math.ceil(width / pyramid.tileSide);
      const rows = Math.ceil(height / pyramid.tileSide);
      const tiles = Array.from({ length: tilesPerPan }, (_, index) => {
        const number = (step * tilesPerPan * 7 + index) % (columns * rows);
        return { kind: 'tile', photo: first, level, column: number % columns, row: Math.floor(number / columns) } as const;
      });
      await Promise.all(tiles.map((address) => timed(address, times.tiles)));
      await new Promise((resolve) => setTimeout(resolve, lookMilliseconds));
    }
  };
  const panning = pan();
  await scroll();
  scrolling = false;
  await panning;

  console.log(`\n${'milliseconds'.padEnd(44)} ${['count', 'p50', 'p95', 'max'].map((text) => text.padStart(7)).join('')}`);
  for (const [edge, took] of times.thumbnails) row(`cold thumbnails of ${megapixels} megapixels, ${edge} px`, took);
  row(`tiles, ${tilesPerPan} at once`, times.tiles);
  row('all requests', [...[...times.thumbnails.values()].flat(), ...times.tiles]);
  console.log(`\nload after: ${loadavg()[0]?.toFixed(2) ?? ''}`);
  over.abort();
  await enhancing;
} finally {
  over.abort();
  await Promise.all([pixels.close(), enhancer.close()]);
  await rm(folder, { recursive: true, force: true });
}
