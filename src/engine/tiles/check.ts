import type { Samples } from '../image/pixels.ts';

/** What can be wrong with a tile that was computed without an error. */
export type TileFault = 'constant' | 'drift';

export interface TileShape {
  /** Source size. */
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly scale: number;
  readonly bits: 8 | 16;
}

/** Source pixels looked at along each side of a tile, at most. */
const samplesPerSide = 64;
/** Cells along each side whose means are compared: a driver may spoil only a part of a tile. */
const cellsPerSide = 4;
/** Fewer sampled pixels say nothing about a mean. */
const fewestSamples = 64;

/*
 * Thresholds in 1/255 of full range. On 296 good tiles of photographs and odd files the mean of a tile moved by at most
 * 5.7 and that of a cell by at most 8.1.
 */
const largestTileDrift = 8;
const largestCellDrift = 24;
const flatResult = 0.5;
const livelySource = 6;

/**
 * Compares a tile's result with its source on a coarse grid: `constant` where the result is one colour and the source
 * is not, `drift` where the mean of a channel has moved as no enlarging does. Null: nothing found.
 * @param input height · width · channels samples
 * @param output scale² times as many
 */
export function findFault(input: Samples, output: ArrayLike<number>, shape: TileShape): TileFault | null {
  const { channels } = shape;
  const full = shape.bits === 16 ? 65535 : 255;
  const cells = cellsPerSide ** 2;
  let [flat, lively] = [true, false];
  let drifts = false;
  for (let channel = 0; channel < channels; channel += 1) {
    const seen = compareChannel(input, output, shape, channel);
    const count = sum(seen.counts);
    const meanIn = sum(seen.input) / count;
    const meanOut = sum(seen.output) / count;
    const deviation = (squares: number, mean: number): number => (Math.sqrt(Math.max(0, squares / count - mean * mean)) / full) * 255;
    if (count < fewestSamples) return null;
    flat &&= deviation(seen.outputSquares, meanOut) < flatResult;
    lively ||= deviation(seen.inputSquares, meanIn) > livelySource;
    drifts ||= (Math.abs(meanOut - meanIn) / full) * 255 > largestTileDrift;
    for (let cell = 0; cell < cells; cell += 1) {
      const pixels = seen.counts[cell]!;
      if (pixels < fewestSamples) continue;
      const moved = Math.abs(seen.output[cell]! - seen.input[cell]!) / pixels;
      drifts ||= (moved / full) * 255 > largestCellDrift;
    }
  }
  if (flat && lively) return 'constant';
  return drifts ? 'drift' : null;
}

interface ChannelSums {
  readonly counts: Float64Array;
  readonly input: Float64Array;
  readonly output: Float64Array;
  readonly inputSquares: number;
  readonly outputSquares: number;
}

/** Sums of one channel per cell, over a grid of source pixels and the middle of what became of each. */
function compareChannel(
  input: Samples,
  output: ArrayLike<number>,
  { width, height, channels, scale }: TileShape,
  channel: number,
): ChannelSums {
  const cells = cellsPerSide ** 2;
  const [counts, sumIn, sumOut] = [new Float64Array(cells), new Float64Array(cells), new Float64Array(cells)];
  let [inputSquares, outputSquares] = [0, 0];
  const stepX = Math.max(1, width / samplesPerSide);
  const stepY = Math.max(1, height / samplesPerSide);
  // Two result pixels that lie evenly about the middle, or twice the middle itself.
  const [before, after] = [(scale - 1) >> 1, scale >> 1];
  const rowLength = width * scale;
  for (let fy = stepY / 2; fy < height; fy += stepY) {
    const y = Math.floor(fy);
    const cellRow = Math.floor((fy * cellsPerSide) / height) * cellsPerSide;
    for (let fx = stepX / 2; fx < width; fx += stepX) {
      const x = Math.floor(fx);
      const a = input[(y * width + x) * channels + channel]!;
      const first = output[((y * scale + before) * rowLength + x * scale + before) * channels + channel]!;
      const second = output[((y * scale + after) * rowLength + x * scale + after) * channels + channel]!;
      const b = (first + second) / 2;
      const cell = cellRow + Math.floor((fx * cellsPerSide) / width);
      counts[cell] = counts[cell]! + 1;
      sumIn[cell] = sumIn[cell]! + a;
      sumOut[cell] = sumOut[cell]! + b;
      inputSquares += a * a;
      outputSquares += b * b;
    }
  }
  return { counts, input: sumIn, output: sumOut, inputSquares, outputSquares };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
