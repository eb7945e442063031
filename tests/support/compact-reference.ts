import { halvesToFloats } from '../../src/convert/graph/tensor.ts';

/**
 * SRVGGNetCompact from ncnn's half-precision `.bin`, written down a second time without any of the importer: layers in order, each
 * convolution a tag, halves and biases, each PReLU its slopes. The answer that an import must match.
 * @param picture [3][height][width], 0…1
 * @returns [3][4 height][4 width], not clipped
 */
export function runCompact(bin: Uint8Array, convolutions: number, picture: Float32Array, height: number, width: number): Float32Array {
  let at = 0;
  const take = (length: number): ArrayBuffer => {
    at += length;
    return new Uint8Array(bin.subarray(at - length, at)).buffer;
  };
  const floats = (count: number): Float32Array => new Float32Array(take(count * 4));
  const size = { height, width };
  let signal = picture;
  for (let layer = 0; layer <= convolutions + 1; layer += 1) {
    const isLast = layer === convolutions + 1;
    const [inputs, outputs] = [layer === 0 ? 3 : 64, isLast ? 48 : 64];
    at += 4;
    const weights = halvesToFloats(new Uint16Array(take(inputs * outputs * 18)));
    signal = convolve(signal, inputs, weights, floats(outputs), size);
    if (isLast) break;
    const slopes = floats(64);
    const plane = height * width;
    signal = signal.map((value, index) => (value > 0 ? value : value * (slopes[Math.floor(index / plane)] ?? 0)));
  }
  if (at !== bin.length) throw new Error('another network than this');
  return Float32Array.from({ length: 48 * height * width }, (_, index) => {
    const [x, y, channel] = [
      index % (4 * width),
      Math.floor(index / (4 * width)) % (4 * height),
      Math.floor(index / (16 * width * height)),
    ];
    const place = Math.floor(y / 4) * width + Math.floor(x / 4);
    const residual = signal[(channel * 16 + (y % 4) * 4 + (x % 4)) * height * width + place] ?? 0;
    return residual + (picture[channel * height * width + place] ?? 0);
  });
}

/** 3 × 3, zeros outside. */
function convolve(
  input: Float32Array,
  inputs: number,
  weights: Float32Array,
  bias: Float32Array,
  { height, width }: { height: number; width: number },
): Float32Array {
  const plane = height * width;
  const output = new Float32Array(bias.length * plane);
  for (let out = 0; out < bias.length; out += 1) {
    const result = new Float64Array(plane).fill(bias[out] ?? 0);
    for (let channel = 0; channel < inputs; channel += 1) {
      for (let place = 0; place < 9; place += 1) {
        const weight = weights[(out * inputs + channel) * 9 + place] ?? 0;
        const [down, across] = [Math.floor(place / 3) - 1, (place % 3) - 1];
        for (let y = Math.max(0, -down); y < Math.min(height, height - down); y += 1) {
          const from = channel * plane + (y + down) * width + across;
          const to = y * width;
          for (let x = Math.max(0, -across); x < Math.min(width, width - across); x += 1) {
            result[to + x] = (result[to + x] ?? 0) + weight * (input[from + x] ?? 0);
          }
        }
      }
    }
    output.set(result, out * plane);
  }
  return output;
}
