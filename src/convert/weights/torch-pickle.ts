import { basename } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { typeOfStorage, type ElementType } from './element-types.ts';
import { ignored, type PickleCallable, type PickleMeaning } from './pickle.ts';
import { damaged, foreignName } from './state-dict.ts';
import { TorchStorage, TorchTensor } from './torch-storage.ts';

/** A pickle holds the names and shapes; Stable Diffusion's has 0.3 MiB. */
export const largestPickleBytes = 32 * 2 ** 20;

/** Names that say nothing about the weights and are read over: what training scripts leave beside them. */
const harmless: ReadonlySet<string> = new Set([
  'argparse.Namespace',
  'collections.Counter',
  'collections.defaultdict',
  'datetime.datetime',
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray.scalar',
  'numpy.dtype',
  '_codecs.encode',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'torch.device',
  'torch.Size',
  'builtins.dict',
  'builtins.list',
  'builtins.set',
  '__builtin__.dict',
  '__builtin__.list',
  '__builtin__.set',
]);

/** `torch.FloatStorage` and the like, which a reference to a storage names. */
class StorageClass {
  readonly type: ElementType;
  constructor(type: ElementType) {
    this.type = type;
  }
}

/**
 * What names and references mean in a file of PyTorch: tensors, their storages, dictionaries; anything else is refused by name.
 * References (torch/serialization.py): `('storage', class, key, device, elements)`, in old files with a sixth part,
 * which is None or `(key of the view, first element, elements)`.
 * @param onStorage is told about every whole storage
 */
export function torchMeaning(path: string, onStorage: (storage: TorchStorage) => void = () => undefined): PickleMeaning {
  const wrong = (): Problem => damaged(path, sentence('import.why.tensorList'));

  const rebuildTensor: PickleCallable = ([storage, offset, shape, strides]) => {
    if (!(storage instanceof TorchStorage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) throw wrong();
    if (shape.length !== strides.length || shape.length > 32) throw wrong();
    return new TorchTensor(storage, offset, shape, strides);
  };
  const callables: ReadonlyMap<string, PickleCallable> = new Map<string, PickleCallable>([
    ['collections.OrderedDict', ([pairs]) => new Map(Array.isArray(pairs) && pairs.every(isPair) ? pairs : [])],
    ['torch._utils._rebuild_tensor', rebuildTensor],
    ['torch._utils._rebuild_tensor_v2', rebuildTensor],
    ['torch._utils._rebuild_parameter', ([tensor]) => tensor],
  ]);

  return {
    global: (module, name) => {
      const full = `${module}.${name}`;
      const type = module === 'torch' || module === 'torch.cuda' ? typeOfStorage(name) : undefined;
      if (type !== undefined) return new StorageClass(type);
      const callable = callables.get(full);
      if (callable !== undefined) return callable;
      if (harmless.has(full)) return () => ignored;
      throw new Problem(
        'unsafe-model-file',
        `${basename(path)} asks to run ${foreignName(full)}, which is no part of weights; nothing was run.`,
      );
    },
    persistent: (reference) => {
      const [kind, storageClass, key, , length, view] = Array.isArray(reference) ? (reference as unknown[]) : [];
      if (kind !== 'storage' || !(storageClass instanceof StorageClass) || typeof key !== 'string' || !isCount(length)) throw wrong();
      const whole = new TorchStorage(storageClass.type, key, length, 0);
      onStorage(whole);
      if (view === undefined || view === null) return whole;
      const [, first, viewLength] = Array.isArray(view) ? (view as unknown[]) : [];
      if (!isCount(first) || !isCount(viewLength)) throw wrong();
      return new TorchStorage(storageClass.type, key, viewLength, first);
    },
  };
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
const isPair = (value: unknown): value is [unknown, unknown] => Array.isArray(value) && value.length === 2;
