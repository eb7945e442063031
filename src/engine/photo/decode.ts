import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sharp } from 'sharp';
import type { PhotoFacts } from '../../shared/engine-protocol.ts';
import { decodeHeic, stretch } from '../containers/heic.ts';
import { upright } from '../image/orientation.ts';
import { memoryBytes } from '../image/pixel-store.ts';
import type { InterleavedRows } from '../image/pixels.ts';
import { openStripReader } from '../tiff/strip-file.ts';
import { decoder, type Header } from './decoder.ts';
import { damaged } from './inspect.ts';

/** Decoding slower than this is a hang: far above the slowest format (AVIF) on a slow machine. */
const secondsAllowed = (facts: PhotoFacts): number => 60 + Math.ceil((facts.width * facts.height) / 1e6) * 3;

/**
 * The photo's first picture as upright interleaved rows: 1 or 3 colours in its own RGB or grey, CMYK and Lab as sRGB, and
 * alpha after them where it has it. Small photos come decoded in memory; larger ones go through uncompressed files in
 * `scratch`, row by row, so that memory does not grow with the photo.
 * @throws Problem damaged-image
 */
export async function decodeRows(facts: PhotoFacts, header: Header, scratch: string): Promise<InterleavedRows> {
  if (header.compression === 'hevc') return decodeHeic(facts.path);
  const convert = facts.colour === 'cmyk' || facts.colour === 'lab';
  const image = decoder(facts.path, { ignoreIcc: !convert, page: header.pagePrimary ?? 0, pages: 1 })
    .toColourspace(workingSpace(facts))
    .timeout({ seconds: secondsAllowed(facts) });
  const channels = (facts.colour === 'grey' ? 1 : 3) + (facts.alpha ? 1 : 0);
  const bytes = facts.width * facts.height * channels * (facts.bits / 8);
  const decoded = bytes <= memoryBytes ? await decodeInMemory(image, facts) : await decodeToFile(image, scratch);
  const rows = await upright(decoded, facts.orientation, join(scratch, 'upright'));
  const depth = header.bitsPerSample ?? facts.bits;
  return header.compression === 'av1' && depth > 8 && depth < 16 ? stretched(rows, depth) : rows;
}

/** sharp's name for the space in which nothing is converted, or into which CMYK and Lab are. */
function workingSpace({ colour, bits }: PhotoFacts): string {
  if (colour === 'grey') return bits === 16 ? 'grey16' : 'b-w';
  return bits === 16 ? 'rgb16' : 'srgb';
}

async function decodeInMemory(image: Sharp, { bits }: PhotoFacts): Promise<InterleavedRows> {
  const { data, info } = await image
    .raw({ depth: bits === 16 ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw damaged(error);
    });
  const samples =
    bits === 16
      ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
      : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const row = info.width * info.channels;
  return {
    width: info.width,
    height: info.height,
    channels: info.channels,
    bits,
    readRows: (top, rows) => Promise.resolve(samples.slice(top * row, (top + rows) * row)),
    close: () => Promise.resolve(),
  };
}

async function decodeToFile(image: Sharp, scratch: string): Promise<InterleavedRows> {
  const path = join(scratch, 'decoded.tif');
  await image
    .tiff({ compression: 'none', bigtiff: true })
    .toFile(path)
    .catch(async (error: unknown) => {
      await rm(path, { force: true });
      throw damaged(error);
    });
  const reader = await openStripReader(path);
  return {
    ...reader,
    async close() {
      await reader.close();
      await rm(path, { force: true });
    },
  };
}

/** libvips shifts 10- and 12-bit values up, so that white would not be quite white. */
const stretched = (rows: InterleavedRows, depth: number): InterleavedRows => ({
  ...rows,
  readRows: async (top, count) => (await rows.readRows(top, count)).map((value) => stretch(value >> (16 - depth), depth)),
});
