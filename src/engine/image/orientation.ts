import { open, rm } from 'node:fs/promises';
import { readFully, writeFully } from './file-bytes.ts';
import type { InterleavedRows, Samples } from './pixels.ts';
import { asBytes, newSamples } from './samples.ts';

/** Side of the square blocks in which rows become columns. */
const blockSide = 256;

/** Whether rows become columns. */
export const isTurned = (orientation: number): boolean => orientation >= 5 && orientation <= 8;

/**
 * `rows` turned upright according to the EXIF `orientation` (1…8, Exif 2.32 §4.6.4): mirrored rows and columns are a view,
 * transposed ones go once through a file at `path`, block by block. Takes `rows` over: closing the result closes it.
 */
export async function upright(rows: InterleavedRows, orientation: number, path: string): Promise<InterleavedRows> {
  const mirrored = mirror(rows, { columns: [2, 3, 7, 8].includes(orientation), rows: [3, 4, 6, 7].includes(orientation) });
  return isTurned(orientation) ? transpose(mirrored, path) : mirrored;
}

function mirror(source: InterleavedRows, flip: { columns: boolean; rows: boolean }): InterleavedRows {
  if (!flip.columns && !flip.rows) return source;
  const { width, height, channels } = source;
  return {
    ...source,
    async readRows(top, rows) {
      const input = await source.readRows(flip.rows ? height - top - rows : top, rows);
      const output = newSamples(source.bits, input.length);
      for (let y = 0; y < rows; y++) {
        const from = (flip.rows ? rows - 1 - y : y) * width;
        const row = y * width;
        for (let x = 0; x < width; x++) {
          const at = (from + (flip.columns ? width - 1 - x : x)) * channels;
          for (let c = 0; c < channels; c++) output[(row + x) * channels + c] = input[at + c]!;
        }
      }
      return output;
    },
  };
}

/**
 * Rows become columns: result(x, y) = source(y, x). The file holds one band of `blockSide` result rows after the other,
 * each as blocks of `blockSide` columns, so that it is written in large pieces and a band is one read.
 */
async function transpose(source: InterleavedRows, path: string): Promise<InterleavedRows> {
  const { channels, bits } = source;
  const width = source.height;
  const height = source.width;
  const sampleBytes = bits / 8;
  const bandStart = (band: number): number => band * blockSide * width * channels * sampleBytes;
  const bandRows = (band: number): number => Math.min(blockSide, height - band * blockSide);
  const file = await open(path, 'w+');
  const close = async (): Promise<void> => {
    await source.close();
    await file.close();
    await rm(path, { force: true });
  };
  try {
    for (let left = 0; left < width; left += blockSide) {
      const columns = Math.min(blockSide, width - left);
      const input = await source.readRows(left, columns);
      for (let band = 0; band * blockSide < height; band++) {
        const block = transposedBlock(input, source, { left: band * blockSide, columns: bandRows(band), rows: columns });
        await writeFully(file, asBytes(block), bandStart(band) + left * bandRows(band) * channels * sampleBytes);
      }
    }
  } catch (error) {
    await close();
    throw error;
  }

  const readBand = async (band: number): Promise<Samples> => {
    const blocks = newSamples(bits, bandRows(band) * width * channels);
    await readFully(file, asBytes(blocks), bandStart(band));
    return joinedBlocks(blocks, { width, rows: bandRows(band), channels, bits });
  };
  let cached: { band: number; samples: Samples } | undefined;
  return {
    width,
    height,
    channels,
    bits,
    async readRows(top, rows) {
      const output = newSamples(bits, rows * width * channels);
      for (let y = top; y < top + rows;) {
        const band = Math.floor(y / blockSide);
        if (cached?.band !== band) cached = { band, samples: await readBand(band) };
        const end = Math.min(top + rows, (band + 1) * blockSide);
        const from = (y - band * blockSide) * width * channels;
        output.set(cached.samples.subarray(from, from + (end - y) * width * channels), (y - top) * width * channels);
        y = end;
      }
      return output;
    },
    close,
  };
}

/** The part of `input` (whole source rows) with these columns, transposed: `columns` rows of `rows` pixels. */
function transposedBlock(
  input: Samples,
  { width, channels, bits }: InterleavedRows,
  part: { left: number; columns: number; rows: number },
): Samples {
  const block = newSamples(bits, part.columns * part.rows * channels);
  for (let y = 0; y < part.rows; y++) {
    let from = (y * width + part.left) * channels;
    for (let x = 0; x < part.columns; x++) {
      const to = (x * part.rows + y) * channels;
      for (let c = 0; c < channels; c++) block[to + c] = input[from++]!;
    }
  }
  return block;
}

/** The `rows` whole rows of a band whose blocks lie one after the other, each of `blockSide` columns or the rest. */
function joinedBlocks(
  blocks: Samples,
  { width, rows, channels, bits }: Pick<InterleavedRows, 'width' | 'channels' | 'bits'> & { rows: number },
): Samples {
  const output = newSamples(bits, blocks.length);
  for (let left = 0; left < width; left += blockSide) {
    const length = Math.min(blockSide, width - left) * channels;
    for (let y = 0; y < rows; y++) {
      const from = left * rows * channels + y * length;
      output.set(blocks.subarray(from, from + length), (y * width + left) * channels);
    }
  }
  return output;
}
