import { mkdir, readdir, rename, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { freeBytes } from '../../shared/disk-room.ts';
import type { Pyramid, PhotoFacts } from '../../shared/engine-protocol.ts';
import { Problem, throwIfCancelled } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { profileFits } from '../photo/colour.ts';
import { openPhoto, type Photo } from '../photo/open.ts';
import { inspectPhoto } from '../photo/inspect.ts';
import { removeAbandonedScratch, withScratch } from '../scratch.ts';
import { displayRows } from './display-rows.ts';
import { pyramidOf } from './levels.ts';
import { openPyramidFile } from './pyramid-file.ts';
import { PyramidWriter } from './pyramid-writer.ts';
import { viewableMegapixels } from './viewable.ts';

export interface PyramidWatch {
  readonly temporaryFolder: string;
  readonly signal: AbortSignal;
  /** 0…1. */
  readonly onProgress: (fraction: number) => void;
}

/** What decoding takes of the whole, about. */
const decodeShare = 0.4;
const pollMilliseconds = 200;
const chunkBytes = 4 << 20;

/**
 * The pyramid of the photo at `path`, made in `file` unless it lies there whole: complete under that name or not there at all.
 * Its pixels are those that the engine enlarges, at 8 bits. Memory does not grow with the photo beyond what its decoder needs.
 * @throws Problem as openPhoto does; not-enough-disk, not-writable, cancelled
 */
export async function makePyramid(path: string, file: string, watch: PyramidWatch): Promise<Pyramid> {
  const existing = await openPyramidFile(file).catch(() => null);
  if (existing !== null) {
    await existing.close();
    return existing.pyramid;
  }
  const facts = await inspectPhoto(path, { maxMegapixels: viewableMegapixels });
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  await removeAbandonedScratch(folder);
  await mkdir(watch.temporaryFolder, { recursive: true });
  await checkRoom(facts, [folder, watch.temporaryFolder]);
  return withScratch(watch.temporaryFolder, async (scratch) => {
    const photo = await decoded(facts, scratch, watch);
    try {
      // Beside its place, so that it can be moved there in one step.
      return await withScratch(folder, async (beside) => {
        const unfinished = join(beside, 'pyramid.tif');
        const pyramid = await write(photo, unfinished, watch);
        await rename(unfinished, file);
        return pyramid;
      });
    } finally {
      await photo.close();
    }
  });
}

/** sharp does not tell how far it is; the growing file does. */
async function decoded(facts: PhotoFacts, scratch: string, { signal, onProgress }: PyramidWatch): Promise<Photo> {
  const { path, width, height, bits, alpha, colour } = facts;
  const expected = width * height * ((colour === 'grey' ? 1 : 3) + (alpha ? 1 : 0)) * (bits / 8);
  const timer = setInterval(() => {
    void bytesIn(scratch).then((bytes) => {
      onProgress(Math.min(1, bytes / expected) * decodeShare);
    });
  }, pollMilliseconds);
  try {
    return await openPhoto(path, { maxMegapixels: viewableMegapixels, scratch, signal });
  } finally {
    clearInterval(timer);
  }
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name))
        .then(({ size }) => size)
        .catch(() => 0),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function write(photo: Photo, path: string, { signal, onProgress }: PyramidWatch): Promise<Pyramid> {
  const rows = displayRows(photo);
  const { width, height, channels, alpha } = rows;
  const pyramid = pyramidOf(width, height);
  const writer = await PyramidWriter.create(path, pyramid, { channels, alpha });
  try {
    const chunkRows = Math.max(1, Math.floor(chunkBytes / (width * channels)));
    for (let top = 0; top < height; top += chunkRows) {
      throwIfCancelled(signal);
      await writer.append(await rows.readRows(top, Math.min(chunkRows, height - top)));
      onProgress(decodeShare + (1 - decodeShare) * Math.min(1, (top + chunkRows) / height));
    }
    const { icc } = photo.metadata;
    await writer.finish(icc !== null && profileFits(icc, photo.pixels.channels) ? icc : null);
    return pyramid;
  } finally {
    await writer.close();
  }
}

/** Room that is left alone on the disk. */
const spareBytes = 256 << 20;

/** All levels come to four thirds of the picture; decoding may take it once at its own depth, and once more to turn it. */
async function checkRoom({ width, height, bits }: PhotoFacts, folders: readonly string[]): Promise<void> {
  const pixels = width * height;
  const bytes = pixels * 4 * (4 / 3) + pixels * 4 * (bits / 8) * 2 + spareBytes;
  for (const folder of folders) {
    const free = freeBytes(await statfs(folder));
    if (free >= bytes) continue;
    throw new Problem('not-enough-disk', sentence('photo.pyramidDisk', { needed: Math.ceil(bytes / 1e6) }), {
      detail: `${folder}: ${Math.floor(free / 1e6)} MB free`,
    });
  }
}
