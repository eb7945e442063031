import { open } from 'node:fs/promises';
import type { Pyramid } from '../../shared/engine-protocol.ts';
import { tileSide } from '../../shared/photo-addresses.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { bytesInFile, readFully } from '../image/file-bytes.ts';
import type { Rectangle } from '../image/pixels.ts';
import { TiffReader } from '../tiff/read.ts';
import { pyramidOf, tilePlace, tilesOf } from './levels.ts';
import { directoriesStart, levelStarts, tileBytes, type TileSamples } from './pyramid-layout.ts';

/** A pyramid on disk, open for reading: a tile is one read at a position that needs no look-up. */
export interface PyramidFile {
  readonly pyramid: Pyramid;
  readonly samples: TileSamples;
  readonly profile: Uint8Array | null;
  /** @throws Problem not-found where the pyramid has no such tile */
  readTile(level: number, column: number, row: number): Promise<{ readonly place: Rectangle; readonly samples: Uint8Array }>;
  close(): Promise<void>;
}

/**
 * Opens a file of `PyramidWriter`.
 * @throws Problem not-found where there is none, or not a whole one
 */
export async function openPyramidFile(path: string): Promise<PyramidFile> {
  const missing = (cause: unknown): Problem => new Problem('not-found', sentence('photo.noPyramid'), { detail: path, cause });
  const file = await open(path, 'r').catch((error: unknown) => {
    throw missing(error);
  });
  try {
    const reader = TiffReader.open(bytesInFile(file.fd));
    if (reader?.layout.big !== true || !reader.layout.littleEndian) throw new Error('not a little-endian BigTIFF');
    const first = reader.first();
    const only = (tag: number): number => first.number(tag) ?? 0;
    const samples = { channels: only(277), alpha: first.find(338) !== undefined };
    const pyramid = pyramidOf(only(256), only(257));
    const starts = levelStarts(pyramid, samples);
    const { size } = await file.stat();
    if (only(322) !== tileSide || only(324) !== starts.at(-1) || size < directoriesStart(pyramid, samples)) {
      throw new Error('not laid out as pyramids are here');
    }
    return {
      pyramid,
      samples,
      profile: first.values(34_675),
      async readTile(level, column, row) {
        const size = pyramid.levels[level];
        const place = tilePlace(size, column, row);
        const index = row * tilesOf(size ?? place).columns + column;
        const bytes = new Uint8Array(tileBytes(samples));
        await readFully(file, bytes, starts[level]! + index * bytes.length);
        return { place, samples: bytes };
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw missing(error);
  }
}
