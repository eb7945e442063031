import type { OutputFormat } from '../../shared/output-formats.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Samples } from '../image/pixels.ts';
import { maximum } from '../image/samples.ts';
import type { FinishedPicture } from '../containers/container.ts';
import { containers } from '../containers/table.ts';
import { decoder } from './decoder.ts';
import { sniffFile } from './sniff.ts';

/** Blocks of this side are compared by their mean: what lossy formats keep best. */
const side = 8;
const blocks = 16;
/** Of full scale. At sensible qualities means differ by a hundredth; at the lowest, JPEG rounds them to an eighth. */
const tolerance = (quality: number | null): number => (quality !== null && quality < 50 ? 0.3 : 0.12);

export interface Expectation {
  readonly format: OutputFormat;
  readonly bits: 8 | 16;
  readonly quality: number | null;
  /** False where the encoder converted colours: then only that all of it decodes is checked. */
  readonly sameColours: boolean;
}

/**
 * Decodes the whole file at `path`, as strictly as its format allows, and compares blocks of a column with the picture. Taking a
 * narrow column from top to bottom makes decoders go through every row but keeps only the column.
 * @throws Problem not-verified
 */
export async function verifyResult(path: string, picture: FinishedPicture, expected: Expectation): Promise<void> {
  const { width, height } = picture;
  const format = await sniffFile(path);
  if (format !== expected.format) throw wrong(`the file is ${format}, not ${expected.format}`);
  const columns = Math.min(side, width);
  const rows = Math.min(side, height);
  const left = Math.floor((width - columns) / 2);
  const column = await decodeColumn(path, { left, columns, height, width }, expected);
  if (!expected.sameColours) return;
  const limit = containers[expected.format].lossless ? 1e-6 : tolerance(expected.quality);
  for (let index = 0; index < blocks; index++) {
    const top = Math.floor(((height - rows) * index) / (blocks - 1));
    const wanted = mean(await picture.readRows(top, rows), {
      colours: picture.channels,
      channels: picture.channels + (picture.alpha ? 1 : 0),
      width,
      left,
      top: 0,
      columns,
      rows,
      full: maximum(picture.bits),
    });
    const colours = column.channels >= 3 ? 3 : 1;
    const found = mean(column.samples, {
      colours,
      channels: column.channels,
      width: columns,
      left: 0,
      top,
      columns,
      rows,
      full: maximum(expected.bits),
    });
    if (Math.abs(wanted - found) > limit) throw wrong(`rows from ${top} on are ${found.toFixed(3)}, not ${wanted.toFixed(3)}`);
  }
}

const wrong = (detail: string, cause?: unknown): Problem => new Problem('not-verified', sentence('result.notVerified'), { detail, cause });

async function decodeColumn(
  path: string,
  area: { left: number; columns: number; width: number; height: number },
  { bits, format }: Expectation,
): Promise<{ samples: Samples; channels: number }> {
  try {
    const { width, height, space, hasAlpha } = await decoder(path).metadata();
    if (width !== area.width || height !== area.height) throw wrong(`it has ${width} × ${height} pixels`);
    const grey = space === 'b-w' || space === 'grey16';
    // sharp gives the first channel alone of 8-bit grey.
    const narrow = grey && !hasAlpha ? 'b-w' : 'srgb';
    const { data, info } = await decoder(path, { failOn: containers[format].failOn })
      .extract({ left: area.left, top: 0, width: area.columns, height })
      .toColourspace(bits === 16 ? (grey ? 'grey16' : 'rgb16') : narrow)
      .raw({ depth: bits === 16 ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const samples = bits === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
    return { samples, channels: info.channels };
  } catch (error) {
    throw error instanceof Problem ? error : wrong(error instanceof Error ? error.message : String(error), error);
  }
}

interface Block {
  /** Of a pixel: all its samples, and how many of them are colours (an alpha sample follows). */
  readonly channels: number;
  readonly colours: number;
  readonly width: number;
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  readonly full: number;
}

/** The mean of a block's colours, times their opacity (encoders may change what is under transparency), as 0…1. */
function mean(samples: Samples, block: Block): number {
  let sum = 0;
  for (let y = block.top; y < block.top + block.rows; y++) {
    for (let x = block.left; x < block.left + block.columns; x++) {
      const at = (y * block.width + x) * block.channels;
      const opacity = block.channels > block.colours ? samples[at + block.colours]! / block.full : 1;
      for (let c = 0; c < block.colours; c++) sum += samples[at + c]! * opacity;
    }
  }
  return sum / (block.rows * block.columns * block.colours * block.full);
}
