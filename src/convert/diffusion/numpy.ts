import { countOf, halvesToFloats } from '../graph/tensor.ts';
import { RandomFile } from '../weights/random-file.ts';
import { damaged } from '../weights/state-dict.ts';

/**
 * An array of real numbers in NumPy's own format (numpy/lib/format.py): magic, version, the header's length and text, the numbers.
 * @throws Problem not-found, not-readable, damaged-model-file where it is anything else
 */
export async function readNumpy(path: string): Promise<{ dims: number[]; values: Float32Array }> {
  const file = await RandomFile.open(path);
  try {
    if (file.size > largestBytes) throw damaged(path, 'it is too large');
    return parsed(path, await file.read(0, file.size));
  } finally {
    await file.close();
  }
}

/** An embedding has 0.3 MiB. */
const largestBytes = 64 * 2 ** 20;

function parsed(path: string, bytes: Uint8Array<ArrayBuffer>): { dims: number[]; values: Float32Array } {
  if (new TextDecoder('latin1').decode(bytes.subarray(0, 6)) !== '\x93NUMPY' || bytes.length < 12)
    throw damaged(path, 'it is no .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [start, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  const [, kind = ''] = /'descr': '(<f[248])'/.exec(header) ?? [];
  const [, shape] = /'shape': \(([\d, ]*)\)/.exec(header) ?? [];
  if (kind === '' || shape === undefined || !header.includes("'fortran_order': False")) throw damaged(path, 'it holds something else');
  const dims = shape.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  const size = Number(kind.at(-1));
  const numbers = bytes.slice(start + length);
  if (numbers.length !== countOf(dims) * size) throw damaged(path, 'its size does not fit its shape');
  if (size === 2) return { dims, values: halvesToFloats(new Uint16Array(numbers.buffer)) };
  return { dims, values: size === 4 ? new Float32Array(numbers.buffer) : Float32Array.from(new Float64Array(numbers.buffer)) };
}
