import { countOf } from '../graph/tensor.ts';
import { damaged } from '../weights/state-dict.ts';
import { halvesToFloats } from '../graph/tensor.ts';

/**
 * An array of real numbers in NumPy's own format (numpy/lib/format.py): magic, version, the header's length and text, the numbers.
 * @throws Problem damaged-model-file where it is anything else
 */
export function readNumpy(path: string, bytes: Uint8Array): { dims: number[]; values: Float32Array } {
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
