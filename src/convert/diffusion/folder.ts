import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { openWeights } from '../weights/open.ts';
import { damaged, foreignName, type StateDict, type StoredTensor, type WeightFile } from '../weights/state-dict.ts';
import type { Keys } from './keys.ts';

/** The tensors of one network of a folder, and the files that they are in. */
interface NetworkFiles extends WeightFile {
  readonly files: readonly string[];
}

const stem = 'diffusion_pytorch_model';
const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });
/** Names that the autoencoder's attention had before diffusers 0.18, sometimes as convolutions of side 1. */
const oldNames: Readonly<Record<string, string>> = { query: 'to_q', key: 'to_k', value: 'to_v', proj_attn: 'to_out.0' };

/** Whether a path is a folder in the layout of diffusers with a U-Net in it, of whatever kind. */
export const isDiffusersFolder = (path: string): Promise<boolean> =>
  stat(join(path, 'unet', 'config.json')).then(
    (found) => found.isFile(),
    () => false,
  );

/**
 * Opens the weights in `<folder>/<part>`, in one file or several, and compares them with what the network must have. Full
 * precision is preferred to half, since adapters may be added to it.
 * @throws Problem not-found, unsupported-model with the names that are missing or too many, damaged-model-file
 */
export async function openNetwork(folder: string, part: 'unet' | 'vae', keys: Keys): Promise<NetworkFiles> {
  const files = await filesOf(join(folder, part), `${basename(folder)}/${part}`);
  const opened: WeightFile[] = [];
  const close = async (): Promise<void> => {
    for (const file of opened) await file.close();
  };
  try {
    const tensors = new Map<string, StoredTensor>();
    for (const path of files) {
      const file = await openWeights(path);
      opened.push(file);
      for (const [name, tensor] of file.tensors) tensors.set(name, tensor);
    }
    const named = part === 'vae' ? renamed(tensors) : tensors;
    compare(`${basename(folder)}/${part}`, named, keys);
    return { tensors: named, files, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function filesOf(folder: string, shown: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new Problem('not-found', sentence('import.noFolder', { folder: shown }), { cause: error });
  });
  for (const precision of ['', '.fp16']) {
    const single = `${stem}${precision}.safetensors`;
    if (names.includes(single)) return [join(folder, single)];
    const index = `${stem}.safetensors.index${precision}.json`;
    if (names.includes(index)) return shards(folder, index);
  }
  throw new Problem('not-found', sentence('import.noWeights', { folder: shown, file: `${stem}.safetensors` }), {
    advice: sentence('import.noWeights.advice'),
  });
}

/** The files that an index names: plain names beside it. */
async function shards(folder: string, index: string): Promise<string[]> {
  const path = join(folder, index);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw damaged(path, sentence('import.why.notJson'), error);
  }
  const parsed = indexSchema.safeParse(content);
  if (!parsed.success) throw damaged(path, sentence('import.why.noTensorFiles'), parsed.error);
  const names = [...new Set(Object.values(parsed.data.weight_map))].sort();
  const outside = names.find((name) => !/^[\w.-]+\.safetensors$/.test(name));
  if (outside !== undefined)
    throw new Problem('unsafe-model-file', sentence('import.readsOther', { name: index, other: foreignName(outside) }));
  return names.map((name) => join(folder, name));
}

/** The autoencoder's tensors under their present names, and as matrices. */
function renamed(tensors: StateDict): StateDict {
  const result = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    const words = name.split('.');
    const present = oldNames[words.at(-2) ?? ''];
    const isAttention = name.includes('.attentions.');
    const current = isAttention && present !== undefined ? [...words.slice(0, -2), present, ...words.slice(-1)].join('.') : name;
    const isFlat = isAttention && tensor.dims.length === 4 && tensor.dims.slice(2).every((side) => side === 1);
    result.set(current, isFlat ? { ...tensor, dims: tensor.dims.slice(0, 2) } : tensor);
  }
  return result;
}

/** @throws Problem unsupported-model: it would compute something else than the network that it calls itself */
function compare(shown: string, tensors: StateDict, keys: Keys): void {
  const missing = [...keys.keys()].filter((name) => !tensors.has(name));
  const extra = [...tensors.keys()].filter((name) => !keys.has(name));
  const wrong = [...keys].filter(([name, dims]) => tensors.has(name) && String(tensors.get(name)?.dims) !== String(dims));
  const integers = [...tensors].filter(([, { kind }]) => kind !== 'float32' && kind !== 'float16');
  const faults = [
    ['lacks', 'import.why.lacks', missing],
    ['holds besides', 'import.why.besides', extra],
    ['has in another shape', 'import.why.otherShapes', wrong.map(([name]) => name)],
    ['stores as integers', 'import.why.integers', integers.map(([name]) => name)],
  ] as const;
  const why = faults.flatMap(([, code, names]) => (names.length > 0 ? [sentence(code, { names: listed(names) })] : []));
  if (why.length === 0) return;
  throw new Problem('unsupported-model', sentence('import.otherNetwork', { folder: shown, why }), {
    detail: faults.flatMap(([verb, , names]) => names.map((name) => `${verb} ${foreignName(name)}`)).join('\n'),
    advice: sentence('import.otherNetwork.advice'),
  });
}

const shownNames = 4;

/** The first of `names`, and how many there are more. */
export const listed = (names: readonly string[]): Sentence =>
  sentence('import.why.names', { names: names.slice(0, shownNames).map(foreignName), more: Math.max(names.length - shownNames, 0) });
