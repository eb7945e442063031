import type { PixelFormat, Samples } from '../image/pixels.ts';
import { maximum } from '../image/samples.ts';

export type GraphSamples = Uint8Array | Float32Array;

/** How a graph has a picture: RGB, [1, height, width, 3] or [1, 3, height, width]. */
export interface GraphFormat {
  /** `uint8`: 0…255; `float32`: `black`…1. */
  readonly samples: 'uint8' | 'float32';
  readonly layout: 'nhwc' | 'nchw';
  readonly black: 0 | -1;
}

/** How samples of a photo become those of a graph and back. Grey is given to the graph as RGB and averaged back. */
export type Conversion = GraphFormat & Pick<PixelFormat, 'channels' | 'bits'>;

/** Interleaved samples of a photo → what the graph takes; the same array where nothing has to change. */
export function toGraph(input: Samples, { channels, bits, samples, layout, black }: Conversion): GraphSamples {
  if (samples === 'uint8') {
    if (bits === 16) throw new Error('16-bit samples are never given to an 8-bit graph.');
    if (channels === 3 && layout === 'nhwc' && input instanceof Uint8Array) return input;
  }
  const pixels = input.length / channels;
  const output = samples === 'uint8' ? new Uint8Array(pixels * 3) : new Float32Array(pixels * 3);
  const unit = samples === 'uint8' ? 1 : 1 / maximum(bits);
  const span = 1 - black;
  const [pixelStep, channelStep] = layout === 'nhwc' ? [3, 1] : [1, pixels];
  const [green, blue] = channels === 3 ? [1, 2] : [0, 0];
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel += 1, from += channels, to += pixelStep) {
    output[to] = Math.fround(input[from]! * unit) * span + black;
    output[to + channelStep] = Math.fround(input[from + green]! * unit) * span + black;
    output[to + 2 * channelStep] = Math.fround(input[from + blue]! * unit) * span + black;
  }
  return output;
}

/**
 * What the graph gave → interleaved samples of the photo's kind, rounded and clipped.
 * `finite` is false where the graph gave not-a-number or infinity anywhere.
 */
export function fromGraph(
  output: GraphSamples,
  { channels, bits, samples, layout, black }: Conversion,
): { samples: Samples; finite: boolean } {
  if (samples === 'uint8' && channels === 3 && layout === 'nhwc') return { samples: output as Uint8Array, finite: true };
  const pixels = output.length / 3;
  const result = bits === 16 ? new Uint16Array(pixels * channels) : new Uint8Array(pixels * channels);
  const full = maximum(bits);
  const unit = samples === 'uint8' ? 1 : full;
  const [pixelStep, channelStep] = layout === 'nhwc' ? [3, 1] : [1, pixels];
  // Not-a-number and infinity survive every sum, so one test at the end is enough.
  let total = 0;
  if (channels === 1) {
    const third = unit / 3;
    for (let pixel = 0, from = 0; pixel < pixels; pixel += 1, from += pixelStep) {
      const value =
        brightness(output[from]!, black) +
        brightness(output[from + channelStep]!, black) +
        brightness(output[from + 2 * channelStep]!, black);
      total += value;
      result[pixel] = clip(value * third, full);
    }
  } else {
    for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel += 1, from += pixelStep, to += 3) {
      const red = brightness(output[from]!, black);
      const green = brightness(output[from + channelStep]!, black);
      const blue = brightness(output[from + 2 * channelStep]!, black);
      total += red + green + blue;
      result[to] = clip(red * unit, full);
      result[to + 1] = clip(green * unit, full);
      result[to + 2] = clip(blue * unit, full);
    }
  }
  return { samples: result, finite: Number.isFinite(total) };
}

/** What a float graph gave, planes first → interleaved samples in the photo's channels and range, neither rounded nor clipped. */
export function levelsFromGraph(output: GraphSamples, { channels, bits, black }: Conversion): { samples: Float32Array; finite: boolean } {
  const pixels = output.length / 3;
  const samples = new Float32Array(pixels * channels);
  const full = maximum(bits);
  let total = 0;
  for (let pixel = 0, to = 0; pixel < pixels; pixel += 1, to += channels) {
    const red = brightness(output[pixel]!, black) * full;
    const green = brightness(output[pixel + pixels]!, black) * full;
    const blue = brightness(output[pixel + 2 * pixels]!, black) * full;
    total += red + green + blue;
    if (channels === 1) {
      samples[to] = (red + green + blue) / 3;
      continue;
    }
    samples[to] = red;
    samples[to + 1] = green;
    samples[to + 2] = blue;
  }
  return { samples, finite: Number.isFinite(total) };
}

/** 0…1 of what a graph has from `black` to 1; the same in 8-bit samples, where black is 0. */
const brightness = (value: number, black: 0 | -1): number => (black === 0 ? value : Math.fround(value / 2 + 0.5));

/** Nearest level; storing into an integer array drops the fraction. */
const clip = (value: number, full: number): number => (value <= 0 ? 0 : value >= full ? full : value + 0.5);
