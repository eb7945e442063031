import { basename } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { asFloats, byteLength, type LateBytes, type Tensor } from '../graph/tensor.ts';
import { elementTypes, widened, type ElementType } from './element-types.ts';

/** One tensor of a weight file, still on the disk. Reading throws damaged-model-file where the file has become shorter. */
export interface StoredTensor extends Tensor {
  readonly bytes: LateBytes;
}

/** The named tensors of a network, as its author's training code names them. */
export type StateDict = ReadonlyMap<string, StoredTensor>;

export interface WeightFile {
  readonly tensors: StateDict;
  close(): Promise<void>;
}

/** @param read gives the elements as they are stored, in row-major order, little-endian, in memory of their own */
export function storedTensor(type: ElementType, dims: readonly number[], read: () => Promise<Uint8Array<ArrayBuffer>>): StoredTensor {
  const { kind } = elementTypes[type];
  return { kind, dims, bytes: { length: byteLength({ kind, dims }), read: async () => widened(await read(), type) } };
}

/** The elements of a tensor of real numbers. */
export const readFloats = async (tensor: StoredTensor): Promise<Float32Array> => asFloats({ ...tensor, bytes: await tensor.bytes.read() });

/** The beginning of a name that a stranger chose, without anything that a terminal would obey. */
export const foreignName = (name: string): string => name.slice(0, 80).replaceAll(/[^\w.-]/g, '?');

/** @param why may contain names from the file, which are shortened; what a terminal would obey is taken out of them */
export const damaged = (path: string, why: Sentence, cause?: unknown): Problem =>
  new Problem('damaged-model-file', sentence('import.cannotBeRead', { name: basename(path), why: harmless(why) }), { cause });

const harmless = ({ code, values }: Sentence): Sentence =>
  sentence(
    code,
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.slice(0, 200).replaceAll(/\p{C}/gu, '?') : value,
      ]),
    ),
  );
