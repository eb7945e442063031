import { sentence } from '../../shared/sentence.ts';
import { damaged } from './state-dict.ts';

/** Text that a pickle gives by its length; PyTorch writes UTF-8, Python 2 wrote bytes. */
const utf8 = new TextDecoder('utf-8');
const latin1 = new TextDecoder('latin1');

/** The instructions of a pickle and their arguments, from first to last; what lies beyond the end is damage. */
export class PickleBytes {
  readonly path: string;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #position: number;

  constructor(path: string, bytes: Uint8Array<ArrayBuffer>, position: number) {
    this.path = path;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }
  u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }
  /** The one big-endian argument there is. */
  f64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }
  text(length: number): string {
    return utf8.decode(this.bytes(length));
  }
  oldText(length: number): string {
    return latin1.decode(this.bytes(length));
  }

  /** A line of text, without its end. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end === -1) throw damaged(this.path, sentence('import.why.endsEarly'));
    const text = this.text(end - this.#position);
    this.#position = end + 1;
    return text;
  }

  /** A two's complement integer of `length` bytes: a number where it is safe to be one. */
  integer(length: number): number | bigint {
    const digits = this.bytes(length);
    let value = 0n;
    for (const [index, byte] of digits.entries()) value |= BigInt(byte) << BigInt(8 * index);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  #take(length: number): number {
    const start = this.#position;
    if (start + length > this.#bytes.length) throw damaged(this.path, sentence('import.why.endsEarly'));
    this.#position += length;
    return start;
  }
}
