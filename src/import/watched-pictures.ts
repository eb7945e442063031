import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pictureOf, type Picture } from '../engine/evaluate/picture.ts';
import { openPhoto } from '../engine/photo/open.ts';
import { withScratch } from '../engine/scratch.ts';
import { viewableMegapixels } from '../engine/view/viewable.ts';
import { isPhotoName } from '../shared/photo-extensions.ts';
import { Problem, throwIfCancelled } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { samplePictures } from './sample-pictures.ts';

/** RGB, 8 bits, side · side · 3 bytes each. */
export interface WatchedPictures {
  /** What a network is watched with. */
  readonly watched: readonly Uint8Array[];
  /** What its answers are compared on: others. */
  readonly compared: readonly Uint8Array[];
  /** What a self-test is chosen from: always generated, since it stays with the model and may be given away with it. */
  readonly tests: readonly Uint8Array[];
  readonly arePhotos: boolean;
}

const [watchedCount, comparedCount] = [24, 8];
/** More are not opened. */
const mostPhotos = 16;

export function generatedPictures(side: number): WatchedPictures {
  const [, , ...compared] = samplePictures(comparedCount + 2, side, 1000);
  return { watched: samplePictures(watchedCount, side), compared, tests: compared, arePhotos: false };
}

/**
 * Crops of the photos of a folder, from all over it.
 * @throws Problem not-found where none of them can be read; cancelled
 */
export async function picturesOf(folder: string, side: number, scratch: string, signal: AbortSignal | undefined): Promise<WatchedPictures> {
  const names = (await readdir(folder).catch(() => [])).filter(isPhotoName).sort();
  const each = Math.ceil(names.length / mostPhotos);
  const crops: Uint8Array[][] = [];
  for (const name of names.filter((_, index) => index % each === 0)) {
    throwIfCancelled(signal);
    const some = await withScratch(scratch, (own) => cropsOf(join(folder, name), side, own)).catch((error: unknown) => {
      // What cannot be read is left out.
      if (error instanceof Problem) return [];
      throw error;
    });
    if (some.length > 0) crops.push(some);
  }
  if (crops.length === 0) throw new Problem('not-found', sentence('quantise.noPhotos', { folder }));
  // In turns, so that both come from as many photos as there are.
  const all = Array.from({ length: watchedCount + comparedCount }, (_, turn) => crops.flatMap((some) => some.slice(turn, turn + 1)))
    .flat()
    .slice(0, watchedCount + comparedCount);
  return {
    watched: all.slice(comparedCount),
    compared: all.slice(0, comparedCount),
    tests: generatedPictures(side).tests,
    arePhotos: true,
  };
}

/** As many as are wanted of a single photo; none where it is smaller. */
async function cropsOf(path: string, side: number, scratch: string): Promise<Uint8Array[]> {
  const photo = await openPhoto(path, { maxMegapixels: viewableMegapixels, scratch });
  try {
    const picture = pictureOf(photo);
    if (Math.min(picture.width, picture.height) < side) return [];
    const crops: Uint8Array[] = [];
    for (let index = 0; index < watchedCount + comparedCount; index += 1) crops.push(await crop(picture, side, index + 1));
    return crops;
  } finally {
    await photo.close();
  }
}

/** Places of one number each, spread evenly over the picture however many there are. */
async function crop(picture: Picture, side: number, number: number): Promise<Uint8Array> {
  const left = Math.floor(((number * 0.7548776662) % 1) * (picture.width - side + 1));
  const top = Math.floor(((number * 0.5698402909) % 1) * (picture.height - side + 1));
  const rows = await picture.readRows(top, side);
  const { width, channels } = picture;
  return Uint8Array.from({ length: side * side * 3 }, (_, at) => {
    const [y, x] = [Math.floor(at / 3 / side), Math.floor(at / 3) % side];
    return rows[(y * width + left + x) * channels + (channels === 3 ? at % 3 : 0)] ?? Number.NaN;
  });
}
