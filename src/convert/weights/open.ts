import { basename } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { RandomFile } from './random-file.ts';
import { isSafetensors, readSafetensors } from './safetensors.ts';
import { damaged, type StateDict, type WeightFile } from './state-dict.ts';
import { isPickle, readTorchLegacy } from './torch-legacy.ts';
import { isZip, readTorchZip } from './torch-zip.ts';
import { findTensors, withoutPrefixes, type FindTensors } from './unwrap.ts';

/** Kinds of weight files; the content decides, not the name. */
const kinds: readonly { is(file: RandomFile): Promise<boolean>; read(file: RandomFile, find: FindTensors): Promise<StateDict> }[] = [
  { is: isZip, read: readTorchZip },
  { is: isSafetensors, read: readSafetensors },
  { is: isPickle, read: readTorchLegacy },
];

/** All tensors together may be this many times as large as the file: widened numbers double it, and a few are shared. */
const mostGrowth = 4;

/**
 * Opens a `.safetensors` or `.pth` file. Tensors are read when they are asked for, until the file is closed.
 * @param find what of a pickle counts: by default the weights of one network
 * @throws Problem not-found, not-readable, damaged-model-file, unsupported-model, unsafe-model-file
 */
export async function openWeights(path: string, find: FindTensors = findTensors): Promise<WeightFile> {
  const file = await RandomFile.open(path);
  try {
    const kind = await kindOf(file);
    const tensors = withoutPrefixes(await kind.read(file, find));
    if (tensors.size === 0) throw new Problem('unsupported-model', sentence('import.noTensors', { name: basename(path) }));
    const bytes = [...tensors.values()].reduce((sum, tensor) => sum + tensor.bytes.length, 0);
    if (bytes > mostGrowth * file.size) throw damaged(path, sentence('import.why.tensorsRepeat'));
    return { tensors, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function kindOf(file: RandomFile): Promise<(typeof kinds)[number]> {
  for (const kind of kinds) if (await kind.is(file)) return kind;
  throw new Problem('unsupported-model', sentence('import.neither', { name: basename(file.path) }));
}
