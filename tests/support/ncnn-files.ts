import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes ncnn models, layer by layer, as ncnn's own converters do. */
export class NcnnModel {
  readonly #lines: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  #blobs = 0;

  /** `words`: what stands after the counts, inputs first: `1 1 data out 0=3`. */
  layer(type: string, words: string): this {
    this.#lines.push(`${type} ${type.toLowerCase()}_${this.#lines.length} ${words}`);
    this.#blobs += Number(words.split(' ')[1]);
    return this;
  }

  /** Weights with the tag of plain float32. */
  weights(values: readonly number[]): this {
    this.#bytes.push(new Uint8Array(4));
    return this.floats(values);
  }

  /** Weights in half precision, given as their bit patterns, padded to four bytes. */
  halves(bits: readonly number[]): this {
    const padded = bits.length % 2 === 0 ? bits : [...bits, 0];
    this.#bytes.push(Uint8Array.of(0x47, 0x6b, 0x30, 0x01), new Uint8Array(Uint16Array.from(padded).buffer));
    return this;
  }

  /** Biases, slopes and the like, which have no tag. */
  floats(values: readonly number[]): this {
    this.#bytes.push(new Uint8Array(Float32Array.from(values).buffer));
    return this;
  }

  get param(): string {
    return `7767517\n${this.#lines.length} ${this.#blobs}\n${this.#lines.join('\n')}\n`;
  }

  get bin(): Uint8Array {
    return Buffer.concat(this.#bytes);
  }

  async write(folder: string, name: string): Promise<string> {
    await writeFile(join(folder, `${name}.bin`), this.bin);
    await writeFile(join(folder, `${name}.param`), this.param);
    return join(folder, `${name}.param`);
  }
}

const half = { zero: 0, one: 0x3c00 };

/** Enlarges twice by repeating pixels, made lighter by `bias`, of all colours or of each: a convolution into twelve channels in half precision, and a shuffle. */
export function repeatingModel(bias: number | readonly [number, number, number] = 0): NcnnModel {
  const weights = Array.from({ length: 12 * 3 * 9 }, (_, index) => {
    const [out, input, place] = [Math.floor(index / 27), Math.floor(index / 9) % 3, index % 9];
    return place === 4 && input === Math.floor(out / 4) ? half.one : half.zero;
  });
  return new NcnnModel()
    .layer('Input', '0 1 data')
    .layer('Convolution', `1 1 data cells 0=12 1=3 4=1 5=1 6=${weights.length}`)
    .halves(weights)
    .floats(Array.from({ length: 12 }, (_, out) => (typeof bias === 'number' ? bias : (bias[Math.floor(out / 4)] ?? 0))))
    .layer('PixelShuffle', '1 1 cells output 0=2');
}
