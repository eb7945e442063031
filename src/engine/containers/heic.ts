import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { InterleavedRows, Samples } from '../image/pixels.ts';
import { newSamples } from '../image/samples.ts';
import type { Container } from './container.ts';
import { brandsOf } from './heif.ts';
import { readItems, walkItems } from './heif-contents.ts';
import { codedColour, coding } from './heif-items.ts';

const brands = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1', 'mif2'];

/** HEIC: HEIF with pictures coded as HEVC, or in another way that its general brand does not tell. It is only read. */
export const heic: Container = {
  begins: (head) => brandsOf(head).some((brand) => brands.includes(brand)),
  walk: walkItems,
  read: readItems,
  codedColour,
  coding,
  others: 'pictures',
  lossless: false,
};

/**
 * HEVC-coded photos through libheif's WebAssembly build (docs/decisions/0002-heic-decoder.md). The part of libheif's C
 * interface (heif.h) that is used here, as Emscripten exports it: structures are returned through a first pointer.
 */
interface Libheif {
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): number;
  _heif_context_alloc(): number;
  _heif_context_read_from_memory_without_copy(error: number, context: number, bytes: number, length: number, options: number): void;
  _heif_context_get_primary_image_handle(error: number, context: number, handle: number): void;
  _heif_image_handle_get_number_of_thumbnails(handle: number): number;
  _heif_image_handle_get_list_of_thumbnail_IDs(handle: number, ids: number, count: number): number;
  _heif_image_handle_get_thumbnail(error: number, handle: number, id: number, thumbnail: number): void;
  _heif_image_handle_get_width(handle: number): number;
  _heif_image_handle_get_height(handle: number): number;
  _heif_image_handle_get_luma_bits_per_pixel(handle: number): number;
  _heif_image_handle_has_alpha_channel(handle: number): number;
  _heif_decode_image(error: number, handle: number, image: number, colourspace: number, chroma: number, options: number): void;
  _heif_image_get_width(image: number, channel: number): number;
  _heif_image_get_height(image: number, channel: number): number;
  _heif_image_get_plane_readonly(image: number, channel: number, stride: number): number;
}

const colourspaceRgb = 1;
const chroma = { rgb8: 10, rgba8: 11, rgb16: 14, rgba16: 15 } as const;
const interleavedChannel = 10;

/**
 * The primary picture of a HEIC file, with the file's own rotation, mirroring and cropping applied, at 8 bits or, for
 * 10 and 12 bits, stretched to 16. The file is decoded whole: libheif has no rows.
 * @param edge where given, the file's own small copy serves as well if its longer side has at least so many pixels
 * @throws Problem damaged-image
 */
export async function decodeHeic(source: string | Uint8Array, edge = Infinity): Promise<InterleavedRows> {
  const file = new HeifFile(await loadLibheif(), typeof source === 'string' ? await readFile(source) : source);
  const primary = file.primary();
  return file.decode(edge === Infinity ? primary : file.smallCopy(primary, edge));
}

/** One file in an instance of libheif. Handles and images are addresses in its memory. */
class HeifFile {
  readonly #heif: Libheif;
  readonly #context: number;
  /** One allocation for all out-parameters: a heif_error (code, subcode, message) and one pointer. */
  readonly #error: number;
  readonly #out: number;

  constructor(heif: Libheif, file: Uint8Array) {
    this.#heif = heif;
    const input = heif._malloc(file.length);
    heif.HEAPU8.set(file, input);
    this.#error = heif._malloc(16);
    this.#out = this.#error + 12;
    this.#context = heif._heif_context_alloc();
    heif._heif_context_read_from_memory_without_copy(this.#error, this.#context, input, file.length, 0);
    this.#answer();
  }

  primary(): number {
    this.#heif._heif_context_get_primary_image_handle(this.#error, this.#context, this.#out);
    return this.#answer();
  }

  /** The smallest of the file's copies that is large enough and has the picture's proportions; the picture itself if there is none. */
  smallCopy(picture: number, edge: number): number {
    const heif = this.#heif;
    const size = (of: number): [number, number] => [heif._heif_image_handle_get_width(of), heif._heif_image_handle_get_height(of)];
    const [width, height] = size(picture);
    const count = heif._heif_image_handle_get_number_of_thumbnails(picture);
    const ids = heif._malloc(4 * Math.max(1, count));
    heif._heif_image_handle_get_list_of_thumbnail_IDs(picture, ids, count);
    const copies = Array.from({ length: count }, (_, index) => {
      heif._heif_image_handle_get_thumbnail(this.#error, picture, this.#word(ids + 4 * index), this.#out);
      return this.#answer();
    });
    const area = (of: number): number => size(of)[0] * size(of)[1];
    const [smallest = picture] = copies
      .filter((copy) => {
        const [w, h] = size(copy);
        return Math.max(w, h) >= edge && Math.abs(w * height - h * width) <= Math.max(width, height);
      })
      .sort((a, b) => area(a) - area(b));
    return smallest;
  }

  decode(handle: number): InterleavedRows {
    const heif = this.#heif;
    const depth = heif._heif_image_handle_get_luma_bits_per_pixel(handle);
    const alpha = heif._heif_image_handle_has_alpha_channel(handle) !== 0;
    const bits = depth > 8 ? 16 : 8;
    heif._heif_decode_image(this.#error, handle, this.#out, colourspaceRgb, chroma[`${alpha ? 'rgba' : 'rgb'}${bits}`], 0);
    const image = this.#answer();
    const width = heif._heif_image_get_width(image, interleavedChannel);
    const height = heif._heif_image_get_height(image, interleavedChannel);
    const start = heif._heif_image_get_plane_readonly(image, interleavedChannel, this.#out);
    const channels = alpha ? 4 : 3;
    const plane = { start, stride: this.#word(this.#out), samplesInRow: width * channels, depth };
    return {
      width,
      height,
      channels,
      bits,
      readRows: (top, rows) => Promise.resolve(bits === 8 ? this.#rows(plane, top, rows) : this.#stretchedRows(plane, top, rows)),
      // The instance's memory can only be given back as a whole, by forgetting it.
      close: () => Promise.resolve(),
    };
  }

  #rows({ start, stride, samplesInRow }: Plane, top: number, rows: number): Samples {
    const samples = newSamples(8, rows * samplesInRow);
    for (let y = 0; y < rows; y++) {
      const from = start + (top + y) * stride;
      samples.set(this.#heif.HEAPU8.subarray(from, from + samplesInRow), y * samplesInRow);
    }
    return samples;
  }

  #stretchedRows({ start, stride, samplesInRow, depth }: Plane, top: number, rows: number): Samples {
    const samples = newSamples(16, rows * samplesInRow);
    for (let y = 0; y < rows; y++) {
      const row = new Uint16Array(this.#heif.HEAPU8.buffer, start + (top + y) * stride, samplesInRow);
      samples.set(
        row.map((value) => stretch(value, depth)),
        y * samplesInRow,
      );
    }
    return samples;
  }

  /** What the last call has put into the pointer. */
  #answer(): number {
    const code = this.#word(this.#error);
    if (code !== 0) {
      const detail = this.#text(this.#word(this.#error + 8));
      throw unsupportedCodes.includes(code)
        ? new Problem('unsupported-image', sentence('photo.notRead'), { detail })
        : new Problem('damaged-image', sentence('photo.damagedHeic'), { detail });
    }
    return this.#word(this.#out);
  }

  #word(address: number): number {
    return this.#heif.HEAPU32[address >> 2]!;
  }

  #text(address: number): string {
    const end = this.#heif.HEAPU8.indexOf(0, address);
    return Buffer.from(this.#heif.HEAPU8.subarray(address, end)).toString('utf8');
  }
}

/** heif_error_Unsupported_filetype, heif_error_Unsupported_feature. */
const unsupportedCodes: readonly number[] = [3, 4];

interface Plane {
  readonly start: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly samplesInRow: number;
  /** Bits that a sample uses. */
  readonly depth: number;
}

/** A value of `depth` bits at 16 bits, full range to full range, by repeating the leading bits. */
export const stretch = (value: number, depth: number): number => (value << (16 - depth)) | (value >> (2 * depth - 16));

/** A fresh instance for each photo, loaded only when a HEIC photo comes: 60 ms and 1.4 MB that others need not pay. */
async function loadLibheif(): Promise<Libheif> {
  const require = createRequire(import.meta.url);
  const wasmBinary = await readFile(require.resolve('libheif-js/libheif-wasm/libheif.wasm'));
  const start = require('libheif-js/libheif-wasm/libheif.js') as (options: { wasmBinary: Uint8Array }) => Libheif;
  return start({ wasmBinary });
}
