import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Pyramid } from '../../shared/engine-protocol.ts';
import { tileSide } from '../../shared/photo-addresses.ts';
import { writeFully } from '../image/file-bytes.ts';
import { storageProblem } from '../image/storage-problem.ts';
import { ownLayout } from '../tiff/types.ts';
import { tiffDirectory, tiffDirectoryBytes, tiffHeader } from '../tiff/write.ts';
import { halved } from '../image/halve.ts';
import { tilesOf } from './levels.ts';
import { directoriesStart, levelEntries, levelStarts, tileBytes, type TileSamples } from './pyramid-layout.ts';

/** Rows are cut into tiles when so many bytes of them are there: little enough that nothing else waits for long. */
const chunkBytes = 4 << 20;

/**
 * Writes a tiled, uncompressed BigTIFF with all levels of a pyramid while the rows of the largest one come in. In memory are
 * a few rows of each level, never a picture. The file is of use only after {@link finish}.
 */
export class PyramidWriter {
  readonly #pyramid: Pyramid;
  readonly #samples: TileSamples;
  readonly #file: FileHandle;
  readonly #folder: string;
  readonly #largest: LevelWriter;

  private constructor(pyramid: Pyramid, samples: TileSamples, file: FileHandle, path: string) {
    this.#pyramid = pyramid;
    this.#samples = samples;
    this.#file = file;
    this.#folder = dirname(path);
    const starts = levelStarts(pyramid, samples);
    const writers: LevelWriter[] = [];
    pyramid.levels.forEach((level, index) => {
      writers.push(new LevelWriter({ ...level, samples, start: starts[index]!, file, smaller: writers.at(-1) ?? null }));
    });
    const largest = writers.at(-1);
    if (largest === undefined) throw new Error('a pyramid has a level');
    this.#largest = largest;
  }

  /** @throws Problem not-writable, not-enough-disk; so do the other methods */
  static async create(path: string, pyramid: Pyramid, samples: TileSamples): Promise<PyramidWriter> {
    const file = await open(path, 'w').catch((error: unknown) => {
      throw storageProblem(error, dirname(path));
    });
    return new PyramidWriter(pyramid, samples, file, path);
  }

  /** Takes whole rows of the largest level, from top to bottom. */
  async append(rows: Uint8Array): Promise<void> {
    await this.#storing(() => this.#largest.append(rows));
  }

  /** Writes what is left of the rows, then the directories, the header last, and syncs. All rows must be there. */
  async finish(profile: Uint8Array | null): Promise<void> {
    await this.#storing(async () => {
      await this.#largest.finish();
      const starts = levelStarts(this.#pyramid, this.#samples);
      const smaller: number[] = [];
      let position = directoriesStart(this.#pyramid, this.#samples);
      for (const [index, level] of this.#pyramid.levels.entries()) {
        const isLargest = index === this.#pyramid.levels.length - 1;
        const entries = levelEntries({
          ...level,
          samples: this.#samples,
          start: starts[index]!,
          smaller: isLargest ? smaller.toReversed() : null,
          profile: isLargest ? profile : null,
        });
        await writeFully(this.#file, tiffDirectory(entries, ownLayout, position), position);
        if (isLargest) await writeFully(this.#file, tiffHeader(ownLayout, position), 0);
        smaller.push(position);
        position += tiffDirectoryBytes(entries, ownLayout);
        position += position % 2;
      }
      await this.#file.sync();
    });
  }

  /** Closes the handle; does not delete the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #storing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw storageProblem(error, this.#folder);
    }
  }
}

interface Level {
  readonly width: number;
  readonly height: number;
  readonly samples: TileSamples;
  /** Position of the first tile. */
  readonly start: number;
  readonly file: FileHandle;
  readonly smaller: LevelWriter | null;
}

class LevelWriter {
  readonly #level: Level;
  readonly #rowBytes: number;
  /** A divisor of the tile's side and even, so that no chunk lies in two rows of tiles and pairs of rows stay together. */
  readonly #chunkRows: number;
  readonly #chunk: Uint8Array;
  #filled = 0;
  #top = 0;

  constructor(level: Level) {
    this.#level = level;
    this.#rowBytes = level.width * level.samples.channels;
    let rows = tileSide;
    while (rows > 2 && rows * this.#rowBytes > chunkBytes) rows /= 2;
    this.#chunkRows = rows;
    this.#chunk = new Uint8Array(Math.min(rows, level.height) * this.#rowBytes);
  }

  async append(rows: Uint8Array): Promise<void> {
    for (let from = 0; from < rows.length;) {
      const taken = rows.subarray(from, from + this.#chunk.length - this.#filled);
      if (taken.length === 0) throw new Error('a level got more rows than it has');
      this.#chunk.set(taken, this.#filled);
      this.#filled += taken.length;
      from += taken.length;
      if (this.#filled === this.#chunkRows * this.#rowBytes) await this.#flush();
    }
  }

  async finish(): Promise<void> {
    await this.#flush();
    if (this.#top !== this.#level.height) throw new Error(`a level has ${this.#top} of ${this.#level.height} rows`);
    await this.#level.smaller?.finish();
  }

  async #flush(): Promise<void> {
    const { width, samples, smaller } = this.#level;
    const rows = this.#chunk.subarray(0, this.#filled);
    if (rows.length === 0) return;
    await this.#writeTiles(rows);
    this.#top += rows.length / this.#rowBytes;
    this.#filled = 0;
    await smaller?.append(halved({ samples: rows, width, ...samples }));
  }

  /** Writes what the rows have of each tile; what edge tiles lack stays zero. */
  async #writeTiles(rows: Uint8Array): Promise<void> {
    const { samples, start, file } = this.#level;
    const tileRowBytes = tileSide * samples.channels;
    const count = rows.length / this.#rowBytes;
    const { columns } = tilesOf(this.#level);
    const firstTile = Math.floor(this.#top / tileSide) * columns;
    const source = Buffer.from(rows.buffer, rows.byteOffset, rows.length);
    for (let column = 0; column < columns; column++) {
      const left = column * tileRowBytes;
      const bytes = Math.min(tileRowBytes, this.#rowBytes - left);
      const part = Buffer.alloc(count * tileRowBytes);
      for (let y = 0; y < count; y++) source.copy(part, y * tileRowBytes, y * this.#rowBytes + left, y * this.#rowBytes + left + bytes);
      await writeFully(file, part, start + (firstTile + column) * tileBytes(samples) + (this.#top % tileSide) * tileRowBytes);
    }
  }
}
