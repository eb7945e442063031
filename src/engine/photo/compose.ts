import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../../shared/problem.ts';
import type { FinishedPicture } from '../containers/container.ts';
import { writeFully } from '../image/file-bytes.ts';
import type { Pixels, Samples } from '../image/pixels.ts';
import { resampled } from '../image/resample.ts';
import { asBytes, maximum, newSamples } from '../image/samples.ts';
import { openStripReader, type StripFile } from '../tiff/strip-file.ts';
import { stripEntries, stripRowBytes, type StripShape } from '../tiff/strips.ts';
import { ownLayout } from '../tiff/types.ts';
import { bytesEntry, writeDirectory } from '../tiff/write.ts';
import { decoder } from './decoder.ts';

/** The finished picture, which is also an uncompressed TIFF that sharp reads from `path`. */
export interface Composition extends FinishedPicture {
  readonly path: string;
  /** Deletes what was made for it, not the pixels it came from. */
  close(): Promise<void>;
}

const chunkRows = 32;
const headerBytes = 16;

/**
 * Brings pixels to their final size and alpha to theirs, and joins the two, or flattens them on `background` (`#rrggbb`)
 * where the format has no transparency. Works by rows, through files in `scratch`.
 * @param request.profile an ICC profile to write into the file, for an encoder that shall convert from it
 */
export async function compose(request: {
  pixels: StripFile;
  alpha: Pixels | null;
  width: number;
  height: number;
  scratch: string;
  flattenOn: string | null;
  profile: Uint8Array | null;
  signal?: AbortSignal | undefined;
}): Promise<Composition> {
  const { pixels, alpha, width, height, scratch, signal } = request;
  const resize = pixels.width !== width || pixels.height !== height;
  const colour = resize ? await resizedComposition(pixels, { width, height }, join(scratch, 'resized.tif')) : untouched(pixels);
  if (alpha === null && request.profile === null) return colour;
  try {
    throwIfCancelled(signal);
    const flatten = alpha !== null && request.flattenOn !== null;
    const shape: StripShape = { width, height, channels: pixels.channels, bits: pixels.bits, alpha: alpha !== null && !flatten };
    const plane = alpha && resampled(alpha, { width, height });
    const join_ = flatten && request.flattenOn !== null ? flattener(shape, request.flattenOn) : joiner(shape);
    return await writeComposition(join(scratch, 'composed.tif'), shape, request.profile, async (top, rows) => {
      throwIfCancelled(signal);
      const colours = await colour.readRows(top, rows);
      if (plane === null) return colours;
      return join_(colours, sameDepth(await plane.readRows(top, rows), plane.bits, pixels.bits));
    });
  } finally {
    await colour.close();
  }
}

const untouched = (pixels: StripFile): Composition => ({
  path: pixels.path,
  width: pixels.width,
  height: pixels.height,
  channels: pixels.channels,
  bits: pixels.bits,
  alpha: false,
  readRows: (top, rows) => pixels.readRows(top, rows),
  close: () => Promise.resolve(),
});

async function resizedComposition(pixels: StripFile, size: { width: number; height: number }, path: string): Promise<Composition> {
  await decoder(pixels.path)
    .resize({ ...size, fit: 'fill', kernel: 'lanczos3' })
    .toColourspace(spaceOf(pixels))
    .tiff({ compression: 'none', bigtiff: true })
    .toFile(path);
  return readerComposition(path, { ...size, channels: pixels.channels, bits: pixels.bits, alpha: false });
}

/** sharp's name for the space in which samples of this shape are left as they are. */
export function spaceOf({ channels, bits }: Pick<StripShape, 'channels' | 'bits'>): 'b-w' | 'grey16' | 'srgb' | 'rgb16' {
  if (channels === 1) return bits === 16 ? 'grey16' : 'b-w';
  return bits === 16 ? 'rgb16' : 'srgb';
}

async function readerComposition(path: string, shape: StripShape): Promise<Composition> {
  const reader = await openStripReader(path);
  return {
    ...shape,
    path,
    readRows: (top, rows) => reader.readRows(top, rows),
    async close() {
      await reader.close();
      await rm(path, { force: true });
    },
  };
}

async function writeComposition(
  path: string,
  shape: StripShape,
  profile: Uint8Array | null,
  readRows: (top: number, rows: number) => Promise<Samples>,
): Promise<Composition> {
  const file = await open(path, 'w');
  try {
    const rowBytes = stripRowBytes(shape);
    for (let top = 0; top < shape.height; top += chunkRows) {
      const rows = await readRows(top, Math.min(chunkRows, shape.height - top));
      await writeFully(file, asBytes(rows), headerBytes + top * rowBytes);
    }
    const entries = stripEntries(shape, { ...ownLayout, dataOffset: headerBytes });
    if (profile !== null) entries.push(bytesEntry(34_675, 'undefined', profile));
    await writeDirectory(file, entries, ownLayout, headerBytes + rowBytes * shape.height);
  } finally {
    await file.close();
  }
  return readerComposition(path, shape);
}

type Join = (colours: Samples, alphas: Samples) => Samples;

const joiner =
  ({ channels, bits }: StripShape): Join =>
  (colours, alphas) => {
    const output = newSamples(bits, colours.length + alphas.length);
    for (let i = 0, from = 0, to = 0; i < alphas.length; i++) {
      for (let c = 0; c < channels; c++) output[to++] = colours[from++]!;
      output[to++] = alphas[i]!;
    }
    return output;
  };

/** Over the background, in the photo's own (gamma-encoded) values, as browsers and viewers do. */
function flattener({ channels, bits }: StripShape, background: string): Join {
  const full = maximum(bits);
  const level = (at: number): number => (Number.parseInt(background.slice(at, at + 2), 16) / 255) * full;
  const [red, green, blue] = [level(1), level(3), level(5)];
  // Rec. 709 luma weights for grey photos.
  const behind = Float64Array.from(channels === 3 ? [red, green, blue] : [0.2126 * red + 0.7152 * green + 0.0722 * blue]);
  return (colours, alphas) => {
    const output = newSamples(bits, colours.length);
    for (let i = 0, at = 0; i < alphas.length; i++) {
      const opacity = alphas[i]! / full;
      for (let c = 0; c < channels; c++, at++) {
        output[at] = Math.round(colours[at]! * opacity + behind[c]! * (1 - opacity));
      }
    }
    return output;
  };
}

function sameDepth(samples: Samples, from: 8 | 16, to: 8 | 16): Samples {
  if (from === to) return samples;
  return to === 16 ? Uint16Array.from(samples, (value) => value * 257) : Uint8Array.from(samples, (value) => Math.round(value / 257));
}
