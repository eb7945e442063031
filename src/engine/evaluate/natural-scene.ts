import { logGamma } from './gamma.ts';

/** Of one block: the fit of its values, then of their products with four neighbours. */
export const sceneFeatures = 18;

/** Where the neighbours are: rows down, columns right. */
const neighbours = [
  [0, 1],
  [1, 0],
  [1, 1],
  [1, -1],
] as const;

/**
 * The 18 natural-scene statistics of a square block (Mittal et al. 2013, as the authors' MATLAB code has them; neighbours are
 * found around the edges of the block). NaN where a block is flat.
 */
export function sceneFeaturesOf(block: Float64Array, side: number): Float64Array {
  const features = new Float64Array(sceneFeatures);
  const own = fitOf(block);
  features.set([own.alpha, (own.left + own.right) / 2]);
  const products = new Float64Array(block.length);
  neighbours.forEach(([down, right], index) => {
    for (let y = 0, to = 0; y < side; y++) {
      const row = ((y - down + side) % side) * side;
      for (let x = 0; x < side; x++, to++) products[to] = block[to]! * block[row + ((x - right + side) % side)]!;
    }
    const { alpha, left, right: high } = fitOf(products);
    features.set([alpha, (high - left) * Math.exp(logGamma(2 / alpha) - logGamma(1 / alpha)), left, high], 2 + 4 * index);
  });
  return features;
}

interface Fit {
  /** Shape, 0.2…10 in steps of 0.001. */
  readonly alpha: number;
  /** Scales of the two halves. */
  readonly left: number;
  readonly right: number;
}

/** An asymmetric generalised Gaussian, fitted by moments (Lasmar et al. 2009). */
function fitOf(values: Float64Array): Fit {
  let [below, above, squaresBelow, squaresAbove, sizes] = [0, 0, 0, 0, 0];
  for (const value of values) {
    if (value < 0) {
      below++;
      squaresBelow += value * value;
      sizes -= value;
    } else if (value > 0) {
      above++;
      squaresAbove += value * value;
      sizes += value;
    }
  }
  const [left, right] = [Math.sqrt(squaresBelow / below), Math.sqrt(squaresAbove / above)];
  const g = left / right;
  const r = (sizes / values.length) ** 2 / ((squaresBelow + squaresAbove) / values.length);
  const alpha = shapeFor((r * (g ** 3 + 1) * (g + 1)) / (g ** 2 + 1) ** 2);
  const spread = Math.exp((logGamma(1 / alpha) - logGamma(3 / alpha)) / 2);
  return { alpha, left: left * spread, right: right * spread };
}

const shapeAt = (index: number): number => 0.2 + index * 0.001;
/** Γ(2/α)² / (Γ(1/α)·Γ(3/α)) of each shape: grows with it. */
const ratios = Float64Array.from({ length: 9801 }, (_, index) => {
  const alpha = shapeAt(index);
  return Math.exp(2 * logGamma(2 / alpha) - logGamma(1 / alpha) - logGamma(3 / alpha));
});

/** The shape whose ratio is nearest; the smallest where there is no ratio. */
function shapeFor(ratio: number): number {
  if (Number.isNaN(ratio)) return shapeAt(0);
  let [low, high] = [0, ratios.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ratios[middle]! < ratio) low = middle;
    else high = middle;
  }
  return shapeAt(ratio - ratios[low]! <= ratios[high]! - ratio ? low : high);
}
