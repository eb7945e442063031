import type { Samples } from './pixels.ts';

/** `length` zero samples of the given depth. */
export const newSamples = (bits: 8 | 16, length: number): Samples => (bits === 8 ? new Uint8Array(length) : new Uint16Array(length));

/** The memory of `samples` as bytes, without copying. */
export const asBytes = (samples: Samples): Uint8Array => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);

/** The value of full white or full opacity. */
export const maximum = (bits: 8 | 16): number => (bits === 8 ? 255 : 65_535);
