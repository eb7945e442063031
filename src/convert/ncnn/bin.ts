import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { halvesToFloats } from '../graph/tensor.ts';

/** What stands before weights that are not plain float32. Other numbers than 0 announce a table of 256 values and one byte each. */
const tags = { half: 0x01306b47, int8: 0x000d4b38, float: 0x0002c056, plain: 0 };

/**
 * Reads a `.bin` file from front to end: little-endian, neither header nor names. What is asked for is compared with what
 * is left of the file before anything is allocated.
 */
export class WeightReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  #at = 0;

  constructor(bytes: Uint8Array, file: string) {
    // A Buffer's slice() would be no copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  /** Weights of `layer`, with their tag: float32, float16, or a table with indexes. */
  weights(count: number, layer: string): Float32Array {
    this.#need(4, layer);
    const tag = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    if (tag === tags.int8) {
      throw new Problem('unsupported-model', sentence('import.eightBit', { name: this.#file, layer }), {
        advice: sentence('import.eightBit.advice'),
      });
    }
    if (tag === tags.half) {
      const bytes = this.#take(padded(count * 2), layer);
      return halvesToFloats(new Uint16Array(bytes.slice(0, count * 2).buffer));
    }
    if (tag === tags.float || tag === tags.plain) return this.floats(count, layer);
    const table = this.floats(256, layer);
    return Float32Array.from(this.#take(padded(count), layer).subarray(0, count), (index) => table[index]!);
  }

  /** Values that are always plain float32: biases, slopes, statistics. */
  floats(count: number, layer: string): Float32Array {
    return new Float32Array(this.#take(count * 4, layer).slice().buffer);
  }

  /** @throws Problem damaged-model-file where something is left: the two files do not belong together */
  finish(): void {
    const left = this.#bytes.length - this.#at;
    if (left !== 0) throw this.#damaged(sentence('import.why.bytesLeft', { bytes: left }));
  }

  #take(length: number, layer: string): Uint8Array {
    this.#need(length, layer);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #need(length: number, layer: string): void {
    const left = this.#bytes.length - this.#at;
    if (length > left) throw this.#damaged(sentence('import.why.bytesWanted', { layer, bytes: length, left }));
  }

  #damaged(why: Sentence): Problem {
    return new Problem('damaged-model-file', sentence('import.unfitting', { name: this.#file, why }), {
      advice: sentence('import.unfitting.advice'),
    });
  }
}

const padded = (length: number): number => Math.ceil(length / 4) * 4;
