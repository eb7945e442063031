/** What NumPy's own format (numpy/lib/format.py, versions 1.0 to 3.0) says of an array before its numbers come. */
export interface NumpyHeader {
  /** Byte order and kind of the numbers, such as `<f4`: little-endian, 32-bit. */
  readonly descr: string;
  /** Columns come one after the other, not rows. */
  readonly inColumns: boolean;
  readonly shape: readonly number[];
  /** Where the numbers begin, in bytes. */
  readonly start: number;
}

/** @returns the header of the array that `bytes` begin with, or null where they are none */
export function numpyHeader(bytes: Uint8Array): NumpyHeader | null {
  const latin = new TextDecoder('latin1');
  if (bytes.length < 12 || latin.decode(bytes.subarray(0, 6)) !== '\u0093NUMPY') return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [from, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const text = latin.decode(bytes.subarray(from, from + length));
  const [, descr] = /'descr': *'([^']*)'/.exec(text) ?? [];
  const [, sizes] = /'shape': *\(([\d, ]*)\)/.exec(text) ?? [];
  const [, order] = /'fortran_order': *(True|False)/.exec(text) ?? [];
  if (descr === undefined || sizes === undefined || order === undefined) return null;
  const shape = [...sizes.matchAll(/\d+/g)].map(([size]) => Number(size));
  return { descr, inColumns: order === 'True', shape, start: from + length };
}
