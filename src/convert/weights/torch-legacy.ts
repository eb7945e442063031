import { basename } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { elementTypes } from './element-types.ts';
import { readPickle } from './pickle.ts';
import type { RandomFile } from './random-file.ts';
import { damaged, type StateDict } from './state-dict.ts';
import { largestPickleBytes, torchMeaning } from './torch-pickle.ts';
import { isTorchTensor, locate, type StoragePlace, type TorchStorage } from './torch-storage.ts';
import type { FindTensors } from './unwrap.ts';

/** What torch.save wrote first before PyTorch 1.6 (torch/serialization.py, MAGIC_NUMBER), and the version after it. */
const magic = 0x1950a86a20f9469cfc6cn;
const version = 1001;
/** The magic as a pickle: protocol 2, a long integer of ten bytes. */
const firstBytes = [0x80, 0x02, 0x8a, 0x0a];

/**
 * Whether the file begins with a pickle, which old files of PyTorch do, and new ones only of other programs: with the protocol,
 * or, before there was one, with the name of what is to be called.
 */
export async function isPickle(file: RandomFile): Promise<boolean> {
  const start = await file.read(0, Math.min(file.size, 100));
  const [protocol, level = 0] = start;
  return (protocol === 0x80 && level >= 2 && level <= 5) || /^c[\w.]+\n\w+\n/.test(new TextDecoder('latin1').decode(start));
}

/**
 * Reads what torch.save wrote before PyTorch 1.6: five pickles (magic, version, system, value, keys of the storages), then
 * for each key the number of its elements (i64) and the elements.
 * @throws Problem damaged-model-file, unsupported-model, unsafe-model-file
 */
export async function readTorchLegacy(file: RandomFile, find: FindTensors): Promise<StateDict> {
  // The pickles come first, and nothing says how long they are.
  const head = await file.read(0, Math.min(file.size, largestPickleBytes));
  const storages = new Map<string, TorchStorage>();
  const meaning = torchMeaning(file.path, (storage) => void storages.set(storage.key, storage));
  let position = 0;
  const next = (): unknown => {
    const { value, end } = readPickle(file.path, head, position, meaning);
    position = end;
    return value;
  };
  if (!firstBytes.every((byte, index) => head[index] === byte) || next() !== magic || next() !== version) {
    // What is it, then? A hostile one names what it would run.
    position = 0;
    next();
    throw new Problem('unsupported-model', sentence('import.pickle', { name: basename(file.path) }));
  }
  next();
  const tensors = find(file.path, next(), isTorchTensor);
  const places = await placesOf(file, next(), storages, () => position);
  const located = [...tensors].map(([name, tensor]) => {
    const place = places.get(tensor.storage.key);
    if (place === undefined) throw damaged(file.path, sentence('import.why.numbersMissing', { tensor: name }));
    return [name, locate(file, name, tensor, place)] as const;
  });
  return new Map(located);
}

/** Walks over the storages that follow the pickles. */
async function placesOf(
  file: RandomFile,
  keys: unknown,
  storages: ReadonlyMap<string, TorchStorage>,
  start: () => number,
): Promise<ReadonlyMap<string, StoragePlace>> {
  if (!Array.isArray(keys)) throw damaged(file.path, sentence('import.why.storageList'));
  const places = new Map<string, StoragePlace>();
  let position = start();
  for (const key of keys as unknown[]) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined || places.has(storage.key)) throw damaged(file.path, sentence('import.why.storageList'));
    const count = Number(new DataView((await file.read(position, 8)).buffer).getBigInt64(0, true));
    const bytes = count * elementTypes[storage.type].bytes;
    position += 8;
    if (count < 0 || position + bytes > file.size) throw damaged(file.path, sentence('import.why.endsEarly'));
    places.set(storage.key, { start: position, bytes });
    position += bytes;
  }
  return places;
}
