import { basename } from 'node:path';
import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { countOf } from '../graph/tensor.ts';
import { openWeights } from '../weights/open.ts';
import { readFloats, type StateDict, type StoredTensor } from '../weights/state-dict.ts';
import { everyTensor } from '../weights/unwrap.ts';
import { adapterNames, type AdapterPart, type NetworkPart } from './adapter-names.ts';
import { layoutOf, type AdapterLayout } from './adapter-layouts.ts';
import { listed } from './folder.ts';
import type { Keys } from './keys.ts';

/** What is added to the weights of a layer: scale · B · A. */
export interface LowRank {
  /** Its name where a file holds several that are trained apart; otherwise ''. */
  readonly adapter: string;
  /** A: [rank, inputs], for convolutions [rank, inputs, rows, columns]. */
  readonly down: StoredTensor;
  /** B: [outputs, rank], for convolutions [outputs, rank, 1, 1]. */
  readonly up: StoredTensor;
  readonly scale: number;
}

/** What a file of adapters does to one network. */
export interface Changes {
  /** By the name of the layer. */
  readonly lowRank: ReadonlyMap<string, readonly LowRank[]>;
  /** Tensors that take the place of the network's own. */
  readonly replaced: StateDict;
}

export const unchanged: Changes = { lowRank: new Map(), replaced: new Map() };

export interface AdapterFile {
  readonly layout: AdapterLayout;
  /** The largest there is. */
  readonly rank: number;
  readonly networks: Readonly<Record<NetworkPart, Changes>>;
  close(): Promise<void>;
}

/**
 * Opens a file of LoRA weights: of diffusers, peft, kohya, OSEDiff or PiSA-SR.
 * @param keys what the networks have
 * @param scale α / rank for all of it, in place of what the file says or its authors use
 * @throws Problem unsupported-model with the names that are not understood, damaged-model-file, unsafe-model-file, not-found
 */
export async function openAdapters(path: string, keys: Readonly<Record<NetworkPart, Keys>>, scale: number | null): Promise<AdapterFile> {
  const file = await openWeights(path, everyTensor);
  try {
    const { parts, unknown } = adapterNames(file.tensors, keys);
    if (unknown.length > 0) throw unsupported(path, sentence('import.why.noPlace', { names: listed(unknown) }));
    const layout = layoutOf([...file.tensors.keys()], parts);
    const networks = {
      unet: await changesOf(path, parts, 'unet', keys.unet, layout, scale),
      vae: await changesOf(path, parts, 'vae', keys.vae, layout, scale),
    };
    const all = Object.values(networks).flatMap(({ lowRank }) => [...lowRank.values()].flat());
    if (all.length === 0) throw unsupported(path, sentence('import.why.noAdapters'));
    return { layout, rank: all.reduce((most, { down }) => Math.max(most, down.dims[0] ?? 0), 0), networks, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function changesOf(
  path: string,
  parts: readonly AdapterPart[],
  network: NetworkPart,
  keys: Keys,
  layout: AdapterLayout,
  given: number | null,
): Promise<Changes> {
  const lowRank = new Map<string, LowRank[]>();
  const replaced = new Map<string, StoredTensor>();
  const own = parts.filter((part) => part.network === network);
  const tensorOf = (role: AdapterPart['role'], { layer, adapter }: AdapterPart): StoredTensor | undefined =>
    own.find((part) => part.role === role && part.layer === layer && part.adapter === adapter)?.tensor;
  const half = (role: 'down' | 'up', part: AdapterPart): StoredTensor => {
    const tensor = tensorOf(role, part);
    if (tensor === undefined) throw unsupported(path, sentence('import.why.halfMissing', { layer: part.layer }));
    return tensor;
  };
  for (const part of own) {
    const { role, layer, adapter, tensor } = part;
    if (role === 'weight' || role === 'bias') {
      if (String(tensor.dims) !== String(keys.get(`${layer}.${role}`)))
        throw unsupported(path, sentence('import.why.otherShape', { tensor: `${layer}.${role}` }));
      replaced.set(`${layer}.${role}`, tensor);
    }
    // Whatever one half belongs to must have the other.
    if (role === 'up') half('down', part);
    if (role !== 'down') continue;
    const up = half('up', part);
    if (!fits(tensor, up, keys.get(`${layer}.weight`) ?? [])) throw unsupported(path, sentence('import.why.changeShape', { layer }));
    const scale = given ?? (await scaleOf(tensor, tensorOf('alpha', part), layout));
    lowRank.set(layer, [...(lowRank.get(layer) ?? []), { adapter, down: tensor, up, scale }]);
  }
  return { lowRank, replaced };
}

/** α / rank; where the file has no α, its authors' own, or else the rank. */
async function scaleOf(down: StoredTensor, stored: StoredTensor | undefined, layout: AdapterLayout): Promise<number> {
  const rank = down.dims[0] ?? 1;
  const alpha = stored === undefined ? layout.alpha : (await readFloats(stored))[0];
  return (alpha ?? rank) / rank;
}

function fits(down: StoredTensor, up: StoredTensor, [outputs = 0, ...inner]: readonly number[]): boolean {
  const [rank = 0, ...seen] = down.dims;
  return countOf(up.dims) === outputs * rank && up.dims[0] === outputs && String(seen) === String(inner);
}

const unsupported = (path: string, why: Sentence): Problem =>
  new Problem('unsupported-model', sentence('import.notMerged', { name: basename(path), why }), {
    advice: sentence('import.notMerged.advice'),
  });
