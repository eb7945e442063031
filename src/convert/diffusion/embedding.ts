import { basename } from 'node:path';
import { numpyHeader } from '../../shared/numpy.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { countOf, halvesToFloats } from '../graph/tensor.ts';
import { openWeights } from '../weights/open.ts';
import { RandomFile } from '../weights/random-file.ts';
import { damaged, readFloats } from '../weights/state-dict.ts';
import { everyTensor } from '../weights/unwrap.ts';

/** What the U-Net's cross-attention sees in place of an encoded text. */
export interface Embedding {
  readonly tokens: number;
  /** Numbers of a token. */
  readonly width: number;
  /** [tokens, width]. */
  readonly values: Float32Array;
}

/** Stable Diffusion's text encoder gives 77; nobody was seen to use many times more. */
const mostTokens = 1024;

/**
 * Reads an embedding [1, tokens, width] or [tokens, width] of a .safetensors, .pt or .npy file: the tensor called `embedding`, or
 * the only one.
 * @throws Problem unsupported-model where it is of another shape; not-found, damaged-model-file, unsafe-model-file
 */
export async function readEmbedding(path: string, width: number): Promise<Embedding> {
  const { dims, values } = path.toLowerCase().endsWith('.npy') ? await readNumpy(path) : await readTensor(path);
  const [tokens = 0, channels = 0] = dims.length === 3 && dims[0] === 1 ? dims.slice(1) : dims.length === 2 ? dims : [];
  if (channels !== width || tokens < 1 || tokens > mostTokens) {
    throw unsupported(path, sentence('import.why.embeddingShape', { found: dims.join(', '), width }));
  }
  if (!values.every(Number.isFinite)) throw unsupported(path, sentence('import.why.notNumbers'));
  return { tokens, width, values };
}

async function readTensor(path: string): Promise<{ dims: readonly number[]; values: Float32Array }> {
  const file = await openWeights(path, everyTensor);
  try {
    const [only] = file.tensors.size === 1 ? file.tensors.values() : [];
    const tensor = file.tensors.get('embedding') ?? only;
    if (tensor === undefined) throw unsupported(path, sentence('import.why.noNamedEmbedding'));
    if (tensor.kind !== 'float32' && tensor.kind !== 'float16')
      throw unsupported(path, sentence('import.why.storedAs', { kind: tensor.kind }));
    return { dims: tensor.dims, values: await readFloats(tensor) };
  } finally {
    await file.close();
  }
}

const unsupported = (path: string, why: Sentence): Problem =>
  new Problem('unsupported-model', sentence('import.embedding', { name: basename(path), why }), {
    advice: sentence('import.embedding.advice'),
  });

/**
 * An array of real numbers in NumPy's own format.
 * @throws Problem not-found, not-readable, damaged-model-file where it is anything else
 */
async function readNumpy(path: string): Promise<{ dims: readonly number[]; values: Float32Array }> {
  const file = await RandomFile.open(path);
  try {
    if (file.size > largestBytes) throw damaged(path, sentence('import.why.tooLarge'));
    return parsed(path, await file.read(0, file.size));
  } finally {
    await file.close();
  }
}

/** An embedding has 0.3 MiB. */
const largestBytes = 64 * 2 ** 20;

function parsed(path: string, bytes: Uint8Array<ArrayBuffer>): { dims: readonly number[]; values: Float32Array } {
  const header = numpyHeader(bytes);
  if (header === null) throw damaged(path, sentence('import.why.notNumpy'));
  const { descr, inColumns, shape: dims, start } = header;
  if (!/^<f[248]$/.test(descr) || inColumns) throw damaged(path, sentence('import.why.notReals'));
  const size = Number(descr.at(-1));
  const numbers = bytes.slice(start);
  if (numbers.length !== countOf(dims) * size) throw damaged(path, sentence('import.why.arraySize'));
  if (size === 2) return { dims, values: halvesToFloats(new Uint16Array(numbers.buffer)) };
  return { dims, values: size === 4 ? new Float32Array(numbers.buffer) : Float32Array.from(new Float64Array(numbers.buffer)) };
}
