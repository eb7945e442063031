import type { TensorKind } from '../graph/tensor.ts';

/**
 * How tensors of weight files are stored, by the names that safetensors and PyTorch's storage classes give the types, and as
 * what they are read: bfloat16 and 64-bit floats become float32, the first without loss.
 */
export const elementTypes = {
  f64: { bytes: 8, safetensors: 'F64', storage: 'DoubleStorage', kind: 'float32' },
  f32: { bytes: 4, safetensors: 'F32', storage: 'FloatStorage', kind: 'float32' },
  f16: { bytes: 2, safetensors: 'F16', storage: 'HalfStorage', kind: 'float16' },
  bf16: { bytes: 2, safetensors: 'BF16', storage: 'BFloat16Storage', kind: 'float32' },
  i64: { bytes: 8, safetensors: 'I64', storage: 'LongStorage', kind: 'int64' },
  i32: { bytes: 4, safetensors: 'I32', storage: 'IntStorage', kind: 'int32' },
  i8: { bytes: 1, safetensors: 'I8', storage: 'CharStorage', kind: 'int8' },
  u8: { bytes: 1, safetensors: 'U8', storage: 'ByteStorage', kind: 'uint8' },
  bool: { bytes: 1, safetensors: 'BOOL', storage: 'BoolStorage', kind: 'bool' },
} as const satisfies Record<string, { bytes: number; safetensors: string; storage: string; kind: TensorKind }>;

export type ElementType = keyof typeof elementTypes;

const typeNamed = (list: 'safetensors' | 'storage', name: string): ElementType | undefined =>
  (Object.keys(elementTypes) as ElementType[]).find((type) => elementTypes[type][list] === name);

/** The type that safetensors calls `name`, such as `BF16`. */
export const typeOfSafetensors = (name: string): ElementType | undefined => typeNamed('safetensors', name);

/** The type of the elements of PyTorch's storage class `name`, such as `HalfStorage`. */
export const typeOfStorage = (name: string): ElementType | undefined => typeNamed('storage', name);

/** Stored bytes, which begin on a multiple of eight in their buffer, as bytes of the kind that the type is read as. */
export function widened(bytes: Uint8Array<ArrayBuffer>, type: ElementType): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  if (type === 'f64') return bytesOf(Float32Array.from(new Float64Array(buffer, byteOffset, byteLength / 8)));
  // A bfloat16 is the upper half of a float32.
  if (type === 'bf16') return bytesOf(Uint32Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), (bits) => bits << 16));
  return bytes;
}

const bytesOf = (array: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => new Uint8Array(array.buffer);
