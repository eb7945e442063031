/** Element types of ONNX that Onestep reads and writes, with their number in `TensorProto.DataType` and their size in bytes. */
export const tensorKinds = {
  float32: { onnx: 1, bytes: 4 },
  uint8: { onnx: 2, bytes: 1 },
  int8: { onnx: 3, bytes: 1 },
  int32: { onnx: 6, bytes: 4 },
  int64: { onnx: 7, bytes: 8 },
  bool: { onnx: 9, bytes: 1 },
  float16: { onnx: 10, bytes: 2 },
  float64: { onnx: 11, bytes: 8 },
} as const;

export type TensorKind = keyof typeof tensorKinds;

/** Bytes that are read when they are wanted: weights of several gigabytes pass through memory one tensor at a time. */
export interface LateBytes {
  readonly length: number;
  read(): Promise<Uint8Array>;
}

/** Numbers with a shape; little-endian, last dimension fastest. */
export interface Tensor {
  readonly kind: TensorKind;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array | LateBytes;
}

export const countOf = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1);

export const byteLength = ({ kind, dims }: Pick<Tensor, 'kind' | 'dims'>): number => countOf(dims) * tensorKinds[kind].bytes;

export function floats(dims: readonly number[], values: Float32Array | readonly number[]): Tensor {
  const array = values instanceof Float32Array ? values : Float32Array.from(values);
  if (array.length !== countOf(dims)) throw new Error(`${array.length} values do not fill [${dims.join(', ')}]`);
  return { kind: 'float32', dims, bytes: bytesOf(array) };
}

export function integers(dims: readonly number[], values: readonly number[]): Tensor {
  return { kind: 'int64', dims, bytes: bytesOf(BigInt64Array.from(values, BigInt)) };
}

/** The same numbers as float32; a view where they already are. Throws for tensors that were not read yet or hold no real numbers. */
export function asFloats({ kind, bytes }: Tensor): Float32Array {
  if (!(bytes instanceof Uint8Array)) throw new Error('the tensor has not been read');
  if (kind === 'float32') return new Float32Array(...aligned(bytes, 4));
  if (kind === 'float64') return Float32Array.from(new Float64Array(...aligned(bytes, 8)));
  if (kind === 'float16') return halvesToFloats(new Uint16Array(...aligned(bytes, 2)));
  throw new Error(`${kind} is no floating-point type`);
}

/** Small integer tensors: shapes, axes, starts. Null where the tensor holds something else. */
export function asIntegers({ kind, bytes }: Tensor): number[] | null {
  if (!(bytes instanceof Uint8Array)) return null;
  if (kind === 'int64') return Array.from(new BigInt64Array(...aligned(bytes, 8)), Number);
  if (kind === 'int32') return Array.from(new Int32Array(...aligned(bytes, 4)));
  return null;
}

/** IEEE 754 binary16 (bit patterns) → float32, by way of a table of all 65,536. */
export function halvesToFloats(halves: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 65_536 }, (_, half) => halfToFloat(half));
  const result = new Float32Array(halves.length);
  for (let index = 0; index < halves.length; index += 1) result[index] = halfTable[halves[index]!]!;
  return result;
}

let halfTable: Float32Array | null = null;

function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const bytesOf = (array: Float32Array | BigInt64Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Where a typed array of `size`-byte elements can look at `bytes`: in place, or in a copy where they stand askew. */
function aligned(bytes: Uint8Array, size: number): [ArrayBuffer, number, number] {
  const whole = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return [whole.buffer as ArrayBuffer, whole.byteOffset, Math.floor(whole.byteLength / size)];
}
