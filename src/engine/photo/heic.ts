import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Problem } from '../../shared/problem.ts';
import { newSamples } from '../image/samples.ts';
import type { InterleavedRows } from '../image/strip-reader.ts';

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
export async function decodeHeic(path: string, edge = Infinity): Promise<InterleavedRows> {
  const heif = await loadLibheif();
  const file = await readFile(path);
  const input = heif._malloc(file.length);
  heif.HEAPU8.set(file, input);
  // One allocation for all out-parameters: a heif_error (code, subcode, message) and one pointer.
  const error = heif._malloc(16);
  const out = error + 12;
  const check = (): number => {
    const code = heif.HEAPU32[error >> 2];
    if (code !== 0)
      throw new Problem('damaged-image', 'The HEIC photo cannot be decoded.', {
        detail: messageAt(heif, heif.HEAPU32[(error + 8) >> 2] ?? 0),
      });
    return heif.HEAPU32[out >> 2] ?? 0;
  };

  /** The smallest of the file's copies that is large enough and has the picture's proportions; the picture itself if there is none. */
  const smallCopy = (picture: number, edge: number): number => {
    const size = (of: number): [number, number] => [heif._heif_image_handle_get_width(of), heif._heif_image_handle_get_height(of)];
    const [width, height] = size(picture);
    const count = heif._heif_image_handle_get_number_of_thumbnails(picture);
    const ids = heif._malloc(4 * Math.max(1, count));
    heif._heif_image_handle_get_list_of_thumbnail_IDs(picture, ids, count);
    const copies = Array.from({ length: count }, (_, index) => {
      heif._heif_image_handle_get_thumbnail(error, picture, heif.HEAPU32[(ids >> 2) + index] ?? 0, out);
      return check();
    });
    const area = (of: number): number => size(of)[0] * size(of)[1];
    const [smallest = picture] = copies
      .filter((copy) => {
        const [w, h] = size(copy);
        return Math.max(w, h) >= edge && Math.abs(w * height - h * width) <= Math.max(width, height);
      })
      .sort((a, b) => area(a) - area(b));
    return smallest;
  };

  const context = heif._heif_context_alloc();
  heif._heif_context_read_from_memory_without_copy(error, context, input, file.length, 0);
  check();
  heif._heif_context_get_primary_image_handle(error, context, out);
  const primary = check();
  const handle = edge === Infinity ? primary : smallCopy(primary, edge);
  const depth = heif._heif_image_handle_get_luma_bits_per_pixel(handle);
  const alpha = heif._heif_image_handle_has_alpha_channel(handle) !== 0;
  const bits = depth > 8 ? 16 : 8;
  heif._heif_decode_image(error, handle, out, colourspaceRgb, chroma[`${alpha ? 'rgba' : 'rgb'}${bits === 8 ? '8' : '16'}`], 0);
  const image = check();
  const width = heif._heif_image_get_width(image, interleavedChannel);
  const height = heif._heif_image_get_height(image, interleavedChannel);
  const plane = heif._heif_image_get_plane_readonly(image, interleavedChannel, out);
  const stride = heif.HEAPU32[out >> 2] ?? 0;
  const channels = alpha ? 4 : 3;
  const samplesInRow = width * channels;
  return {
    width,
    height,
    channels,
    bits,
    readRows(top, rows) {
      const samples = newSamples(bits, rows * samplesInRow);
      for (let y = 0; y < rows; y++) {
        const start = plane + (top + y) * stride;
        if (bits === 8) {
          samples.set(heif.HEAPU8.subarray(start, start + samplesInRow), y * samplesInRow);
        } else {
          const row = new Uint16Array(heif.HEAPU8.buffer, start, samplesInRow);
          for (let i = 0; i < samplesInRow; i++) samples[y * samplesInRow + i] = stretch(row[i] ?? 0, depth);
        }
      }
      return Promise.resolve(samples);
    },
    // The instance's memory can only be given back as a whole, by forgetting it.
    close: () => Promise.resolve(),
  };
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

function messageAt(heif: Libheif, address: number): string {
  const end = heif.HEAPU8.indexOf(0, address);
  return Buffer.from(heif.HEAPU8.subarray(address, end)).toString('utf8');
}
