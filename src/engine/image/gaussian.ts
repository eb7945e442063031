/** A normalised Gaussian of an odd number of taps. */
export function gaussian(taps: number, sigma: number): Float64Array {
  const weights = Float64Array.from({ length: taps }, (_, index) => Math.exp(-((index - (taps - 1) / 2) ** 2) / (2 * sigma ** 2)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** What lies wholly under the separable window: `taps.length - 1` rows and columns fewer than there were. */
export const smoothed = (values: Float64Array, width: number, taps: Float64Array): Float64Array =>
  filterAcross(filterDown(values, width, taps), width, taps);

/** Element by element. */
export function product(a: Float64Array, b: Float64Array): Float64Array {
  const output = new Float64Array(a.length);
  for (let i = 0; i < output.length; i++) output[i] = a[i]! * b[i]!;
  return output;
}

function filterDown(values: Float64Array, width: number, taps: Float64Array): Float64Array {
  const output = new Float64Array(values.length - (taps.length - 1) * width);
  taps.forEach((weight, tap) => {
    for (let i = 0, from = tap * width; i < output.length; i++, from++) output[i]! += weight * values[from]!;
  });
  return output;
}

function filterAcross(values: Float64Array, width: number, taps: Float64Array): Float64Array {
  const inner = width - taps.length + 1;
  const rows = values.length / width;
  const output = new Float64Array(rows * inner);
  for (let y = 0; y < rows; y++) {
    const from = y * width;
    const to = y * inner;
    taps.forEach((weight, tap) => {
      for (let x = 0; x < inner; x++) output[to + x]! += weight * values[from + tap + x]!;
    });
  }
  return output;
}
