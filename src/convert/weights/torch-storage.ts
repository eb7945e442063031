import { sentence } from '../../shared/sentence.ts';
import { countOf } from '../graph/tensor.ts';
import { elementTypes, type ElementType } from './element-types.ts';
import type { RandomFile } from './random-file.ts';
import { damaged, storedTensor, type StoredTensor } from './state-dict.ts';

/** A run of elements in the file, of which tensors show parts; several tensors may share one. */
export class TorchStorage {
  readonly type: ElementType;
  readonly key: string;
  /** Elements that the pickle claims. */
  readonly length: number;
  /** Elements to skip at the start of the run: old files have storages that are views of others. */
  readonly skipped: number;

  constructor(type: ElementType, key: string, length: number, skipped: number) {
    this.type = type;
    this.key = key;
    this.length = length;
    this.skipped = skipped;
  }
}

/** A tensor as the pickle describes it, before it is known where in the file its storage lies. Units are elements. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }

  /** One past the last element of the storage that the tensor shows. */
  get end(): number {
    if (countOf(this.shape) === 0) return this.offset;
    return this.strides.reduce((last, stride, axis) => last + stride * ((this.shape[axis] ?? 1) - 1), this.offset) + 1;
  }

  get isContiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis -= 1) {
      if (this.shape[axis] !== 1 && this.strides[axis] !== expected) return false;
      expected *= this.shape[axis] ?? 1;
    }
    return true;
  }
}

export const isTorchTensor = (value: unknown): value is TorchTensor => value instanceof TorchTensor;

/** Where a storage lies in the file, in bytes. */
export interface StoragePlace {
  readonly start: number;
  readonly bytes: number;
}

/**
 * Puts a described tensor together with the place of its storage. Only the part that it shows is ever read.
 * @throws Problem damaged-model-file where it reaches outside its storage or shows more elements than that has
 */
export function locate(file: RandomFile, name: string, tensor: TorchTensor, place: StoragePlace): StoredTensor {
  const { storage, shape, offset, end } = tensor;
  const { type } = storage;
  const elementBytes = elementTypes[type].bytes;
  const available = Math.floor(place.bytes / elementBytes) - storage.skipped;
  if (end > Math.min(available, storage.length)) throw damaged(file.path, sentence('import.why.tensorOutsideStorage', { tensor: name }));
  // Without this a few bytes could claim to be a tensor larger than memory, by strides of zero.
  if (countOf(shape) > end - offset) throw damaged(file.path, sentence('import.why.tensorRepeats', { tensor: name }));
  const start = place.start + (storage.skipped + offset) * elementBytes;
  return storedTensor(type, shape, async () => {
    const part = await file.read(start, (end - offset) * elementBytes);
    return tensor.isContiguous ? part : gathered(part, tensor, elementBytes);
  });
}

/** The elements of a strided tensor in row-major order. */
function gathered(part: Uint8Array<ArrayBuffer>, { shape, strides }: TorchTensor, elementBytes: number): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(countOf(shape) * elementBytes);
  const index = shape.map(() => 0);
  for (let to = 0, from = 0; to < result.length; to += elementBytes) {
    const start = from * elementBytes;
    for (let byte = 0; byte < elementBytes; byte += 1) result[to + byte] = part[start + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const next = index[axis]! + 1;
      from += strides[axis]!;
      index[axis] = next;
      if (next < shape[axis]!) break;
      from -= next * strides[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
