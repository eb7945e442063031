import type { TensorKind } from './tensor.ts';

/** How weights are stored in the graphs' external data. */
export type StoredKind = Extract<TensorKind, 'float16' | 'float32'>;

/** The numbers as bytes of a tensor. */
export function encoded(values: Float32Array, kind: StoredKind): Uint8Array {
  const array = kind === 'float32' ? values : floatsToHalves(values);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** float32 → IEEE 754 binary16 (bit patterns), to the nearest, ties to even; what is too large becomes infinite. */
export function floatsToHalves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < halves.length; index += 1) halves[index] = halfOf(bits[index]!);
  return halves;
}

function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const fraction = bits & 0x7f_ffff;
  if (exponent >= 31) return sign | 0x7c00 | (exponent === 143 && fraction !== 0 ? 0x200 : 0);
  if (exponent > 0) {
    // A carry out of the fraction is what the exponent has to grow by.
    const half = (exponent << 10) | (fraction >>> 13);
    return sign | (half + roundingOf(fraction & 0x1fff, 0x1000, half));
  }
  // Subnormal: the leading one becomes part of the fraction.
  if (exponent < -10) return sign;
  const shift = 14 - exponent;
  const whole = fraction | 0x80_0000;
  const half = whole >>> shift;
  return sign | (half + roundingOf(whole & ((1 << shift) - 1), 1 << (shift - 1), half));
}

/** 1 where what is cut off is more than the middle, or the middle and the rest is odd. */
const roundingOf = (rest: number, middle: number, half: number): number => (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0);
