/**
 * Which part of the picture a value of the network depends on, along one axis: the sample at index j, whose place in the picture
 * is x = (j + ½) / scale, depends on the picture from x + low to x + high, in source pixels.
 */
export interface Reach {
  /** Samples per source pixel. */
  readonly scale: number;
  readonly low: number;
  readonly high: number;
}

export const start: Reach = { scale: 1, low: 0, high: 0 };

/** What depends on the whole picture. */
export const everywhere = (scale: number): Reach => ({ scale, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY });

/** Sample j looks at the samples from j · stride - before to j · stride - before + extent. */
export function gathered({ scale, low, high }: Reach, stride: number, before: number, extent: number): Reach {
  const first = (0.5 - 0.5 * stride - before) / scale;
  return { scale: scale / stride, low: low + first, high: high + first + extent / scale };
}

/** Transposed convolution: sample i adds to the samples from i · stride - before to i · stride - before + extent. */
export function spread({ scale, low, high }: Reach, stride: number, before: number, extent: number): Reach {
  const [finer, half] = [scale * stride, 0.5 / scale];
  return { scale: finer, low: low + half + (before - extent - 0.5) / finer, high: high + half + (before - 0.5) / finer };
}

/** Enlarging by a factor with a kernel that reaches `support` samples to either side. */
export const resized = ({ scale, low, high }: Reach, factor: number, support: number): Reach => ({
  scale: scale * factor,
  low: low - support / scale,
  high: high + support / scale,
});

/** The first `count` samples are cut off; negative where some are added. */
export const shifted = ({ scale, low, high }: Reach, count: number): Reach => ({
  scale,
  low: low + count / scale,
  high: high + count / scale,
});

/** What depends on all of these; null where they lie on different grids. */
export function joined(reaches: readonly Reach[]): Reach | null {
  const [first] = reaches;
  if (first === undefined || reaches.some(({ scale }) => Math.abs(scale / first.scale - 1) > 1e-9)) return null;
  return {
    scale: first.scale,
    low: Math.min(...reaches.map(({ low }) => low)),
    high: Math.max(...reaches.map(({ high }) => high)),
  };
}

/** Whole source pixels around a source pixel that its enlargement depends on. */
export const radius = ({ low, high }: Reach): number => Math.max(-(Math.floor(low - 0.5) + 1), Math.ceil(high + 0.5) - 1);
