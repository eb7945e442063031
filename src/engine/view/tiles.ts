import sharp from 'sharp';
import { tileSide } from '../../shared/photo-addresses.ts';
import { profileChunk, withProfile } from '../containers/png.ts';
import { openPyramidFile, type PyramidFile } from './pyramid-file.ts';

/** Few: a file that is deleted keeps its room on the disk for as long as it is open. */
const openAtOnce = 4;

interface OpenPyramid {
  readonly file: PyramidFile;
  /** The profile as PNG carries it, made once. */
  readonly profile: Buffer;
}

/** Cuts tiles, keeping the pyramids that were used last open. */
export class Tiles {
  readonly #open = new Map<string, Promise<OpenPyramid>>();

  /**
   * A tile as PNG: the samples as they are in the pyramid, and its profile.
   * @throws Problem not-found where there is no whole pyramid at `path`, or no such tile in it
   */
  async cut(path: string, level: number, column: number, row: number): Promise<Uint8Array> {
    const { file, profile } = await this.#pyramid(path);
    const { place, samples } = await file.readTile(level, column, row);
    const { channels } = file.samples;
    const tile = sharp(samples, { raw: { width: tileSide, height: tileSide, channels: channels as 1 | 2 | 3 | 4 } });
    if (place.width < tileSide || place.height < tileSide) tile.extract({ left: 0, top: 0, width: place.width, height: place.height });
    // Level 2 is as fast as none at all, next to handing the bytes on.
    const png = await tile
      .toColourspace(channels <= 2 ? 'b-w' : 'srgb')
      .png({ compressionLevel: 2 })
      .toBuffer();
    return withProfile(png, profile);
  }

  async #pyramid(path: string): Promise<OpenPyramid> {
    const opened = this.#open.get(path) ?? open(path);
    // To the end of the line: the first one is the one that was not used for longest.
    this.#open.delete(path);
    this.#open.set(path, opened);
    opened.catch(() => {
      if (this.#open.get(path) === opened) this.#open.delete(path);
    });
    for (const [oldest, pyramid] of this.#open) {
      if (this.#open.size <= openAtOnce) break;
      this.#open.delete(oldest);
      void pyramid.then(({ file }) => file.close()).catch(() => undefined);
    }
    return opened;
  }
}

async function open(path: string): Promise<OpenPyramid> {
  const file = await openPyramidFile(path);
  return { file, profile: file.profile === null ? Buffer.alloc(0) : profileChunk(file.profile) };
}
